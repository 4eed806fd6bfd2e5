/** The text of a CTR request: `<target length> <type> <arguments>`, single blanks between (spec 5). */
import { Errno, LogError } from './log-error.js';

/** What the constructor text asks for. */
export interface LogParameters {
  /** Target length in sectors. */
  readonly length: number;
  /** 'core' forgets everything with the daemon, 'disk' keeps the clean bitmap on `device`. */
  readonly kind: 'core' | 'disk';
  /** Log device of a disk log as written in the table: a path or `major:minor`. */
  readonly device: string | undefined;
  /** Sectors per region; a power of two. */
  readonly regionSize: number;
  /** ceil(length / regionSize). */
  readonly regionCount: number;
  /** 'nosync' starts with every region in sync; 'sync' and no word with none. */
  readonly sync: 'sync' | 'nosync' | undefined;
  /** Accepted and without meaning on kernels that send it to a daemon (spec 9.4). */
  readonly blockOnError: boolean;
  /** The text itself; two instances are the same log only if it is equal. */
  readonly text: string;
}

/** Three bitmaps of this many bits are the most that the daemon will hold for one log: 32 MiB each. */
export const MAX_REGION_COUNT = 2 ** 28;

/** No kernel sends more than 332 bytes (spec 2.7); what is longer than this is none of its. */
const MAX_TEXT_LENGTH = 1024;

function refuse(text: string, problem: string): never {
  throw new LogError(Errno.EINVAL, `constructor text "${text}": ${problem}`);
}

/** A plain decimal number without sign or leading zero. */
function parseNumber(word: string | undefined): number | undefined {
  return word !== undefined && /^(0|[1-9][0-9]{0,15})$/.test(word) ? Number(word) : undefined;
}

function parseRegionSize(text: string, word: string | undefined): number {
  if (word === undefined) refuse(text, 'the region size is missing');
  const size = parseNumber(word);
  if (size === undefined) refuse(text, `region size "${word}" is not a number`);
  // The kernel keeps the size in 32 bits, divides by it, and takes its lowest set bit for it (spec 4).
  if (size === 0 || size > 2 ** 31) refuse(text, `region size ${word} is not from 1 to ${2 ** 31}`);
  if (!Number.isInteger(Math.log2(size))) refuse(text, `region size ${word} is not a power of two`);
  return size;
}

function parseOptions(text: string, words: readonly string[]): Pick<LogParameters, 'sync' | 'blockOnError'> {
  let sync: LogParameters['sync'];
  let blockOnError = false;
  for (const word of words) {
    if (word === 'sync' || word === 'nosync') {
      if (sync !== undefined) refuse(text, `"${word}" after "${sync}"`);
      sync = word;
    } else if (word === 'block_on_error') {
      if (blockOnError) refuse(text, '"block_on_error" twice');
      blockOnError = true;
    } else {
      refuse(text, `"${word}" is not one of sync, nosync, block_on_error`);
    }
  }
  return { sync, blockOnError };
}

/**
 * Reads a constructor text (CTR-04 to CTR-06):
 * `clustered-core <region size> [sync|nosync] [block_on_error]` or
 * `clustered-disk <log device> <region size> [sync|nosync] [block_on_error]`, behind the target length.
 * @throws LogError EINVAL that says which word is wrong.
 */
export function parseConstructorText(text: string): LogParameters {
  if (text.length > MAX_TEXT_LENGTH) {
    refuse(`${text.slice(0, 64)}...`, `${text.length} bytes, at most ${MAX_TEXT_LENGTH} are read`);
  }
  const [lengthWord = '', type = '', ...words] = text.split(' ');
  const length = parseNumber(lengthWord);
  if (length === undefined || length === 0 || !Number.isSafeInteger(length)) {
    refuse(text, `target length "${lengthWord}" is not a number of sectors`);
  }
  if (type !== 'clustered-core' && type !== 'clustered-disk') {
    refuse(text, `log type "${type}" is not one of clustered-core, clustered-disk`);
  }
  const kind = type === 'clustered-core' ? 'core' : 'disk';
  const device = kind === 'disk' ? words.shift() : undefined;
  if (kind === 'disk' && (device === undefined || !/^(\/.+|[0-9]+:[0-9]+)$/.test(device))) {
    refuse(text, `log device "${device ?? ''}" is neither a path nor major:minor`);
  }
  const regionSize = parseRegionSize(text, words.shift());
  const regionCount = Math.ceil(length / regionSize);
  if (regionCount > MAX_REGION_COUNT) {
    refuse(text, `${regionCount} regions, at most ${MAX_REGION_COUNT} are supported`);
  }
  return { length, kind, device, regionSize, regionCount, ...parseOptions(text, words), text };
}
