import { setTimeout as pause } from 'node:timers/promises';
import type { CommandResult, RunOptions } from '../guest/index.js';
import { type JsonValue, LOCK_SCHEDULE, SG_COMMAND } from '../history/index.js';
import { ESRCH } from '../history/queries.js';
import type { Puppet } from '../puppet/index.js';
import type { Lvm } from '../plan/lvm.js';
import { requestName, type RequestName } from '../ulog/index.js';
import { InfraError } from '../vm/index.js';
import { GroupJoiner, type JoiningUser, SilentListener } from './listener.js';
import { lookAtKernelLog, lookAtLegs } from './looks.js';
import type { Drives, DrivesOptions } from '../disks/drives.js';
import type { DriveLab, DrivesOfLocks } from './drives/drive-lab.js';
import type { Initiator, NodeDrive } from './drives/initiator.js';
import { LockDrives, type LockDrivesOptions } from './drives/lock-drives.js';
import { MajorityLock } from './drives/majority-lock.js';
import { Mutex } from './drives/mutex.js';
import type { MutexSite } from './drives/mutex-site.js';
import type { Passthrough } from './drives/passthrough.js';
import { RawCommands } from './drives/raw-commands.js';
import { Sessions } from './drives/sessions.js';
import { SgDevice } from './drives/sg-device.js';
import { sgObservation } from './drives/sg-observation.js';
import { LogDevice } from './log-device.js';
import type { LvmSite } from './lvm/lvm-commands.js';
import { VolumeGroup, type VolumeGroupOptions } from './lvm/volume-group.js';
import { Mirror } from './mirror.js';
import type { Disk } from './disks.js';
import type { Node } from './node.js';
import type { Recording } from './recording.js';
import { StagedLeg } from './staged-leg.js';
import type { MirrorTable } from './table.js';
import { Trap, type TrapOptions } from './trap.js';
import type { TestSubject } from './test-subject.js';

/** What a test says about a mirror; everything has a default but the number of regions. */
export interface MirrorOptions extends Partial<Omit<MirrorTable, 'regions'>> {
  readonly regions: number;
  /** Device-mapper name; default `mirror`. */
  readonly name?: string;
}

/** For traffic that is due at once, under emulation on a busy host. */
const TRAFFIC_DEADLINE_MS = 12_000;

/** Between two signs of life of a node. */
const TICK_MS = 100;

/** Something that the test started and that goes on by itself. */
export interface UnderWay {
  /** Waits for its end; throws what it threw. */
  finished(): Promise<void>;
}

/** Where a lab gets the labs of other nodes from. */
export interface OtherNodes {
  /** One more node. */
  another(): Promise<TestLab>;
  /** The node that takes the place of this one, whose power is cut. */
  successor(): Promise<TestLab>;
  /** Drives that all of them can log in to. */
  drives(options: DrivesOptions): Promise<Drives>;
  /** Whether a node's first login to IDM drives proves that its path to them is exact. */
  readonly provesPaths: boolean;
  /** The run's. */
  readonly seed: number;
  /** A number for a lock call, unique in the history. */
  nextLockCall(): number;
  /** The time of the history now, as drives and lock calls have it. */
  driveNow(): bigint;
}

/** Disks of a node that are legs; the next one is the log device. */
const LEGS = 2;

/** What a test's `drive` holds: one node, the daemon in it, and verbs that leave everything in the history. */
export class TestLab implements DriveLab {
  /** Disk for the logs of `clustered-disk` and `disk` mirrors. */
  readonly logDevice: LogDevice;
  readonly #legs: string[];
  readonly #traps: Trap[] = [];
  /** Of its clock of the day before the host's, ms. */
  #wallClockAhead = 0;

