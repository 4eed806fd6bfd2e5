import { InvalidArgumentError } from 'commander';
import { alternatives, didYouMean } from '../plan/closest.js';

/** A parser of an option that takes one of a few words. */
export function oneOf<T extends string>(words: readonly T[]): (value: string) => T {
  return (value) => {
    const found = words.find((word) => word === value);
    if (found === undefined) {
      throw new InvalidArgumentError(
        `${didYouMean(value, words).trim()} It is ${alternatives(words)}.`.trim(),
      );
    }
    return found;
  };
}

/** A parser of a whole number of at least `least`. */
export function wholeNumber(least: number, what: string): (value: string) => number {
  return (value) => {
    const number = /^\d+$/.test(value) ? Number(value) : NaN;
    if (!Number.isSafeInteger(number) || number < least) {
      throw new InvalidArgumentError(`It is ${what}: a whole number from ${least} on.`);
    }
    return number;
  };
}

/** Collects the values of an option that may be given several times. */
export function collected(value: string, previous: readonly string[]): string[] {
  return [...previous, value];
}

const UNITS: Readonly<Record<string, number>> = { m: 60_000, h: 3_600_000, d: 86_400_000, w: 604_800_000 };

/** Parses `30m`, `12h`, `7d`, `2w` into milliseconds. */
export function age(value: string): number {
  const [, count, unit = ''] = /^(\d+)([mhdw])$/.exec(value) ?? [];
  const ms = UNITS[unit];
  if (count === undefined || ms === undefined) {
    throw new InvalidArgumentError('It is a number and m, h, d or w, such as 12h or 7d.');
  }
  return Number(count) * ms;
}
