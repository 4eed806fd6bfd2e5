import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { setTimeout } from 'node:timers/promises';
import { Cache } from '../cache/index.js';
import { STARVED } from '../history/index.js';
import { ownedTempDir } from '../setup/owned.mjs';
import { projectRoot } from '../setup/root.mjs';
import type { KernelLogEvent } from '../kernel-log/index.js';
import type { KernelFinding } from '../results/model.js';
import { within } from '../vm/index.js';
import type { QmpEvent } from '../vm/qmp.js';
import { BootKernel } from './boot-kernel.js';
import type { RunEnvironment } from './environment.js';
import { KernelWatch } from './kernel-watch.js';
import { Node } from './node.js';
import { prepareSelfTest } from './self-test-scene.js';

// Crashes of real kernels in real guests, each by a defect or a command that every kernel of the series has:
// - WARN: a uevent with more keys than a uevent can hold;
// - divide error: a log daemon whose region size is 0 (spec 4);
// - soft lockup, RCU stall: a mirror with more regions than the kernel's search for a bucket count can stand, which
//   then never ends;
// - hung task: a status request to a frozen daemon; panic: sysrq c.

/** A report may take this long: its own time limit in the guest, and a busy host. */
const REPORT_MS = 60_000;
/**
 * From the crash to the event on the host, for the median. On an idle host it is below 100 (spec vm 6: 47 to 91 ms);
 * the test shares its host with others, and prints what it measured.
 */
const PANIC_LIMIT_MS = 300;
/** How long a VM is stopped, so that its kernel sees a lockup of three times its limit of 2 s. */
const STOPPED_MS = 6000;

let environment: RunEnvironment;
let bootKernel: BootKernel;
/** How long each panic here took to be told, ms. */
const panics: number[] = [];

before(async () => {
  ({ environment } = await prepareSelfTest('booted'));
  bootKernel = new BootKernel(await Cache.open(), environment.kernel);
});

after(async () => {
  await bootKernel[Symbol.asyncDispose]();
});

/** What a watch found, and what it put down to a starved guest. */
class Journal {
  readonly findings: KernelFinding[] = [];
  readonly starved: string[] = [];
  readonly latest = 7n;
  #events = 0;

  finding(): number {
    return this.#events++;
  }

  observe(_evidence: string, name: string, value: unknown): void {
    if (name === STARVED) this.starved.push(JSON.stringify(value));
  }

  titles(): string[] {
    return this.findings.map(({ finding, title }) => `${finding}: ${title}`);
  }

  starvedTitles(): string[] {
    return this.starved.map((text) => {
      const { finding, title } = JSON.parse(text) as { readonly finding: string; readonly title: string };
      return `${finding}: ${title}`;
    });
  }
}

class Scene {
  constructor(
    readonly node: Node,
    readonly journal: Journal,
    readonly watch: KernelWatch,
    private readonly directory: string,
  ) {}

  get session(): Node['session'] {
    return this.node.session;
  }

  /** Starts the daemon that answers this region size, and returns its process id. */
  async daemon(regionSize: number): Promise<string> {
    const program = await readFile(join(projectRoot, 'harness/lab/testdata/region-size-logd.pl'));
    await this.session.writeFile('/run/logd.pl', program, 0o755);
    const running = await this.session.start(`echo $$; exec perl /run/logd.pl ${regionSize}`);
    let printed = '';
    running.stdout.on('data', (chunk: Buffer) => (printed += chunk.toString()));
    while (!printed.includes('listening')) await within(once(running.stdout, 'data'), 10_000, 'the daemon');
    return printed.split('\n', 1)[0] ?? '';
  }

  /** Begins to create a mirror over two legs without a disk behind them: the kernel may never come back from it. */
  async createMirror(sectors = 1024): Promise<void> {
    await this.session.succeed(['dmsetup', 'create', 'leg', '--noudevsync', '--table', `0 ${sectors} error`]);
    const log = 'userspace 4 U clustered-core 128 nosync';
    const table = `0 ${sectors} mirror ${log} 2 /dev/mapper/leg 0 /dev/mapper/leg 0`;
    await this.session.start(['dmsetup', 'create', 'mirror', '--noudevsync', '--table', table]);
  }

