import { DeadlineError } from './errors.js';

/**
 * Waits for `promise`, at most `deadlineMs` milliseconds.
 * Throws DeadlineError naming what was awaited and what `seen()` reports at that moment.
 */
export async function within<T>(
  promise: Promise<T>,
  deadlineMs: number,
  awaited: string,
  seen: () => string = () => 'nothing',
): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const expired = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => {
      reject(new DeadlineError(awaited, seen(), deadlineMs));
    }, deadlineMs);
  });
  try {
    return await Promise.race([promise, expired]);
  } finally {
    clearTimeout(timer);
  }
}
