import { serialAdd, serialDistance } from './serial.js';

/**
 * The order of a session's commands over all its connections (RFC 7143 4.2.2.1): what came too early waits, what came
 * twice or lies outside of the window is dropped.
 */
export class CommandWindow {
  #expected: number;
  #most: number;
  readonly #early = new Map<number, () => void>();

  /**
   * @param first CmdSN of the first command
   * @param depth commands that the initiator may have under way
   */
  constructor(
    first: number,
    private readonly depth: number,
  ) {
    this.#expected = first >>> 0;
    this.#most = serialAdd(first, depth - 1);
  }

  /** ExpCmdSN: the lowest number that has not come. */
  get expected(): number {
    return this.#expected;
  }

  /** How many commands have come before one that is missing. */
  get early(): number {
    return this.#early.size;
  }

  /** MaxCmdSN, now that `underWay` commands are not answered yet. It never goes back. */
  most(underWay: number): number {
    const most = serialAdd(this.#expected, this.depth - 1 - underWay);
    if (serialDistance(this.#most, most) > 0) this.#most = most;
    return this.#most;
  }

  /** Whether a command of this number is to be taken; if not, it is dropped without a word. */
  accepts(cmdSn: number): boolean {
    const inside = serialDistance(this.#expected, cmdSn) >= 0 && serialDistance(cmdSn, this.#most) >= 0;
    return inside && !this.#early.has(cmdSn);
  }

  /** Takes a command that is accepted: `begin` runs when all before it have begun, perhaps at once. */
  put(cmdSn: number, begin: () => void): void {
    this.#early.set(cmdSn, begin);
    for (;;) {
      const next = this.#early.get(this.#expected);
      if (next === undefined) return;
      this.#early.delete(this.#expected);
      this.#expected = serialAdd(this.#expected, 1);
      next();
    }
  }

  /** Numbers that will not come any more because of an abort count as come. False: not in the window. */
  skip(cmdSn: number): boolean {
    if (!this.accepts(cmdSn)) return false;
    this.put(cmdSn, () => undefined);
    return true;
  }
}