  /** The mirror whose region hash is never found. */
  async createEndlessMirror(): Promise<void> {
    await this.daemon(8);
    await this.createMirror(1_649_267_441_664); // in regions of 8 sectors: 0xc0000000 buckets and more
  }

  /** Waits for the next report that is complete, or for the one with which `enough` holds. */
  async reported(what: string, enough: () => boolean = () => true, deadlineMs = REPORT_MS): Promise<void> {
    const ended = new Promise<void>((resolve) => {
      const look = (event: KernelLogEvent): void => {
        // The watch has taken it by now: it began to listen before.
        if (event.type !== 'ended' || !enough()) return;
        this.node.vm.console.off('kernel', look);
        resolve();
      };
      this.node.vm.console.on('kernel', look);
    });
    const seen = (): string => this.node.vm.console.tail().join('\n');
    await within(ended, deadlineMs, `${what} on the console`, seen);
  }

  async consoleLog(): Promise<string> {
    return await readFile(join(this.directory, 'console.log'), 'utf8');
  }

  /** Crashes the kernel, and measures how long it takes until QEMU tells it. */
  async panic(): Promise<void> {
    const { console } = this.node.vm;
    const qmp = await this.node.vm.qmp();
    const told = new Promise<number>((resolve) => {
      qmp.on('event', ({ event }: QmpEvent) => {
        if (event === 'GUEST_PANICKED') resolve(performance.now());
      });
    });
    const crashing = console.waitForLine(/^crashing now/).then(() => performance.now());
    await this.session.start('echo crashing now > /dev/console; echo c > /proc/sysrq-trigger');
    const [from, to] = await within(Promise.all([crashing, told]), 30_000, 'GUEST_PANICKED from pvpanic');
    panics.push(to - from);
  }
}

async function inScene(play: (scene: Scene) => Promise<void>): Promise<void> {
  await using directory = await ownedTempDir('ulogcheck-test-');
  const subject = environment.subjects['reference'];
  assert.ok(subject);
  await using node = await Node.boot({
    environment,
    images: subject,
    name: 'selftest',
    directory: directory.path,
    vmlinux: await bootKernel.path(),
  });
  const journal = new Journal();
  using watch = await KernelWatch.begin(node.vm, journal, journal.findings);
  await play(new Scene(node, journal, watch, directory.path));
}

const WARN = [
  'keys=; i=0',
  'while [ $i -lt 80 ]; do keys="$keys K$i=1"; i=$((i + 1)); done',
  'echo "add 00000000-0000-0000-0000-000000000000$keys" > /sys/class/mem/null/uevent',
].join('; ');

