/** Whether the clock of a node that is to be copied goes right. */
import { setTimeout as pause } from 'node:timers/promises';
import { InfraError } from '../vm/index.js';
import type { Node } from './node.js';

/**
 * So long the guest's clock is held against the host's, and by so much it may differ; for longer when it seems wrong, for
 * a busy host may have held up the commands that ask for the time.
 */
const CLOCK_CHECKS_MS = [2000, 10_000];
const CLOCK_TOLERANCE = 0.25;

/**
 * A guest that was starved while it measured its time stamp counter runs by a wrong clock for ever, and so would every
 * copy of it (seen: 11 times too fast). Other things may be done between the begin and the end of the check.
 */
export class ClockCheck {
  private constructor(
    private readonly node: Node,
    private readonly begun: ClockPair,
  ) {}

  /** Reads both clocks. */
  static async begin(node: Node): Promise<ClockCheck> {
    return new ClockCheck(node, await bothClocks(node));
  }

  /** Waits until the check was long enough. Throws InfraError. */
  async end(): Promise<void> {
    let { begun } = this;
    let ratio = 0;
    for (const ms of CLOCK_CHECKS_MS) {
      // By the host's clock: one of the guest's that hardly runs would take for ever.
      await pause(Math.max(0, ms - (performance.now() - begun.host)));
      const now = await bothClocks(this.node);
      ratio = (now.guest - begun.guest) / (now.host - begun.host);
      if (Math.abs(ratio - 1) <= CLOCK_TOLERANCE) return;
      begun = now;
    }
    throw new WrongClock(
      `the clock of the golden node runs at ${ratio.toFixed(2)} times the speed of the host's: the host was too busy ` +
        'while the guest calibrated it. Run again when less else is running.',
    );
  }
}

/** The guest's clock is wrong, and that of copies would be. */
class WrongClock extends InfraError {}

/** A golden node is booted so often until its clock is right. */
const BOOTS_FOR_A_CLOCK = 3;

/** Repeats `build` when the clock was wrong: the next boot may meet a host that is less busy. Throws what it throws. */
export async function withRightClock(build: () => Promise<void>): Promise<void> {
  for (let boot = 1; ; boot++) {
    try {
      await build();
      return;
    } catch (error) {
      if (!(error instanceof WrongClock) || boot === BOOTS_FOR_A_CLOCK) throw error;
    }
  }
}

/** The uptime of guest and host, ms. */
interface ClockPair {
  readonly guest: number;
  readonly host: number;
}

async function bothClocks({ session }: Node): Promise<ClockPair> {
  const text = await session.succeed('cat /proc/uptime');
  return { guest: Number(text.split(' ')[0]) * 1000, host: performance.now() };
}
