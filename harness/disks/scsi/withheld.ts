import type { DriveClock } from './clock.js';
import type { ScsiTask } from './task.js';

/**
 * Why a task waits no longer: its delay is over, it is let go as if there had been no fault, was aborted, or its
 * connection is to be dropped.
 */
export type Fate = 'delayed' | 'released' | 'aborted' | 'drop-connection';

interface Waiting {
  readonly task: ScsiTask;
  /** Name of the initiator port. */
  readonly port: string;
  settle(fate: Fate): void;
}

/** The tasks that faults withhold. Each waits until it is aborted, its delay is over, or it is let go here. */
export class WithheldTasks {
  readonly #waiting = new Set<Waiting>();

  constructor(private readonly clock: DriveClock) {}

  get count(): number {
    return this.#waiting.size;
  }

  /** `delay` in nanoseconds; undefined waits without end. */
  wait(task: ScsiTask, port: string, delay: bigint | undefined): Promise<Fate> {
    if (task.signal.aborted) return Promise.resolve('aborted');
    return new Promise((resolve) => {
      const settle = (fate: Fate): void => {
        this.#waiting.delete(waiting);
        cancel?.();
        task.signal.removeEventListener('abort', aborted);
        resolve(fate);
      };
      const aborted = (): void => settle('aborted');
      const waiting: Waiting = { task, port, settle };
      const cancel = delay === undefined ? undefined : this.clock.startTimer(delay, () => settle('delayed'));
      task.signal.addEventListener('abort', aborted);
      this.#waiting.add(waiting);
    });
  }

  /** Settles those of which `which` is true. */
  settle(fate: Fate, which: (task: ScsiTask, port: string) => boolean): void {
    for (const waiting of [...this.#waiting]) if (which(waiting.task, waiting.port)) waiting.settle(fate);
  }
}
