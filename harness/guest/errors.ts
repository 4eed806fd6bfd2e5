import type { CommandResult } from './session.js';

/** A command that had to succeed did not. */
export class GuestCommandError extends Error {
  override readonly name = 'GuestCommandError';

  constructor(
    readonly command: string,
    readonly result: CommandResult,
    /** What others said about it, as whole lines. */
    more: readonly string[] = [],
  ) {
    const how = result.signal === null ? `status ${String(result.status)}` : `signal ${result.signal}`;
    const said = (result.stderr.trim() || result.stdout.trim() || 'it printed nothing').slice(-2000);
    super(`in the guest, "${command}" ended with ${how}: ${[said, ...more].join('\n')}`);
  }
}

/** A command did not end within its deadline; the guest itself may well be alive. */
export class GuestCommandStalled extends Error {
  override readonly name = 'GuestCommandStalled';

  constructor(
    readonly command: string,
    readonly deadlineMs: number,
    readonly stdout: string,
    readonly stderr: string,
  ) {
    const said = (stderr.trim() || stdout.trim() || 'nothing').slice(-500);
    super(`in the guest, "${command}" did not end within ${deadlineMs} ms; it had printed: ${said}`);
  }
}

/** The session itself is gone or could not be opened. */
export class GuestUnreachable extends Error {
  override readonly name = 'GuestUnreachable';
}
