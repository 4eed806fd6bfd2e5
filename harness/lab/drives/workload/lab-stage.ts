import type { ArmedFault } from '../../../disks/scsi/index.js';
import { InfraError } from '../../../vm/index.js';
import type { JsonValue } from '../../../history/index.js';
import type { TestLab } from '../../test-lab.js';
import type { LockDrives } from '../lock-drives.js';
import type { Mutex } from '../mutex.js';
import { runSchedule, type PlacedCall, type Stage } from './run-schedule.js';
import { HOSTS, type LockSchedule, type Mishap } from './deeds.js';

/** Longer than there are entries: resources, hosts, and those that were killed. */
const LIST_BLOCKS = 24;

/** A host: a node, and its ways to the drives, one for each, so that it may ask several of them at once. */
interface Host {
  readonly lab: TestLab;
  /** By LUN; each stands for every resource of its drive. */
  readonly ways: readonly Mutex[];
}

/** A lost path. */
interface Loss {
  readonly logins: number;
  /** What is to end the connection; undefined: it was reset. */
  readonly fault?: ArmedFault;
}

/** Nodes on which a schedule is played. */
export class LabStage implements Stage {
  /** Hosts whose paths are lost in this round, with the logins that their nodes had had before. */
  readonly #lost = new Map<number, Loss>();
  /** Hosts whose power is about to be cut, or was. */
  readonly #doomed = new Set<Host>();

  private constructor(
    private readonly drives: LockDrives,
    private readonly hosts: Host[],
  ) {}

  /** Makes drives, and nodes that are logged in to them. */
  static async set(lab: TestLab, { drives: count }: LockSchedule): Promise<LabStage> {
    const drives = await lab.lockDrives({ count });
    const labs = [lab];
    while (labs.length < HOSTS) labs.push(await lab.anotherNode());
    return new LabStage(drives, await Promise.all(labs.map((one) => enter(one, drives))));
  }

  async call(host: number, { op, drive, resource, mode, lease, lvb }: PlacedCall): Promise<string> {
    const own = this.#host(host);
    const way = own.ways[drive]?.other(resource);
    if (way === undefined) throw new InfraError(`there is no drive with LUN ${drive}`);
    try {
      switch (op) {
        case 'list':
          return await way.list(LIST_BLOCKS);
        case 'unlock':
          return await way.unlock({ mode, ...(lvb !== undefined && { lvb }) });
        case 'destroy':
          return await way.destroy({ mode });
        case 'trylock':
        case 'lock':
        case 'init':
        case 'refresh':
        case 'break':
          return await way[op]({ mode, lease });
      }
    } catch (error) {
      // The way to a node that was killed ends; what it asked is in the history as lost.
      if (this.#doomed.has(own)) return 'gone';
      throw error;
    }
  }

  async befall(mishap: Mishap, othersDone: Promise<void>): Promise<void> {
    switch (mishap.kind) {
      case 'elapse':
        await this.drives.elapse(mishap.ms);
        return;
      case 'kill':
        await this.#kill(mishap.host);
        return;
      case 'drop': {
        const { lab } = this.#host(mishap.host);
        const logins = lab.sessions.count;
        const fault = this.drives.dropAnswer(mishap.drive, lab.initiator.name, mishap.takesEffect);
        this.#lost.set(mishap.host, { logins, fault });
        return;
      }
      case 'reset': {
        const { lab } = this.#host(mishap.host);
        this.#lost.set(mishap.host, { logins: lab.sessions.count });
        lab.initiator.losePath('reset');
        lab.initiator.restorePath();
        return;
      }
      case 'silence': {
        const { initiator } = this.#host(mishap.host).lab;
        initiator.losePath('silence');
        await othersDone;
        initiator.restorePath();
        return;
      }
      case 'wall-clock':
        await this.#host(mishap.host).lab.moveWallClock(mishap.ms);
    }
  }

  /** Waits until lost sessions are there again: iscsid tries by itself. */
  async recover(): Promise<void> {
    for (const [host, { logins, fault }] of this.#lost) {
      fault?.remove();
      // No command met it.
      if (fault?.met === 0) continue;
      const { lab, ways } = this.#host(host);
      await lab.sessions.until(logins + 1);
      for (const way of ways) await way.untilReady();
    }
    this.#lost.clear();
  }

  /** All hosts look at all drives, when nothing else goes on. */
  async look(): Promise<void> {
    const lists = this.hosts.flatMap(({ ways }) => ways.map((way) => way.list(LIST_BLOCKS)));
    await Promise.all(lists);
  }

  async #kill(host: number): Promise<void> {
    const victim = this.#host(host);
    // It goes on until it is gone; what fails from now on fails for that.
    this.#doomed.add(victim);
    this.hosts[host] = await enter(await victim.lab.powerCut(), this.drives);
  }

  #host(host: number): Host {
    const found = this.hosts[host];
    if (found === undefined) throw new InfraError(`there is no host ${host}`);
    return found;
  }
}

async function enter(lab: TestLab, drives: LockDrives): Promise<Host> {
  const ways: Mutex[] = [];
  for (const { lun } of drives.drives.all) ways.push(await lab.mutex(drives, '', { lun }));
  return { lab, ways };
}

/** Plays a schedule on three nodes; each call of it is in the history, and so is the schedule. */
export async function playInLab(lab: TestLab, schedule: LockSchedule): Promise<void> {
  lab.recordSchedule(JSON.parse(JSON.stringify(schedule)) as JsonValue);
  const stage = await LabStage.set(lab, schedule);
  await runSchedule(schedule, stage);
  await stage.look();
}
