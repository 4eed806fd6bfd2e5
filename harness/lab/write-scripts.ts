import { shellQuote } from '../guest/index.js';

/** Bytes of one test write; the smallest that O_DIRECT takes on every disk. */
export const WRITE_BYTES = 4096;

/** File in the guest from which test writes are taken: a block of its own for each region, modulo the count. */
export const PATTERN_PATH = '/run/ulogcheck-pattern';
/** How many blocks the pattern file has. */
export const PATTERN_BLOCKS = 256;

/** Contents of the pattern file: block b repeats the line "region b". */
export function patternBytes(): Uint8Array {
  const blocks = Array.from({ length: PATTERN_BLOCKS }, (_unused, block) =>
    Buffer.alloc(WRITE_BYTES, `region ${block}\n`),
  );
  return Buffer.concat(blocks);
}

/** What is written to or read from, region by region. */
export interface RegionTarget {
  /** Device node in the guest. */
  readonly device: string;
  readonly regionSectors: number;
}

function blockOf(region: number, { regionSectors }: RegionTarget): number {
  return (region * regionSectors * 512) / WRITE_BYTES;
}

/** One program per write: under emulation every further process of a pipeline costs milliseconds. */
export function writeCommand(region: number, target: RegionTarget): string {
  const from = `if=${PATTERN_PATH} skip=${region % PATTERN_BLOCKS}`;
  const to = `of=${shellQuote(target.device)} seek=${blockOf(region, target)} oflag=direct conv=notrunc`;
  return `dd ${from} ${to} bs=${WRITE_BYTES} count=1 status=none`;
}

/** One direct read of 4 KiB at the start of a region. */
export function readCommand(region: number, target: RegionTarget): string {
  const from = `if=${shellQuote(target.device)} skip=${blockOf(region, target)} iflag=direct`;
  return `dd ${from} of=/dev/null bs=${WRITE_BYTES} count=1 status=none`;
}

/**
 * Runs a script behind the caller's back. exec, not a redirection of the group: the shell would keep a copy of the
 * session's output pipe for later, its children would inherit that, and the session would wait for them.
 */
export function detached(script: string): string {
  return `( exec > /dev/null 2>&1 < /dev/null; ${script} ) &`;
}

/**
 * `count` direct writes one after the other, walking through the regions in steps that visit each; the status of each
 * goes to a line of `results`.
 */
export function loadScript(count: number, regions: number, target: RegionTarget, results: string): string {
  const blocks = blockOf(1, target);
  const step = regions % 7 === 0 ? 11 : 7;
  const write = [
    `dd if=${PATTERN_PATH} skip=$((i % ${PATTERN_BLOCKS})) of=${shellQuote(target.device)}`,
    `seek=$((i * ${step} % ${regions} * ${blocks})) oflag=direct conv=notrunc bs=${WRITE_BYTES} count=1`,
  ].join(' ');
  return `i=0; while [ $i -lt ${count} ]; do ${write}; echo $? >> ${results}; i=$((i + 1)); done`;
}
