/** Plays schedules on drives on the desk, without nodes: what hosts would see, and what the drives tell. */
import { mutexReadCdb, type MutexCommands } from '../../../../disks/idm/index.js';
import { TestDrive, wireId, wishBlock, type Wish } from '../../../../disks/idm/testing/drive.js';
import { traceEvent } from '../../../../disks/idm/testing/trace-events.js';
import { decodeDataBlock } from '../../../../disks/idm/data-block.js';
import { seededRandom } from '../../../../disks/scsi/index.js';
import { statusName } from '../../../../disks/scsi/status.js';
import type { HistoryEvent, NewEvent } from '../../../../history/index.js';
import { runSchedule, type PlacedCall, type Stage } from '../run-schedule.js';
import type { LockSchedule, Mishap } from '../deeds.js';

const NS_PER_MS = 1_000_000n;
const BLOCKS = 8;
const NO_BYTES = new Uint8Array();

/** The stage. What is under way at once is shuffled by a seed of its own. */
class Desk implements Stage {
  readonly events: NewEvent[] = [];
  readonly drives: readonly TestDrive[];
  readonly #random: () => number;
  readonly #names: string[];
  readonly #drops = new Map<string, boolean>();
  readonly #skew = new Map<number, number>();
  #moment = 0n;
  #calls = 0;
  #hosts = 0;

  constructor({ drives }: LockSchedule, create: () => MutexCommands, shuffle: number) {
    this.#random = seededRandom(shuffle);
    this.drives = Array.from({ length: drives }, () => new TestDrive(create()));
    this.#names = [this.#newHost(), this.#newHost(), this.#newHost()];
    this.#tellClock();
  }

  async call(host: number, call: PlacedCall): Promise<string> {
    const node = this.#names[host] ?? '';
    const wish = this.#wish(node, host, call);
    const number = this.#tellCall(node, call, wish);
    await this.#aWhile();
    const alive = (): boolean => this.#names[host] === node;
    // A host that was killed may have sent it before.
    const reaches = alive() || this.#random() < 0.5;
    const dropped = this.#drops.get(`${host} ${call.drive}`);
    if (dropped !== undefined) this.#drops.delete(`${host} ${call.drive}`);
    const ended = reaches && dropped !== false ? this.#execute(node, call, wish) : undefined;
    if (dropped !== undefined) for (const drive of this.drives) drive.relogin(`iqn.${node}`);
    await this.#aWhile();
    const heard = alive() && dropped === undefined ? ended : undefined;
    this.events.push({
      ...{ kind: 'lock-answer', t: this.#next(), node, call: number, guest: 0n },
      ...{ status: heard?.status ?? null, sense: new Uint8Array(heard?.sense ?? NO_BYTES) },
      dataIn: new Uint8Array(heard?.dataIn ?? NO_BYTES),
    });
    if (!alive()) return 'gone';
    return heard === undefined ? 'lost' : statusName(heard.status);
  }

  async befall(mishap: Mishap, othersDone: Promise<void>): Promise<void> {
    switch (mishap.kind) {
      case 'elapse':
        for (const drive of this.drives) drive.wait(mishap.ms);
        this.#tellClock();
        return;
      case 'kill':
        this.#names[mishap.host] = this.#newHost();
        return;
      case 'drop':
        this.#drops.set(`${mishap.host} ${mishap.drive}`, mishap.takesEffect);
        return;
      case 'reset':
        for (const lun of this.drives.keys()) this.#drops.set(`${mishap.host} ${lun}`, this.#random() < 0.5);
        return;
      case 'silence':
        await othersDone;
        return;
      case 'wall-clock':
        this.#skew.set(mishap.host, (this.#skew.get(mishap.host) ?? 0) + mishap.ms);
    }
  }

  async recover(): Promise<void> {
    this.#drops.clear();
    await Promise.resolve();
  }

  /** All of it, in order of time. */
  history(): HistoryEvent[] {
    const traces = this.drives.flatMap((drive, lun) =>
      drive.trace.map((traced, n) => traceEvent(traced, n + 100_000 * lun, nameOf(lun))),
    );
    const ordered = this.events.toSorted((a, b) => Number(a.t - b.t));
    return [...ordered, ...traces].map((event, n) => ({ ...event, n }));
  }

  #execute(node: string, call: PlacedCall, wish: Wish): ReturnType<TestDrive['read']> | undefined {
    const drive = this.drives[call.drive];
    return call.op === 'list'
      ? drive?.read(mutexReadCdb(BLOCKS), BLOCKS * 512, `iqn.${node}`)
      : drive?.op(call.op, wish, `iqn.${node}`);
  }

  #wish(node: string, host: number, { resource, mode, lease, lvb, op }: PlacedCall): Wish {
    return {
      ...{ host: node, resource, mode: mode === 'shared' ? ('sh' as const) : ('ex' as const) },
      ...(op !== 'unlock' &&
        op !== 'destroy' && { lease: lease === 'endless' ? 2n ** 64n - 1n : BigInt(lease) }),
      time: 1_700_000_000_000n + BigInt(this.#skew.get(host) ?? 0),
      ...(lvb !== undefined && { lvb: Buffer.from(lvb, 'hex') }),
      control: lvb === undefined ? 0 : 1,
    };
  }

  #tellCall(node: string, call: PlacedCall, wish: Wish): number {
    const number = this.#calls++;
    const asked = call.op === 'list' ? undefined : decodeDataBlock(wishBlock(call.op, wish));
    this.events.push({
      ...{ kind: 'lock-call', t: this.#next(), node, call: number, guest: 0n, drive: nameOf(call.drive) },
      ...{ op: call.op === 'list' ? 'read' : call.op, host: new Uint8Array(wireId(node, 32)) },
      resource: new Uint8Array(asked?.resourceId ?? NO_BYTES),
      ...{ lockClass: Number(asked?.lockClass ?? 0n), countdown: asked?.countdown ?? 0n },
      ...{ timeNow: asked?.timeNow ?? 0n, control: asked?.control ?? 0 },
      lvb: new Uint8Array(asked?.lvb ?? NO_BYTES),
      metadata: new Uint8Array(64),
    });
    return number;
  }

  #tellClock(): void {
    for (const [lun, drive] of this.drives.entries())
      this.events.push({ kind: 'disk-clock', t: this.#next(), node: '', drive: nameOf(lun), at: drive.now });
  }

  #newHost(): string {
    return `node${++this.#hosts}`;
  }

  /** No two things happen at the same moment. */
  #next(): bigint {
    return (this.#moment += NS_PER_MS);
  }

  async #aWhile(): Promise<void> {
    for (let turns = Math.floor(this.#random() * 12); turns >= 0; turns--) await Promise.resolve();
  }
}

const nameOf = (lun: number): string => `D${lun}`;

/** What a schedule comes to on drives that `create` makes; `shuffle` decides who is quicker. */
export async function playOnDesk(
  schedule: LockSchedule,
  create: () => MutexCommands,
  shuffle = schedule.seed,
): Promise<HistoryEvent[]> {
  const desk = new Desk(schedule, create, shuffle);
  await runSchedule(schedule, desk);
  return desk.history();
}