  /** @param images the node's disks on the host: two legs, and the log device */
  constructor(
    private readonly node: Node,
    images: readonly Disk[],
    private readonly recording: Recording,
    /** The daemon or the puppet; started already unless the test says `daemon: 'absent'`. */
    readonly subject: TestSubject,
    private readonly ownPuppet: Puppet | undefined,
    private readonly nodes: OtherNodes,
    private readonly lvm: Lvm,
  ) {
    this.#legs = [node.disk(0), node.disk(1)];
    this.logDevice = new LogDevice(recording, node.disk(LEGS), images[LEGS]?.path ?? '');
  }

  /** The daemon whose answers the test decides; only where the kernel is under test. */
  get puppet(): Puppet {
    if (this.ownPuppet !== undefined) return this.ownPuppet;
    throw new InfraError(
      "lab.puppet: this test has a daemon under test. Set underTest: 'kernel' and daemon: 'puppet' to decide the answers.",
    );
  }

  /**
   * One more node, with the same disks plugged in and a daemon or puppet of its own, whose traffic goes into the same
   * history by the same clock.
   */
  async anotherNode(): Promise<TestLab> {
    return await this.nodes.another();
  }

  /**
   * Cuts the power of this node, and gives the lab of the node that takes its place: the same disks, a kernel that knows
   * nothing of before, and a daemon or puppet of its own. Nothing more can be asked of this one (docs/faults.md).
   */
  async powerCut(): Promise<TestLab> {
    return await this.nodes.successor();
  }

