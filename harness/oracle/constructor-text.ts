/** The oracle's own reading of what a log is constructed with (spec 5). */

/** Why a daemon must refuse a constructor text. */
export type ConstructorFault =
  /** Unknown type word (CTR-06). */
  | 'type'
  /** Region size missing, zero, not a number or not a power of two (CTR-05). */
  | 'region size';

/** The parts of '<len> <type> <args...>'. */
export interface ConstructorParts {
  /** Sectors. */
  readonly length: number;
  readonly type: string;
  /** Path or maj:min of the log device of a disk log. */
  readonly device?: string;
  /** Sectors; undefined when it cannot be read. */
  readonly regionSize?: number;
  /** 'nosync': all regions start in sync; 'sync' or none of them: no region does. */
  readonly option?: 'sync' | 'nosync';
  /** What makes it illegal, as far as the text alone can tell. */
  readonly fault?: ConstructorFault;
}

/** The two type words that there are; the spelling counts (CTR-06). This one: bits in memory only. */
export const CORE = 'clustered-core';
/** Bits on a log device. */
export const DISK = 'clustered-disk';

/** Parses a constructor text; undefined when it does not even begin with a length and a word. */
export function parseConstructor(text: string): ConstructorParts | undefined {
  const [lengthText = '', type, ...args] = text.split(' ');
  if (!/^\d+$/.test(lengthText) || type === undefined || type === '') return undefined;
  const length = Number(lengthText);
  if (type !== CORE && type !== DISK) return { length, type, fault: 'type' };

  // For a core log with a first word that is no number, daemons differ on what the form is: not judged.
  if (type === CORE && args.length > 1 && !isNumber(args[0]) && isNumber(args[1])) return { length, type };
  const device = type === DISK ? args.shift() : undefined;
  const [sizeText, ...rest] = args;
  const option = rest.find((word) => word === 'sync' || word === 'nosync');
  const parts = {
    length,
    type,
    ...(device === undefined ? {} : { device }),
    ...(option === undefined ? {} : { option }),
  };
  if (!isNumber(sizeText)) return { ...parts, fault: 'region size' };
  const regionSize = Number(sizeText);
  if (!isPowerOfTwo(regionSize)) return { ...parts, fault: 'region size' };
  return { ...parts, regionSize };
}

/** ceil(length / regionSize), spec conventions; undefined when there is no usable answer. */
export function regionCount(length: number, regionSize: number | undefined): number | undefined {
  if (regionSize === undefined || regionSize <= 0 || length <= 0) return undefined;
  const count = Math.ceil(length / regionSize);
  return count <= 2 ** 26 ? count : undefined;
}

function isNumber(word: string | undefined): word is string {
  return word !== undefined && /^\d+$/.test(word);
}

function isPowerOfTwo(value: number): boolean {
  return Number.isSafeInteger(value) && value > 0 && Number.isInteger(Math.log2(value));
}
