import { EXIT } from '../results/exit-codes.js';
import { statusFor } from './bisect-status.js';
import { explainError } from './errors.js';

/**
 * Ends this process with 69 for an error that nobody caught. Node would end it with 1, which says that a MUST
 * failed.
 */
export function exitOnUncaught(): void {
  const die = (error: unknown): never => {
    process.stderr.write(`ulogcheck: ${explainError(error).text}\n`);
    process.exit(statusFor(EXIT.infra, process.argv));
  };
  process.on('uncaughtException', die);
  process.on('unhandledRejection', die);
}
