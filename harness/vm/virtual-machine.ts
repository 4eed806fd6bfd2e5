import { writeFile } from 'node:fs/promises';
import { connect, type Socket } from 'node:net';
import { holdDeadlines, releaseDeadlines } from '../deadline-clock.js';
import { ownedTempDir, spawnOwned, type OwnedChild } from '../setup/owned.mjs';
import { cableSocket } from './cable.js';
import {
  type Birth,
  type Memory,
  type QemuProgram,
  type ScsiDisk,
  type VmShape,
  gdbSocket,
  portSocket,
  qemuArguments,
  qmpSocket,
  stubKernelPath,
} from './command-line.js';
import { SerialConsole } from './console.js';
import { within } from './deadline.js';
import { BootError, InfraError } from './errors.js';
import { acceptOne, type AwaitedSocket } from './listen.js';
import { migrationEnd, plugDisk } from './machine-control.js';
import { stubKernel } from './stub-kernel.js';
import { QmpClient, QmpClosedError, type QmpEvent } from './qmp.js';

/** What every VM needs beyond its shape. */
export interface MachineOptions {
  readonly qemu: QemuProgram;
  readonly shape: VmShape;
  /** File that receives the console with time stamps. */
  readonly consolePath: string;
  /** For everything until the machine runs. */
  readonly deadlineMs: number;
}

/** What `VirtualMachine.boot` needs. */
export interface BootOptions extends MachineOptions {
  /** A console line that means "usable". */
  readonly readyLine: RegExp;
  /** Default: in QEMU itself. */
  readonly memory?: Memory;
  /** Its network card has a cable, see {@link VirtualMachine.cable}. Default: false. */
  readonly cable?: boolean;
}

/** What `VirtualMachine.restore` needs: the shape must be that of the machine that was saved. */
export interface RestoreOptions extends MachineOptions {
  readonly memory: Exclude<Memory, { readonly kind: 'own' }>;
  /** The state of everything but the RAM, as `save` wrote it. */
  readonly statePath: string;
  /** It serves a debugger; while that holds it, all deadlines of this process wait. Default: false. */
  readonly gdb?: boolean;
  /** Its network card has a cable, see {@link VirtualMachine.cable}. Default: false. */
  readonly cable?: boolean;
}

/** A kernel panic of the guest, as QEMU or the console told it. */
export interface Panic {
  readonly source: 'pvpanic' | 'console';
  readonly text: string;
}

/** How long a boot failure waits for the rest of a panic's trace. */
const PANIC_TRACE_MS = 1000;
/** For one answer of QEMU about a machine that is stopped. */
const CONTROL_DEADLINE_MS = 30_000;

/** RAM that lies in a file of its own needs no place in the state. */
const SNAPSHOT_CAPABILITIES = [
  { capability: 'x-ignore-shared', state: true },
  { capability: 'events', state: true },
];

/** One running QEMU process. It dies with this object and with this process, however that ends. */
export class VirtualMachine implements AsyncDisposable {
  readonly #process: OwnedChild;
  readonly #directory: AsyncDisposable & { readonly path: string };
  readonly #control: AwaitedSocket;
  #qmp: Promise<QmpClient> | undefined;
  #panic: Panic | undefined;
  #stderr = '';
  /** Resolves with the first panic; never settles without one. */
  readonly panicked: Promise<Panic>;
  #reportPanic: (panic: Panic) => void = () => undefined;
  readonly console: SerialConsole;
  readonly #ports = new Map<string, Socket>();
  readonly #consoleEnded: Promise<void>;
  readonly #cable: AwaitedSocket | undefined;
  readonly #letGo = new Map<object, () => void>();

