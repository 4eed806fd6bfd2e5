import { stripVTControlCharacters } from 'node:util';
import { lineType } from 'tap-parser';
import type { TapFormat } from './model.js';

/** Longer lines are cut: nobody reads them, and a program may print without end. */
const LONGEST_LINE = 64 * 1024;

/** Cuts a stream into lines, wherever its chunks begin and end. */
export class LineSplitter {
  #rest = '';

  /** The lines that end in this chunk. */
  push(chunk: string): string[] {
    const [first = '', ...more] = chunk.split('\n');
    const parts = [this.#rest + first, ...more];
    this.#rest = (parts.pop() ?? '').slice(0, LONGEST_LINE);
    return parts.map((line) => line.slice(0, LONGEST_LINE));
  }

  /** What follows the last newline. */
  get rest(): string {
    return this.#rest;
  }
}

/** Level, time stamp and caller that printk puts in front of a line. */
const KERNEL_PREFIX = /^(?:<\d+>)?\[ *\d+\.\d+\](?:\[ *[TC]\d+\])? ?/;

/**
 * A line as it was meant: without colours, without what printk puts in front; a carriage return inside it (a progress
 * bar) begins another line. U+2028 and U+2029 would end a line for regular expressions and hide the rest of it.
 */
export function cleanLines(raw: string, format: TapFormat): string[] {
  const plain = stripVTControlCharacters(raw).replaceAll(/[\u2028\u2029]/g, ' ');
  return plain
    .replace(/\r+$/, '')
    .split('\r')
    .map((line) => (format === 'ktap' ? line.replace(KERNEL_PREFIX, '') : line).trimEnd());
}

/** A line of TAP with the place where it stands. */
export interface TapLine {
  readonly kind: 'version' | 'plan' | 'point' | 'bail-out' | 'subtest' | 'close' | 'text';
  /** Columns in front of it: blanks, and for KTAP the `# ` of kselftest, which prints nested output as comments. */
  readonly width: number;
  /** Without what stands in front; of a subtest its name. */
  readonly text: string;
}

/** Within other output only what cannot be prose is a result: with a number, a dash, or alone; any `not ok`. */
const NESTED_POINT = /^(?:not ok\b|ok(?: \d+\b| -|$))/;

function widthOf(prefix: string): number {
  return prefix.replaceAll('\t', ' '.repeat(8)).length;
}

function kindOf(text: string, nested: boolean): TapLine['kind'] | undefined {
  if (/^k?tap version \d+$/i.test(text)) return 'version';
  if (text === '}') return 'close';
  switch (lineType(`${text}\n`)?.[0]) {
    case 'plan':
      return 'plan';
    case 'bailout':
      return 'bail-out';
    case 'testPoint':
      return nested && !NESTED_POINT.test(text) ? undefined : 'point';
    default:
      return undefined;
  }
}

/** Tells what a cleaned line is. */
export function classify(line: string, format: TapFormat): TapLine {
  const inFront = format === 'ktap' ? /^(?:[ \t]|# )*/ : /^[ \t]*/;
  const prefix = inFront.exec(line)?.[0] ?? '';
  // `not  ok` is meant as it reads.
  const text = line.slice(prefix.length).replace(/^not\s+ok\b/, 'not ok');
  const width = widthOf(prefix);
  const kind = kindOf(text, width > 0);
  if (kind !== undefined) return { kind, width, text };
  const subtest = /^((?:[ \t]|# )*?)# Subtest(?:: (.*))?$/.exec(line);
  if (subtest !== null) return { kind: 'subtest', width: widthOf(subtest[1] ?? ''), text: subtest[2] ?? '' };
  return { kind: 'text', width, text: line };
}
