/** Something in the harness or its surroundings went wrong: never a pass and never a fail of the subject. */
export class InfraError extends Error {
  override readonly name: string = 'InfraError';
}

/** How a node's first processes begin the line that says why they gave up. */
const GAVE_UP = /^.*ulogcheck: boot failed: /;

/** A VM did not reach its ready line; carries the end of the console so that nobody has to look for it. */
export class BootError extends InfraError {
  override readonly name: string = 'BootError';

  /**
   * @param why what ended the wait, in one clause
   * @param consoleTail the last console lines, oldest first
   */
  constructor(
    readonly why: string,
    readonly consoleTail: readonly string[],
  ) {
    const tail = consoleTail.length === 0 ? '  (the console printed nothing)' : consoleTail.join('\n');
    const said = consoleTail.findLast((line) => GAVE_UP.test(line));
    const first = said === undefined ? why : `${said.replace(GAVE_UP, '')} (${why})`;
    super(`the VM did not boot: ${first}\nlast ${consoleTail.length} console lines:\n${tail}`);
  }
}

/** A wait ran into its deadline; says what was awaited and what was seen instead. */
export class DeadlineError extends InfraError {
  override readonly name: string = 'DeadlineError';

  constructor(
    readonly awaited: string,
    readonly seen: string,
    readonly deadlineMs: number,
  ) {
    super(`waited ${deadlineMs} ms for ${awaited}; seen: ${seen}`);
  }
}
