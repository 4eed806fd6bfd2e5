import type { GuestSession } from '../guest/index.js';
import { CONSOLE_UNREAD, STARVED } from '../history/index.js';
import { isFatal, type KernelLogEvent, type KernelReport, starvedBecause } from '../kernel-log/index.js';
import type { KernelFinding } from '../results/model.js';
import { type VirtualMachine, VcpuTimes, within } from '../vm/index.js';
import type { Recording } from './recording.js';

/** The last line that the guest's kernel is made to print; everything that it reported before stands above it. */
const LAST_LINE = 'ulogcheck: the last line of the test';
const LAST_LINE_MS = 20_000;
/** The same after a report behind which a guest may well print nothing any more. */
const LAST_LINE_OF_BROKEN_MS = 5000;
/** How long a report may go on after the last line. */
const REPORT_MS = 10_000;
/** Where a lockup does not say how long it lasted: the shortest time after which a kernel reports one. */
const SHORTEST_LOCKUP_MS = 10_000;
/** Below this the looks at the threads are too few to mean anything. */
const SHORTEST_LOOK_MS = 2000;

type WatchedVm = Pick<VirtualMachine, 'console' | 'panicked' | 'panic' | 'pid' | 'vcpuThreads'>;

interface Begun {
  /** Guest time of the latest event when the report began. */
  readonly t: bigint;
  /** The host's time then, ms of performance.now(). */
  readonly at: number;
}

/**
 * Takes what the kernel of one node reports about itself into the history: as findings, or as an observation where
 * the host starved the guest. The same crash is told once. What was reported before it began to watch, during the
 * boot, counts too; so does what the golden node reported that this one is a copy of.
 */
export class KernelWatch implements Disposable {
  readonly #begun = new Map<number, Begun>();
  readonly #known = new Set<string>();
  readonly #onEvent = (event: KernelLogEvent): void => {
    this.#accept(event);
  };

  private constructor(
    private readonly vm: WatchedVm,
    private readonly recording: Pick<Recording, 'latest' | 'finding' | 'observe'>,
    private readonly cpus: VcpuTimes,
    /** Receives the findings too, for a test that ends without a judgement. */
    private readonly findings: KernelFinding[],
  ) {}

  /** Begins to watch; `findings` is filled as they come, first with what was reported `before` the node's time. */
  static async begin(
    vm: WatchedVm,
    recording: Pick<Recording, 'latest' | 'finding' | 'observe'>,
    findings: KernelFinding[] = [],
    before: readonly KernelReport[] = [],
  ): Promise<KernelWatch> {
    const watch = new KernelWatch(vm, recording, new VcpuTimes(vm.pid, await vm.vcpuThreads()), findings);
    for (const report of before) watch.#found(report, recording.latest);
    for (const event of vm.console.reported) watch.#accept(event);
    vm.console.on('kernel', watch.#onEvent);
    return watch;
  }

  /**
   * Waits until everything that the kernel reported so far was read from the console and is in the history. A
   * guest that is dead or hangs, or that was told to keep its console quiet, cannot print a last line: then what came
   * until a deadline is all there is, and the history says that there may be more. Of a node whose power was cut,
   * which has no `session`, the console was read to its end. Ends the watch.
   */
  async settle(session: Pick<GuestSession, 'writeLine'> | undefined): Promise<void> {
    const { console } = this.vm;
    let unread: string | undefined;
    if (this.vm.panic === undefined && session !== undefined) {
      const broken = this.findings.some(({ finding }) => isFatal(finding));
      const deadlineMs = broken ? LAST_LINE_OF_BROKEN_MS : LAST_LINE_MS;
      const printed = console.waitForLine(new RegExp(LAST_LINE));
      const asked = session.writeLine('/dev/kmsg', LAST_LINE, deadlineMs);
      const last = Promise.race([asked.then(() => printed), this.vm.panicked]);
      const awaited = `the console line "${LAST_LINE}"`;
      await within(last, deadlineMs, awaited).catch((error: unknown) => {
        unread = error instanceof Error ? error.message : String(error);
      });
    }
    await console.reportsEnded(REPORT_MS);
    const { panic } = this.vm;
    if (panic !== undefined && !this.findings.some(({ finding }) => finding === 'panic')) {
      const title = `kernel panic: told by ${panic.source}, and nothing of it on the console`;
      this.#found({ kind: 'panic', title, text: panic.text }, this.recording.latest);
    }
    if (unread !== undefined && panic === undefined) this.recording.observe('log', CONSOLE_UNREAD, unread);
    console.off('kernel', this.#onEvent); // the history ends here
  }

  [Symbol.dispose](): void {
    this.vm.console.off('kernel', this.#onEvent);
    this.cpus[Symbol.dispose]();
  }

  #accept(event: KernelLogEvent): void {
    if (event.type === 'begun') {
      this.cpus.look();
      this.#begun.set(event.id, { t: this.recording.latest, at: performance.now() });
      return;
    }
    const { report } = event;
    const { t, at } = this.#begun.get(event.id) ?? { t: this.recording.latest, at: performance.now() };
    this.#begun.delete(event.id);
    const lasted = report.seconds === undefined ? SHORTEST_LOCKUP_MS : report.seconds * 1000;
    const share = this.cpus.share(Math.max(lasted, SHORTEST_LOOK_MS), at, report.cpu);
    const because = starvedBecause(report.kind, share);
    if (because === undefined) this.#found(report, t);
    else this.#starved(report, because);
  }

  #found(report: Pick<KernelReport, 'kind' | 'title' | 'text'>, t: bigint): void {
    const { kind, title, text } = report;
    const name = `${kind} ${title}`;
    if (this.#known.has(name)) return;
    this.#known.add(name);
    this.findings.push({ finding: kind, title, text, event: this.recording.finding(report, t) });
  }

  #starved({ kind, title, text }: KernelReport, because: string): void {
    this.recording.observe('log', STARVED, { finding: kind, title, because, text });
  }
}
