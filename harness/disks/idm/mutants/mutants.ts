/** Broken variants of the drive, and what each breaks: what the tests of drives are proved to catch. */
import { ASKING } from './asking.js';
import { BREAKING } from './breaking.js';
import { GRANTING } from './granting.js';
import { KEEPING } from './keeping.js';
import { LEASING } from './leasing.js';
import type { DriveMutant } from './mutant.js';
import { RECORDS } from './records.js';
import { REFUSING } from './refusing.js';
import { TELLING } from './telling.js';

export type { DriveMutant } from './mutant.js';

/** All mutants of the drive. */
export const DRIVE_MUTANTS: readonly DriveMutant[] = [
  ...GRANTING,
  ...LEASING,
  ...BREAKING,
  ...TELLING,
  ...KEEPING,
  ...REFUSING,
  ...RECORDS,
  ...ASKING,
];
