import { startDeadline, type Deadline } from '../deadline-clock.js';
import { DeadlineError } from './errors.js';

/**
 * Waits for `promise`, at most `deadlineMs` milliseconds of the clock of deadlines.
 * Throws DeadlineError naming what was awaited and what `seen()` reports at that moment.
 */
export async function within<T>(
  promise: Promise<T>,
  deadlineMs: number,
  awaited: string,
  seen: () => string = () => 'nothing',
): Promise<T> {
  let deadline: Deadline | undefined;
  const expired = new Promise<never>((_resolve, reject) => {
    deadline = startDeadline(deadlineMs, () => {
      reject(new DeadlineError(awaited, seen(), deadlineMs));
    });
  });
  try {
    return await Promise.race([promise, expired]);
  } finally {
    deadline?.clear();
  }
}