describe('a crash in a real guest', () => {
  test('a boot without a finding, then a WARN: the whole report; the kernel goes on', async () => {
    await inScene(async (scene) => {
      assert.deepEqual(scene.node.vm.console.reported, []);
      const reported = scene.reported('a WARN');
      await scene.session.run(WARN);
      await reported;
      assert.deepEqual(scene.journal.titles(), ['warning: WARNING in add_uevent_var']);
      const [{ text } = { text: '' }] = scene.journal.findings;
      assert.match(text, /^-+\[ cut here \]-+\nadd_uevent_var: too many keys\nWARNING: /);
      assert.match(text, /\n kobject_synth_uevent\+0x/);
      assert.match(text, /\n---\[ end trace [0-9a-f]+ \]---$/);
      await scene.panic();
      await scene.watch.settle(scene.session);
      assert.deepEqual(scene.journal.titles().slice(1), ['panic: kernel panic: sysrq triggered crash']);
      assert.match(scene.journal.findings[1]?.text ?? '', /\n sysrq_handle_crash\+0x[^]*\n <\/TASK>$/);
      assert.match(await scene.consoleLog(), /sysrq_handle_crash\+0x[^]* <\/TASK>/);
    });
  });

  test('a WARN just before the end is not lost', async () => {
    await inScene(async (scene) => {
      await scene.session.run(WARN);
      await scene.watch.settle(scene.session);
      assert.deepEqual(scene.journal.titles(), ['warning: WARNING in add_uevent_var']);
      await scene.panic();
    });
  });

  test('an oops: a log daemon that says that a region has no sectors', async () => {
    await inScene(async (scene) => {
      await scene.daemon(0);
      const reported = scene.reported('an oops');
      await scene.createMirror();
      await reported;
      assert.deepEqual(scene.journal.titles(), ['oops: divide error in userspace_ctr']);
      const [{ text } = { text: '' }] = scene.journal.findings;
      assert.match(text, / dm_dirty_log_create\+0x/);
      assert.match(text, /\n---\[ end trace [0-9a-f]+ \]---\nRIP: 0010:userspace_ctr/);
      await scene.panic();
    });
  });

  test('a hung task: one that waits for a frozen daemon, with its stack', async () => {
    await inScene(async (scene) => {
      assert.equal((await scene.session.succeed('sysctl -n kernel.hung_task_timeout_secs')).trim(), '30');
      await scene.session.succeed('sysctl -w kernel.hung_task_timeout_secs=2');
      const daemon = await scene.daemon(128);
      await scene.createMirror();
      await scene.session.succeed('until dmsetup info mirror | grep -q ACTIVE; do sleep 0.05; done');
      await scene.session.succeed(`kill -STOP ${daemon}`);
      const reported = scene.reported('a hung task');
      await scene.session.start('dmsetup status mirror');
      await reported;
      assert.deepEqual(scene.journal.titles(), ['hung-task: INFO: task hung in dm_consult_userspace']);
      assert.match(scene.journal.findings[0]?.text ?? '', /\n userspace_do_request\+0x/);
      assert.deepEqual(scene.journal.starved, []);
    });
  });

  test('a soft lockup and an RCU stall: a CPU that never comes back from the kernel', async () => {
    await inScene(async (scene) => {
      await scene.session.succeed('sysctl -w kernel.watchdog_thresh=1');
      const parameters = '/sys/module/rcupdate/parameters';
      await scene.session.succeed(
        `echo 3 > ${parameters}/rcu_cpu_stall_timeout; echo 0 > /sys/kernel/rcu_expedited`,
      );
      // What stalls is the thread of the grace periods, and only while one is under way: that is nearly always so when
      // something waits for one all the time, and the thread, which would begin and end them, gets the CPU last. The
      // lost CPU by itself counts as quiescent, for the endless search is no reader.
      await scene.session.succeed(
        'chrt --idle --pid 0 "$(grep -lxE "rcu_(preempt|sched)" /proc/[0-9]*/comm | cut -d / -f 3)"',
      );
      await scene.session.start('while :; do : > /run/x; rm /run/x; done');
      // The same report comes again and again.
      const told = (): string[] =>
        [...new Set([...scene.journal.titles(), ...scene.journal.starvedTitles()])].sort();
      const both = scene.reported(
        'a soft lockup and an RCU stall',
        () => ['rcu-stall', 'soft-lockup'].every((kind) => told().some((title) => title.startsWith(kind))),
        2 * REPORT_MS,
      );
      await scene.createEndlessMirror();
      await both;
      await scene.watch.settle(scene.session);
      // On a host that is too busy the same reports are no findings.
      assert.deepEqual(told(), [
        'rcu-stall: INFO: rcu detected stall in dm_region_hash_create',
        'soft-lockup: BUG: soft lockup in dm_region_hash_create',
      ]);
      for (const text of scene.journal.starved) assert.match(text, /the host let the CPU run for/);
    });
  });

  test('a soft lockup of a guest that the host does not let run is no finding', async () => {
    await inScene(async (scene) => {
      await scene.session.succeed('sysctl -w kernel.watchdog_thresh=1');
      await scene.session.start('while :; do :; done');
      const reported = scene.reported('a soft lockup');
      process.kill(scene.node.vm.pid, 'SIGSTOP');
      await setTimeout(STOPPED_MS);
      process.kill(scene.node.vm.pid, 'SIGCONT');
      await reported;
      assert.deepEqual(scene.journal.titles(), []);
      assert.match(
        scene.journal.starved[0] ?? '',
        /"finding":"soft-lockup".*the host let the CPU run for \d+ %/,
      );
    });
  });

  test('a panic is told at once', (context) => {
    const sorted = panics.toSorted((a, b) => a - b);
    const median = sorted[Math.floor(sorted.length / 2)];
    assert.ok(median !== undefined, 'no panic was measured');
    context.diagnostic(
      `ms from the crash to GUEST_PANICKED: ${sorted.map((ms) => ms.toFixed(1)).join(', ')}`,
    );
    assert.ok(median < PANIC_LIMIT_MS, `median of ${sorted.length} panics: ${median.toFixed(1)} ms`);
  });
});
