import { GuestCommandError, shellQuote } from '../guest/index.js';
import type { Recording } from './recording.js';

/** The two parts of a staged leg: its first MiB, and the rest. */
export type LegPart = 'low' | 'high';

/** Where the parts meet, in sectors: with regions of 128 sectors, region 16 is the first of the high part. */
const LOW_SECTORS = 2048;

/**
 * A leg whose parts the test can hold or fail. What is written to a held part stays in flight without limit of time,
 * until it is released; what is written to a failed part is an I/O error. Made of device-mapper's own linear and error
 * targets, so that no delay has to be long enough for anything.
 */
export class StagedLeg {
  private constructor(
    private readonly recording: Recording,
    private readonly disk: string,
    private readonly name: string,
    private readonly sectors: number,
  ) {}

  /** Puts a staged leg over a disk of the node. */
  static async over(recording: Recording, disk: string, name: string): Promise<StagedLeg> {
    const size = await succeed(recording, `blockdev --getsz ${shellQuote(disk)}`);
    const leg = new StagedLeg(recording, disk, name, Number(size));
    const high = leg.sectors - LOW_SECTORS;
    const whole = [
      `0 ${LOW_SECTORS} linear ${leg.#path('low')} 0`,
      `${LOW_SECTORS} ${high} linear ${leg.#path('high')} 0`,
    ];
    await succeed(
      recording,
      [
        'export DM_DISABLE_UDEV=1',
        `dmsetup create ${name}-low --table ${shellQuote(leg.#linear('low'))}`,
        `dmsetup create ${name}-high --table ${shellQuote(leg.#linear('high'))}`,
        `printf '%s\\n' ${whole.map(shellQuote).join(' ')} | dmsetup create ${name}`,
      ].join(' && '),
    );
    return leg;
  }

  /** Device node in the guest. */
  get device(): string {
    return `/dev/mapper/${this.name}`;
  }

  /** From now on what is written to the part stays in flight. */
  async hold(part: LegPart): Promise<void> {
    await this.#dmsetup(`suspend --nolockfs ${this.name}-${part}`);
  }

  /** Lets everything that is held go on. */
  async release(part: LegPart): Promise<void> {
    await this.#dmsetup(`resume ${this.name}-${part}`);
  }

  /** From now on all I/O of the part fails. */
  async fail(part: LegPart): Promise<void> {
    await this.#replace(part, `0 ${this.#length(part)} error`);
  }

  /** Ends the failure. */
  async heal(part: LegPart): Promise<void> {
    await this.#replace(part, this.#linear(part));
  }

  async #replace(part: LegPart, table: string): Promise<void> {
    const device = `${this.name}-${part}`;
    await this.#dmsetup(`reload ${device} --table ${shellQuote(table)} && dmsetup resume ${device}`);
  }

  #path(part: LegPart): string {
    return `/dev/mapper/${this.name}-${part}`;
  }

  #length(part: LegPart): number {
    return part === 'low' ? LOW_SECTORS : this.sectors - LOW_SECTORS;
  }

  #linear(part: LegPart): string {
    return `0 ${this.#length(part)} linear ${this.disk} ${part === 'low' ? 0 : LOW_SECTORS}`;
  }

  async #dmsetup(words: string): Promise<void> {
    await succeed(this.recording, `export DM_DISABLE_UDEV=1; dmsetup ${words}`);
  }
}

async function succeed(recording: Recording, script: string): Promise<string> {
  const result = await recording.run(script);
  if (result.status !== 0) throw new GuestCommandError(script, result);
  return result.stdout.trim();
}
