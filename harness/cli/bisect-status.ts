import { EXIT } from '../results/exit-codes.js';

/** To `git bisect run` every status from 1 to 127, but for 125, is a bad commit; from 128 on it ends the search. */
const ENDS_SEARCH = 128;

/**
 * The exit status of a step whose own would be `status`, so that `git bisect run` takes neither bad usage nor trouble
 * of the host for a bad commit: it ends the search.
 */
export function stepStatus(status: number): number {
  return status >= ENDS_SEARCH ? status : status + ENDS_SEARCH;
}

/** Whether a command line may come from `git bisect run`: it is no search of its own. */
export function isStep(argv: readonly string[]): boolean {
  const [, , command, ...words] = argv;
  const has = (option: string): boolean =>
    words.some((one) => one === option || one.startsWith(`${option}=`));
  return command === 'bisect' && !has('--good') && !has('--bad') && !has('--help') && !has('-h');
}

/** The status of a command that ended by an error, as its caller must get it. */
export function statusFor(status: number, argv: readonly string[]): number {
  return isStep(argv) && status !== EXIT.ok ? stepStatus(status) : status;
}