  private constructor(
    private readonly options: MachineOptions & Pick<RestoreOptions, 'gdb'>,
    directory: AsyncDisposable & { readonly path: string },
    control: AwaitedSocket,
    cable: AwaitedSocket | undefined,
    process: OwnedChild,
  ) {
    this.#cable = cable;
    this.#directory = directory;
    this.#control = control;
    this.#process = process;
    const stdout = process.stdout;
    this.#consoleEnded = new Promise((resolve) => stdout.once('close', resolve));
    this.console = new SerialConsole(stdout, options.consolePath);
    this.panicked = new Promise((resolve) => (this.#reportPanic = resolve));
    this.console.on('panic', (text) => this.#notePanic({ source: 'console', text }));
    process.stderr.setEncoding('utf8');
    process.stderr.on('data', (text: string) => (this.#stderr = (this.#stderr + text).slice(-4096)));
  }

  static async #start(
    options: MachineOptions & Pick<RestoreOptions, 'gdb'>,
    birth: Birth,
  ): Promise<VirtualMachine> {
    const directory = await ownedTempDir('ulogcheck-vm-');
    // QEMU connects to us, so that nobody has to ask again and again whether its socket is there yet.
    const control = await acceptOne(qmpSocket(directory.path));
    const cable = birth.cable === true ? await acceptOne(cableSocket(directory.path)) : undefined;
    try {
      if (birth.incoming) await writeFile(stubKernelPath(directory.path), stubKernel());
      const argv = qemuArguments(options.qemu, options.shape, directory.path, birth);
      const child = spawnOwned(argv, {
        stdio: ['ignore', 'pipe', 'pipe'],
        env: { ...process.env, ...options.qemu.env },
      });
      return new VirtualMachine(options, directory, control, cable, child);
    } catch (error) {
      // A socket that is listened to would keep this process alive.
      control[Symbol.dispose]();
      cable?.[Symbol.dispose]();
      await directory[Symbol.asyncDispose]();
      throw error;
    }
  }

  /**
   * Starts QEMU and waits for the ready line.
   * Throws BootError with the console's end as soon as QEMU exits, the guest panics or the deadline passes.
   */
  static async boot(options: BootOptions): Promise<VirtualMachine> {
    const vm = await VirtualMachine.#start(options, {
      memory: options.memory ?? { kind: 'own' },
      incoming: false,
      cable: options.cable ?? false,
    });
    return await vm.#bornBy(vm.#waitForReady(options.readyLine));
  }

  /**
   * Starts QEMU with the RAM and the state of a machine that was saved, and lets it run (spec vm 2). The guest goes
   * on where it was: its clocks, names and random numbers are those of the moment of saving.
   * Throws InfraError naming what QEMU did not like.
   */
  static async restore(options: RestoreOptions): Promise<VirtualMachine> {
    const { memory, gdb = false, cable = false } = options;
    const vm = await VirtualMachine.#start(options, { memory, incoming: true, gdb, cable });
    return await vm.#bornBy(vm.#load(options.statePath));
  }

  /** The panic that happened, if one did. */
  get panic(): Panic | undefined {
    return this.#panic;
  }

  /** Process id of QEMU on this host. */
  get pid(): number {
    return this.#process.pid;
  }

  /** Resolves with the reason when QEMU has exited and its last console output was read. */
  async exited(): Promise<string> {
    const { status, signal } = await this.#process.exited;
    await this.#consoleEnded;
    const how = signal === null ? `status ${String(status)}` : signal;
    const complaint = this.#stderr.trim();
    return `QEMU ended with ${how}${complaint === '' ? '' : `: ${complaint}`}`;
  }

  /** The control session. */
  async qmp(): Promise<QmpClient> {
    this.#qmp ??= this.#openControl();
    return await this.#qmp;
  }

  /** The unix socket of a virtio-serial port, for one client at a time. */
  portPath(name: string): string {
    const { ports } = this.options.shape;
    const index = ports.indexOf(name);
    if (index < 0) throw new InfraError(`the VM has no port ${name}; it has ${ports.join(', ')}`);
    return portSocket(this.#directory.path, index);
  }

  /** The host's end of a virtio-serial port; a port has one holder, so the same stream is returned again. */
  async port(name: string): Promise<Socket> {
    const known = this.#ports.get(name);
    if (known !== undefined) return known;
    const socket = connect(this.portPath(name));
    await new Promise<void>((resolve, reject) => {
      socket.once('connect', resolve);
      socket.once('error', reject);
    });
    socket.on('error', () => undefined); // readers see 'close'
    this.#ports.set(name, socket);
    return socket;
  }

  /** Lets go of the host's end of a port, as if nobody had ever connected. */
  async closePort(name: string): Promise<void> {
    const socket = this.#ports.get(name);
    if (socket === undefined || socket.closed) return;
    this.#ports.delete(name);
    const closed = new Promise<void>((resolve) => socket.once('close', () => resolve()));
    socket.destroy();
    await closed;
  }

  /** The harness's end of the network cable. Throws InfraError for a machine without one. */
  async cable(): Promise<Socket> {
    if (this.#cable === undefined) throw new InfraError('the VM was started without a network cable');
    return await this.#cable.socket;
  }

  /** The unix socket on which QEMU serves a debugger. Throws InfraError when it serves none. */
  get gdbPath(): string {
    if (this.options.gdb !== true) throw new InfraError('the VM was started without a place for a debugger');
    return gdbSocket(this.#directory.path);
  }

  /** Stops the machine, calls `stopped`, and waits, without a deadline, until a debugger lets it go on, or it is gone. */
  async awaitDebugger(stopped: () => void): Promise<void> {
    const qmp = await this.qmp();
    const resumed = new Promise<void>((resolve) => {
      const listener = ({ event }: QmpEvent): void => {
        if (event !== 'RESUME') return;
        qmp.off('event', listener);
        resolve();
      };
      qmp.on('event', listener);
    });
    this.#drains();
    await qmp.execute('stop');
    stopped();
    const gone = this.exited().then((how) => {
      throw new InfraError(`the debugger ended the machine: ${how}`);
    });
    gone.catch(() => undefined); // afterwards nobody waits for it here
    await Promise.race([resumed, gone]);
  }

  /**
   * From now on `letGo` is called before anything that waits for the disks of the machine (a stop, a snapshot): a target
   * that withholds an answer would hold up QEMU, and QMP with it (spec vm 8). Once for each `owner`.
   */
  beforeDraining(owner: object, letGo: () => void): void {
    this.#letGo.set(owner, letGo);
  }

  #drains(): void {
    for (const letGo of this.#letGo.values()) letGo();
  }

  /** Plugs a raw disk into the SCSI bus at `target` (0, 1, …); several machines may share it. */
  async plug(disk: ScsiDisk, target: number): Promise<void> {
    await plugDisk(await this.qmp(), disk, target);
  }

  /**
   * Stops the machine, writes its state to `statePath` (its RAM is in the file that it was started with), and ends
   * QEMU. Only for a machine whose memory is a template. Throws InfraError.
   */
  async save(statePath: string): Promise<void> {
    const qmp = await this.qmp();
    this.#drains();
    await qmp.execute('stop');
    await qmp.execute('migrate-set-capabilities', { capabilities: SNAPSHOT_CAPABILITIES });
    const ended = migrationEnd(qmp);
    ended.catch(() => undefined); // awaited below, unless QEMU refuses at once
    await qmp.execute('migrate', { uri: `file:${statePath}` });
    await within(ended, CONTROL_DEADLINE_MS, 'the state of the machine to be written');
    await qmp.execute('quit');
    await within(this.#process.exited, CONTROL_DEADLINE_MS, 'the end of QEMU');
  }

  /** Ids of QEMU's vCPU threads on this host, in the order of the guest's CPU numbers. */
  async vcpuThreads(): Promise<number[]> {
    const qmp = await this.qmp();
    const cpus = (await qmp.execute('query-cpus-fast')) as { 'cpu-index': number; 'thread-id': number }[];
    return cpus.toSorted((a, b) => a['cpu-index'] - b['cpu-index']).map((cpu) => cpu['thread-id']);
  }

  /**
   * Kills QEMU as a power cut ends a machine: the guest is not asked and flushes nothing. Returns when it is gone and
   * what it had printed was read. What was written to the disks and reported to the guest as done stays (it lies in the
   * host's cache); of the rest any part may be there.
   */
  async cutPower(): Promise<void> {
    this.#process.kill('SIGKILL');
    await this.exited();
  }

  /** Kills QEMU, closes the console file, removes the sockets. Safe to call twice. */
  async [Symbol.asyncDispose](): Promise<void> {
    releaseDeadlines(this);
    this.#cable?.[Symbol.dispose]();
    for (const socket of this.#ports.values()) socket.destroy();
    this.#control[Symbol.dispose]();
    await this.#process[Symbol.asyncDispose]();
    await this.console.close();
    await this.#directory[Symbol.asyncDispose]();
  }

  async #bornBy(birth: Promise<void>): Promise<VirtualMachine> {
    try {
      await birth;
      return this;
    } catch (error) {
      await this[Symbol.asyncDispose]();
      throw error;
    }
  }

  async #openControl(): Promise<QmpClient> {
    const client = await QmpClient.over(await this.#control.socket, CONTROL_DEADLINE_MS);
    client.on('event', (event: QmpEvent) => {
      if (event.event === 'GUEST_PANICKED') this.#notePanic({ source: 'pvpanic', text: 'GUEST_PANICKED' });
      if (this.options.gdb === true) this.#noteDebugger(event.event);
    });
    return client;
  }

  async #load(statePath: string): Promise<void> {
    const failed = this.exited().then((how) => {
      throw new InfraError(`the snapshot ${statePath} could not be restored: ${how}`);
    });
    failed.catch(() => undefined); // after the birth nobody waits for it here
    const loaded = (async () => {
      const qmp = await this.qmp();
      await qmp.execute('migrate-set-capabilities', { capabilities: SNAPSHOT_CAPABILITIES });
      const ended = migrationEnd(qmp);
      ended.catch(() => undefined); // awaited below, unless QEMU refuses at once
      await qmp.execute('migrate-incoming', { uri: `file:${statePath}` });
      await ended;
      await qmp.execute('cont');
    })().catch(async (error: unknown) => {
      // What QEMU says at its end tells more than that its socket was closed.
      if (error instanceof QmpClosedError) await failed;
      throw error;
    });
    loaded.catch(() => undefined); // within may have been left already
    await within(
      Promise.race([failed, loaded]),
      this.options.deadlineMs,
      `the snapshot ${statePath} to be restored`,
    );
  }

  async #waitForReady(readyLine: RegExp): Promise<void> {
    const { deadlineMs } = this.options;
    const ready = this.console.waitForLine(readyLine);
    const exited = this.exited().then((how) => {
      const why = this.#panic === undefined ? how : `the kernel panicked: ${this.#panic.text}`;
      throw new BootError(why, this.console.tail());
    });
    exited.catch(() => undefined); // after the boot nobody waits for it here
    const panicked = this.panicked.then(async (panic) => {
      // The trace follows the panic line; QEMU's end, or its pause, is the end of it.
      await within(exited, PANIC_TRACE_MS, 'the end of QEMU after a panic').catch(() => undefined);
      throw new BootError(`the kernel panicked: ${panic.text}`, this.console.tail());
    });
    panicked.catch(() => undefined);
    const awaited = `the console line ${readyLine.source}`;
    try {
      await within(Promise.race([ready, exited, panicked]), deadlineMs, awaited);
    } catch (error) {
      if (error instanceof BootError) throw error;
      throw new BootError(`no ${awaited} within ${deadlineMs} ms`, this.console.tail());
    }
    await this.qmp();
  }

  /** A machine that stopped because its kernel panicked goes on for nobody. */
  #noteDebugger(event: string): void {
    if (event === 'STOP' && this.#panic === undefined) holdDeadlines(this);
    if (event === 'RESUME' || this.#panic !== undefined) releaseDeadlines(this);
  }

  #notePanic(panic: Panic): void {
    if (this.#panic !== undefined) return;
    this.#panic = panic;
    this.#drains(); // QEMU stops it
    this.#reportPanic(panic);
  }
}