  /**
   * Kills or freezes the daemon at exactly the n-th request that the kernel makes from now on, before that is sent
   * (docs/faults.md). Returns when the trap is set. Throws InfraError when the daemon does not run.
   */
  async trap(options: TrapOptions): Promise<Trap> {
    const site = { guest: this.node.session, recording: this.recording, subject: this.subject };
    const trap = await Trap.set({ ...site, id: this.#traps.length + 1 }, options);
    this.#traps.push(trap);
    return trap;
  }

  /** Takes away the traps that have not sprung; what each did is in the history then. */
  async removeTraps(): Promise<void> {
    for (const trap of this.#traps) await trap.remove();
  }

  /**
   * Emulated drives, by default with In-Drive-Mutexes, which all nodes of the test can log in to; all that befalls them
   * is in the history (docs/disks.md).
   */
  async drives(count: number, options: Omit<DrivesOptions, 'count'> = {}): Promise<Drives> {
    return await this.nodes.drives({ ...options, count });
  }

  /** Drives with In-Drive-Mutexes whose clock stands still until the test lets it go on. Default: one drive. */
  async lockDrives({ count = 1, ...options }: Partial<LockDrivesOptions> = {}): Promise<LockDrives> {
    return await LockDrives.serve(
      (all) => this.nodes.drives(all),
      { ...options, count },
      (drive, at) => {
        this.recording.fromOutside({ kind: 'disk-clock', t: this.nodes.driveNow(), node: '', drive, at });
      },
    );
  }

  /**
   * The mutex of that name on one of the drives, for this node as a host; it logs in if it has not yet. What it sends
   * goes through a device file of its own, so that several mutexes may be at work at once.
   */
  async mutex(lock: DrivesOfLocks, resource: string, { lun = 0 } = {}): Promise<Mutex> {
    const { drives } = emulated(lock);
    const node = (await this.logIn(drives))[lun];
    if (node === undefined) throw new InfraError(`there is no drive with LUN ${lun}`);
    const { recording } = this;
    const site: MutexSite = {
      device: await SgDevice.open(this.node.session, node.sg),
      drive: emulated(lock).drive(lun).serial,
      node: this.nodeName,
      nextCall: () => this.nodes.nextLockCall(),
      record: (event) => {
        recording.fromOutside(event);
      },
      now: () => this.nodes.driveNow(),
      wallClock: () => BigInt(Date.now() + this.#wallClockAhead),
    };
    return new Mutex(site, resource, this.nodeName);
  }

  /** The first of the drives, for commands that a test lays out byte by byte. */
  async rawCommands(lock: DrivesOfLocks): Promise<RawCommands> {
    const [drive] = await this.logIn(emulated(lock).drives);
    if (drive === undefined) throw new InfraError('there is no drive');
    return await RawCommands.open(await this.sg(drive));
  }

  /** The lock of that name over all of the drives, for this node as a host: had with more than half of them. */
  async majorityLock(lock: DrivesOfLocks, resource: string): Promise<MajorityLock> {
    const { all } = emulated(lock).drives;
    const mutexes: Mutex[] = [];
    for (const { lun } of all) mutexes.push(await this.mutex(lock, resource, { lun }));
    return new MajorityLock(mutexes);
  }

  /** Ends this node's session with drives by a reset of its connection, and waits until its initiator is back. */
  async loseSession(lock: DrivesOfLocks): Promise<void> {
    const { drives } = emulated(lock);
    await this.logIn(drives);
    await this.sessions.until(1);
    const before = this.sessions.count;
    this.initiator.losePath('reset');
    this.initiator.restorePath();
    await this.sessions.until(before + 1);
  }

  /** This node's logins to drives. */
  get sessions(): Sessions {
    return new Sessions(this.recording, this.nodeName);
  }

  /**
   * Sets this node's clock of the day on, or back, by so many ms; its lock calls tell drives of it, to which it is nothing.
   */
  async moveWallClock(ms: number): Promise<void> {
    this.#wallClockAhead += ms;
    const seconds = Math.floor((Date.now() + this.#wallClockAhead) / 1000);
    await this.run(['date', '-s', `@${seconds}`]);
  }

  /** Resets one of the drives by task management, as the kernel does when commands do not come back. */
  async resetUnit(lock: DrivesOfLocks, lun = 0): Promise<void> {
    const node = (await this.logIn(emulated(lock).drives))[lun];
    if (node === undefined) throw new InfraError(`there is no drive with LUN ${lun}`);
    await this.run(['sg_reset', '--device', node.sg]);
  }

  /** Logs in to drives, or gives what an earlier login gave. */
  async logIn(drives: Drives): Promise<readonly NodeDrive[]> {
    return await this.initiator.login(drives, { prove: drives.idm && this.nodes.provesPaths });
  }

  /** By which this node logs in to drives and out, and loses its path to them. */
  get initiator(): Initiator {
    return this.node.initiator;
  }

  /** Plain drives of this node through QEMU's own initiator: quick, and not exact (docs/disks.md). */
  get passthrough(): Passthrough {
    return this.node.passthrough;
  }

  /** SCSI commands from this node to one of its drives; each is in the history with all that the kernel said of it. */
  async sg(drive: NodeDrive): Promise<SgDevice> {
    return await SgDevice.open(this.node.session, drive.sg, (device, command, result) => {
      this.recording.observe('ioctl', SG_COMMAND, sgObservation(device, command, result), result.begin);
    });
  }

  /** The run's seed: of everything random in a test. `--seed` repeats it. */
  get seed(): number {
    return this.nodes.seed;
  }

  /** Leaves in the history what a test drew from the seed. */
  recordSchedule(value: JsonValue): void {
    this.recording.observe('log', LOCK_SCHEDULE, value);
  }

  /** Name of the node in events. */
  get nodeName(): string {
    return this.node.name;
  }

  /** Device nodes of the mirrors' legs in the guest. */
  get legs(): readonly string[] {
    return [...this.#legs];
  }

  /** Describes a mirror over the node's legs; nothing is created yet. */
  mirror(options: MirrorOptions): Mirror {
    const name = options.name ?? 'mirror';
    return new Mirror(this.recording, this.legs, name, {
      uuid: options.uuid ?? `ulogcheck-${name}`,
      regions: options.regions,
      regionSectors: options.regionSectors ?? 128,
      log: options.log ?? 'clustered-core',
      logDevice: options.logDevice ?? this.logDevice.path,
      sync: options.sync ?? 'default',
      integratedFlush: options.integratedFlush ?? false,
      handleErrors: options.handleErrors ?? false,
      ...(options.extraArguments === undefined ? {} : { extraArguments: options.extraArguments }),
      ...(options.constructorWords && { constructorWords: options.constructorWords }),
    });
  }

  /** Makes a volume group over all disks of the node, for mirrors of LVM whose log the subject serves. */
  async volumeGroup(options: VolumeGroupOptions): Promise<VolumeGroup> {
    return await VolumeGroup.create(this.#lvmSite, this.node.disks, options);
  }

  /** The volume group that another node made on the same disks. */
  foundVolumeGroup(options: VolumeGroupOptions): VolumeGroup {
    return VolumeGroup.found(this.#lvmSite, this.node.disks, options);
  }

  get #lvmSite(): LvmSite {
    return {
      guest: this.node.session,
      recording: this.recording,
      lvm: this.lvm,
      daemonSaid: () => this.subject.lastLines,
    };
  }

  /** Makes a leg one whose I/O the test can hold and fail; mirrors that are described from now on use it. */
  async stagedLeg(index: number): Promise<StagedLeg> {
    const leg = await StagedLeg.over(this.recording, this.node.disk(index), `leg${index}`);
    this.#legs[index] = leg.device;
    return leg;
  }

  /** A log device whose I/O the test can hold and fail, over the node's own. */
  async stagedLog(): Promise<StagedLeg> {
    return await StagedLeg.over(this.recording, this.logDevice.path, 'log');
  }

  /** Starts something that cannot end before the test does something else; its deadlines count from now. */
  start(work: () => Promise<unknown>): UnderWay {
    const done = work();
    done.catch(() => undefined); // thrown by finished()
    return {
      finished: async () => {
        await done;
      },
    };
  }

  /** Waits until `count` threads of the kernel have learnt, since the test began, that no daemon listens. */
  async unheard(count: number): Promise<void> {
    await this.recording.until(`${count} threads that found no daemon`, TRAFFIC_DEADLINE_MS, (events) => {
      const threads = new Set<number>();
      for (const event of events) {
        if (event.kind === 'return' && event.result === -ESRCH) threads.add(event.tid);
      }
      return threads.size >= count;
    });
  }

  /** Fills a leg with bytes that no test writes, so that a region which no resync copied is seen afterwards. */
  async spoilLeg(index: number): Promise<void> {
    const leg = this.legs[index];
    if (leg === undefined) throw new InfraError(`the node has no leg ${index}`);
    const bytes = await this.node.session.succeed(
      `yes spoiled | dd of=${leg} bs=1M iflag=fullblock count=8 2>&1`,
    );
    this.recording.observe('image', 'leg-spoiled', { leg, dd: bytes.trim() });
  }

  /** Runs and records any other command in the node. */
  async run(argv: readonly string[] | string, options?: RunOptions): Promise<CommandResult> {
    return await this.recording.run(argv, options);
  }

  /** Waits until a process of this name sleeps where nothing can interrupt it: it waits for I/O or for the daemon. */
  async untilBlocked(program: string): Promise<void> {
    await this.node.session.succeed(`until ps -C ${program} -o state= | grep -q D; do sleep 0.02; done`, {
      deadlineMs: TRAFFIC_DEADLINE_MS,
    });
  }

  /**
   * Waits until a process of this name sleeps within a function of the kernel, as its stack tells. Throws
   * GuestCommandStalled.
   */
  async untilIn(program: string, kernelFunction: string, deadlineMs = TRAFFIC_DEADLINE_MS): Promise<void> {
    const stacks = `$(ps -C ${program} -o pid= | sed 's|^ *|/proc/|; s|$|/stack|')`;
    const inside = `grep -qw ${kernelFunction} ${stacks} /dev/null`;
    await this.node.session.succeed(`until ${inside}; do sleep 0.02; done 2>/dev/null`, { deadlineMs });
  }

  /** Waits until the kernel sent `count` requests of a type since the test began, resends included. Throws TrafficMissing. */
  async sent(name: RequestName, count: number, deadlineMs = TRAFFIC_DEADLINE_MS): Promise<void> {
    await this.recording.until(`transmission ${count} of ${name}`, deadlineMs, (events) => {
      const some = events.filter(
        (event) => event.kind === 'transmission' && requestName(event.type) === name,
      );
      return some.length >= count;
    });
  }

  /** Waits until `count` requests of a type came back to their callers since the test began. Throws TrafficMissing. */
  async returned(name: RequestName, count: number, deadlineMs = TRAFFIC_DEADLINE_MS): Promise<void> {
    await this.recording.until(`return ${count} of ${name}`, deadlineMs, (events) => {
      const calls = new Set<number>();
      let returns = 0;
      for (const event of events) {
        if (event.kind === 'request' && requestName(event.type) === name) calls.add(event.call);
        if (event.kind === 'return' && calls.has(event.call)) returns++;
      }
      return returns >= count;
    });
  }

  /**
   * Waits until a request of that type waits for its answer, as the next one does when the daemon is frozen. Throws
   * TrafficMissing.
   */
  async waiting(name: RequestName, deadlineMs = TRAFFIC_DEADLINE_MS): Promise<void> {
    await this.recording.until(`a ${name} that waits for its answer`, deadlineMs, (events) => {
      const open = new Set<string>();
      for (const event of events) {
        if (event.kind === 'request' && requestName(event.type) === name)
          open.add(`${event.node} ${event.call}`);
        if (event.kind === 'return') open.delete(`${event.node} ${event.call}`);
      }
      return open.size > 0;
    });
  }

  /** Waits until `count` replies reached the kernel since the test began, wanted or not. Throws TrafficMissing. */
  async replied(count: number): Promise<void> {
    await this.recording.until(
      `reply ${count}`,
      TRAFFIC_DEADLINE_MS,
      (events) => events.filter(({ kind }) => kind === 'reply').length >= count,
    );
  }

  /** Number of replies that reached the kernel so far. */
  get replies(): number {
    return this.recording.count('reply');
  }

  /**
   * Runs `true` in the node again and again until `awaited` is over: where a limit on time is judged, the history then
   * shows whether the guest ran (see `waited`).
   */
  async ticking<T>(awaited: Promise<T>): Promise<T> {
    let over = false;
    const done = awaited.finally(() => {
      over = true;
    });
    done.catch(() => undefined); // returned below
    // Read through a function: the compiler would take it for false for ever.
    const goesOn = (): boolean => !over;
    while (goesOn()) {
      await this.recording.run(['true']);
      await Promise.race([done, pause(TICK_MS)]).catch(() => undefined);
    }
    return await done;
  }

  /** Records the lines of the kernel's log since boot that match, and returns them. */
  async kernelLog(pattern: RegExp): Promise<readonly string[]> {
    return await lookAtKernelLog(this.node.session, this.recording, pattern);
  }

  /** Records which legs hold the data of a test write to a region, read past all caches. */
  async lookAtLegs(region: number, regionSectors = 128): Promise<void> {
    await lookAtLegs(this.node.session, this.recording, this.legs, region, regionSectors);
  }

  /** Joins the connector group with a process that reads everything and answers nothing. */
  async silentListener(): Promise<SilentListener> {
    return await SilentListener.start(this.node.session, this.recording);
  }

  /** Tries as that user to join the connector group, in each way that there is; what came of it is in the history. */
  async tryToJoin(user: JoiningUser): Promise<GroupJoiner> {
    return await GroupJoiner.start(this.node.session, this.recording, user);
  }
}

/** Nodes log in to drives of this process only. Throws InfraError for others. */
function emulated(lock: DrivesOfLocks): LockDrives {
  if (lock instanceof LockDrives) return lock;
  throw new InfraError('these drives are none that a node can log in to');
}
