import type { RunResults } from '../harness/results/model.js';

/** What the kernel reported in which test, and why it is allowed there, on one line. */
export function findingLine({ finding, title, test, allowed }: RunResults['findings'][number]): string {
  const excuse = allowed === undefined ? '' : ` (allowed: ${allowed})`;
  return `the kernel reported in "${test}": ${finding}: ${title}${excuse}`;
}
