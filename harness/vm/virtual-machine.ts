import { connect, type Socket } from 'node:net';
import { ownedTempDir, spawnOwned, type OwnedChild } from '../setup/owned.mjs';
import { type QemuProgram, type VmShape, portSocket, qemuArguments } from './command-line.js';
import { SerialConsole } from './console.js';
import { within } from './deadline.js';
import { BootError, InfraError } from './errors.js';
import { QmpClient, type QmpEvent } from './qmp.js';

/** What `VirtualMachine.boot` needs beyond the machine itself. */
export interface BootOptions {
  readonly qemu: QemuProgram;
  readonly shape: VmShape;
  /** File that receives the console with time stamps. */
  readonly consolePath: string;
  /** A console line that means "usable". */
  readonly readyLine: RegExp;
  readonly deadlineMs: number;
}

/** A kernel panic of the guest, as QEMU or the console told it. */
export interface Panic {
  readonly source: 'pvpanic' | 'console';
  readonly text: string;
}

/** How long a boot failure waits for the rest of a panic's trace. */
const PANIC_TRACE_MS = 1000;

/** One running QEMU process. It dies with this object and with this process, however that ends. */
export class VirtualMachine implements AsyncDisposable {
  readonly #process: OwnedChild;
  readonly #directory: AsyncDisposable & { readonly path: string };
  #qmp: QmpClient | undefined;
  #panic: Panic | undefined;
  #stderr = '';
  /** Resolves with the first panic; never settles without one. */
  readonly panicked: Promise<Panic>;
  #reportPanic: (panic: Panic) => void = () => undefined;
  readonly console: SerialConsole;
  readonly #ports = new Map<string, Socket>();
  readonly #consoleEnded: Promise<void>;

  private constructor(
    private readonly options: BootOptions,
    directory: AsyncDisposable & { readonly path: string },
    process: OwnedChild,
  ) {
    this.#directory = directory;
    this.#process = process;
    const stdout = process.stdout;
    this.#consoleEnded = new Promise((resolve) => stdout.once('close', resolve));
    this.console = new SerialConsole(stdout, options.consolePath);
    this.panicked = new Promise((resolve) => (this.#reportPanic = resolve));
    this.console.on('panic', (text) => this.#notePanic({ source: 'console', text }));
    process.stderr.setEncoding('utf8');
    process.stderr.on('data', (text: string) => (this.#stderr = (this.#stderr + text).slice(-4096)));
  }

  /**
   * Starts QEMU and waits for the ready line.
   * Throws BootError with the console's end as soon as QEMU exits, the guest panics or the deadline passes.
   */
  static async boot(options: BootOptions): Promise<VirtualMachine> {
    const directory = await ownedTempDir('ulogcheck-vm-');
    const argv = qemuArguments(options.qemu, options.shape, directory.path);
    const child = spawnOwned(argv, {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, ...options.qemu.env },
    });
    const vm = new VirtualMachine(options, directory, child);
    try {
      await vm.#waitForReady();
      return vm;
    } catch (error) {
      await vm[Symbol.asyncDispose]();
      throw error;
    }
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

  /** The control session; opened on first use. */
  async qmp(): Promise<QmpClient> {
    if (this.#qmp === undefined) {
      this.#qmp = await QmpClient.connect(`${this.#directory.path}/qmp`, 10_000);
      this.#qmp.on('event', (event: QmpEvent) => {
        if (event.event === 'GUEST_PANICKED') this.#notePanic({ source: 'pvpanic', text: 'GUEST_PANICKED' });
      });
    }
    return this.#qmp;
  }

  /** The host's end of a virtio-serial port; a port has one holder, so the same stream is returned again. */
  async port(name: string): Promise<Socket> {
    const known = this.#ports.get(name);
    if (known !== undefined) return known;
    const index = this.options.shape.ports.indexOf(name);
    if (index < 0)
      throw new InfraError(`the VM has no port ${name}; it has ${this.options.shape.ports.join(', ')}`);
    const socket = connect(portSocket(this.#directory.path, index));
    await new Promise<void>((resolve, reject) => {
      socket.once('connect', resolve);
      socket.once('error', reject);
    });
    socket.on('error', () => undefined); // readers see 'close'
    this.#ports.set(name, socket);
    return socket;
  }

  /** Kills QEMU, closes the console file, removes the sockets. Safe to call twice. */
  async [Symbol.asyncDispose](): Promise<void> {
    for (const socket of this.#ports.values()) socket.destroy();
    this.#qmp?.close();
    await this.#process[Symbol.asyncDispose]();
    await this.console.close();
    await this.#directory[Symbol.asyncDispose]();
  }

  async #waitForReady(): Promise<void> {
    const ready = this.console.waitForLine(this.options.readyLine);
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
    const awaited = `the console line ${this.options.readyLine.source}`;
    try {
      await within(Promise.race([ready, exited, panicked]), this.options.deadlineMs, awaited);
    } catch (error) {
      if (error instanceof BootError) throw error;
      throw new BootError(`no ${awaited} within ${this.options.deadlineMs} ms`, this.console.tail());
    }
    await this.qmp();
  }

  #notePanic(panic: Panic): void {
    if (this.#panic !== undefined) return;
    this.#panic = panic;
    this.#reportPanic(panic);
  }
}
