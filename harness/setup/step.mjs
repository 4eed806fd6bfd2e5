/** Set-up failed; the message says what, and what to do about it. Ends the run with exit status 69. */
export class SetupError extends Error {
  /**
   * @param {string} message
   * @param {ErrorOptions} [options]
   */
  constructor(message, options) {
    super(message, options);
    this.name = 'SetupError';
  }
}

/**
 * How long, for people: `0.4 s`, `12.3 s`, `3 min 05 s`.
 * @param {number} ms
 */
export function duration(ms) {
  const seconds = Math.round(ms / 1000);
  if (seconds < 100) return `${(ms / 1000).toFixed(1)} s`;
  return `${Math.floor(seconds / 60)} min ${String(seconds % 60).padStart(2, '0')} s`;
}

/**
 * Runs a step of set-up between the two halves of one line: `setup  npm packages ... 9.1 s`.
 * @template T
 * @param {string} what
 * @param {() => Promise<T>} work
 * @returns {Promise<T>}
 */
export async function step(what, work) {
  const started = performance.now();
  process.stdout.write(`setup  ${what} ... `);
  try {
    const result = await work();
    process.stdout.write(`${duration(performance.now() - started)}\n`);
    return result;
  } catch (error) {
    process.stdout.write(`failed after ${duration(performance.now() - started)}\n`);
    throw error;
  }
}
