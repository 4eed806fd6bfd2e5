import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdir, readFile, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { before, describe, test } from 'node:test';
import { inflateSync } from 'node:zlib';
import { DEBUGGER, readHistory } from '../history/index.js';
import type { TestOutcome } from '../results/model.js';
import { findCommand, ownedTempDir, spawnOwned, type OwnedChild } from '../setup/owned.mjs';
import { within } from '../vm/index.js';
import type { DebuggerPlace } from './debugger.js';
import type { RunEnvironment, SubjectEnvironment } from './environment.js';
import { runTest, type TestRun } from './run-test.js';
import { prepareSelfTest, scenario } from './self-test-scene.js';

// What kernel developers get of a node: its memory after a panic, and a place for their debugger.

/** For each thing that gdb does here. */
const GDB_MS = 60_000;
/** Deadline of a command that is held for twice as long. */
const HELD_MS = 3000;

let environment: RunEnvironment;
let reference: SubjectEnvironment;

before(async () => {
  ({ environment, reference } = await prepareSelfTest('ready'));
});

async function outcomeOf(
  run: Pick<TestRun, 'test' | 'dump' | 'debugger'>,
  look: (directory: string, outcome: TestOutcome) => Promise<void>,
): Promise<void> {
  await using directory = await ownedTempDir('ulogcheck-test-');
  const outcome = await runTest({
    ...run,
    ...{ environment, subject: reference, seed: 1, directory: directory.path },
  });
  await look(directory.path, outcome);
}

const DYING = scenario(async (lab) => {
  await lab.mirror({ regions: 64, sync: 'nosync' }).create();
  await lab.run('echo c > /proc/sysrq-trigger');
});

/** The pages of a raw kdump file (struct disk_dump_header and page_desc of makedumpfile). */
function* pagesOf(dump: Buffer): Generator<Buffer> {
  const header = 8 + 4 + 6 * 65 + 2; // signature, version, utsname, padding
  const at = Math.ceil(header / 8) * 8 + 16 + 4; // timeval, status
  const blockSize = dump.readInt32LE(at);
  const [subHeaderBlocks, bitmapBlocks] = [dump.readInt32LE(at + 4), dump.readUInt32LE(at + 8)];
  assert.equal(blockSize, 4096);
  const first = (1 + subHeaderBlocks + bitmapBlocks) * blockSize;
  let end = dump.length;
  for (let descriptor = first; descriptor + 24 <= end; descriptor += 24) {
    const offset = Number(dump.readBigInt64LE(descriptor));
    const size = dump.readUInt32LE(descriptor + 8);
    const flags = dump.readUInt32LE(descriptor + 12);
    // The data begin behind the last descriptor, with the one page of zeros.
    end = Math.min(end, offset);
    const data = dump.subarray(offset, offset + size);
    yield (flags & 1) === 1 ? inflateSync(data) : data;
  }
}

describe('--dump', () => {
  test('the memory of a node whose kernel panics is in the directory of the test, and the finding names it', async () => {
    await outcomeOf({ test: DYING, dump: true }, async (directory, { findings }) => {
      const [panic] = findings ?? [];
      assert.equal(panic?.finding, 'panic');
      assert.deepEqual(panic.memory, { file: 'node1.vmcore' });
      const dump = await readFile(join(directory, 'node1.vmcore'));
      assert.equal(dump.toString('latin1', 0, 8), 'KDUMP   ');
      const { release } = environment.kernel;
      let found = false;
      let panicked = false;
      for (const page of pagesOf(dump)) {
        found ||= page.includes(`Linux version ${release}`);
        panicked ||= page.includes('sysrq triggered crash');
      }
      assert.ok(found, `the banner of ${release} is in the dump`);
      assert.ok(panicked, 'the message of the panic is in the dump');
    });
  });

  test('without it nothing is written', async () => {
    await outcomeOf({ test: DYING }, async (directory, { findings }) => {
      assert.equal(findings?.[0]?.finding, 'panic');
      assert.equal(findings[0].memory, undefined);
      assert.deepEqual(
        (await readdir(directory)).filter((name) => name.includes('vmcore')),
        [],
      );
    });
  });

  test('memory that cannot be saved: the finding says why, and the verdict is as it was', async () => {
    await using directory = await ownedTempDir('ulogcheck-test-');
    // A directory is where the file is to be.
    await mkdir(join(directory.path, 'node1.vmcore'));
    const { findings, judgements } = await runTest({
      ...{ test: DYING, dump: true, environment, subject: reference, seed: 1, directory: directory.path },
    });
    const memory = findings?.[0]?.memory;
    assert.ok(memory !== undefined && 'problem' in memory);
    assert.match(memory.problem, /^the memory of the node could not be saved in .*node1\.vmcore: /);
    assert.equal(judgements[0]?.verdict, 'unknown');
  });
});

/** A gdb without symbols that attaches, runs the commands and ends. */
class Gdb implements AsyncDisposable {
  readonly #child: OwnedChild;
  #printed = '';

  constructor(socket: string, ...commands: readonly string[]) {
    const words = [
      'set pagination off',
      'set architecture i386:x86-64',
      `target remote ${socket}`,
      ...commands,
    ];
    const argv = ['gdb', '-nx', '--batch', ...words.flatMap((one) => ['-ex', one])];
    this.#child = spawnOwned(argv, { stdio: ['ignore', 'pipe', 'pipe'] });
    const keep = (chunk: Buffer): void => {
      this.#printed += chunk.toString();
    };
    this.#child.stdout.on('data', keep);
    this.#child.stderr.on('data', keep);
  }

  /** Waits until it has printed a text. */
  async printed(text: string): Promise<void> {
    while (!this.#printed.includes(text)) {
      await within(once(this.#child.stdout, 'data'), GDB_MS, `gdb to print ${text}`, () => this.#printed);
    }
  }

  /** Waits for its end and returns all that it printed. */
  async ended(): Promise<string> {
    await within(this.#child.exited, GDB_MS, 'gdb to end', () => this.#printed);
    return this.#printed;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#child[Symbol.asyncDispose]();
  }
}

describe('--gdb', { skip: findCommand('gdb') === undefined ? 'no gdb on this machine' : false }, () => {
  test('the node waits until a debugger lets it go on, and the test passes', async () => {
    let attached: Gdb | undefined;
    let advice = '';
    const driven = scenario(async (lab) => {
      assert.ok(attached, 'the test is not driven before the debugger was there');
      await lab.mirror({ regions: 64, sync: 'nosync' }).create();
    });
    const announce = (place: DebuggerPlace): void => {
      advice = place.advice.join('\n');
      attached = new Gdb(place.socket, 'info registers rip', 'detach');
    };
    await outcomeOf({ test: driven, debugger: announce }, async (directory, { judgements }) => {
      await using gdb = attached;
      assert.match((await gdb?.ended()) ?? '', /rip +0xffffffff[89a-f]/);
      assert.match(advice, /^gdb \S+vmlinux-\S+ -ex 'target remote \/\S+\/gdb'\n/);
      assert.match(advice, /^dm_log_userspace is loaded at 0xffffffff[0-9a-f]{8}$/m);
      assert.equal(judgements[0]?.verdict, 'pass', judgements[0]?.reason);
      const history = await readHistory(join(directory, 'history.jsonl'));
      assert.deepEqual(
        history.observations(DEBUGGER).map(({ value }) => value),
        [{ node: 'node1' }],
      );
    });
  });

  test('a breakpoint in the module; the time in which it holds the node counts for no deadline', async () => {
    let socket = '';
    let printed = '';
    let textAt = '';
    const driven = scenario(async (lab) => {
      await lab.mirror({ regions: 64, sync: 'nosync' }).create();
      const symbols = await lab.run("grep -E ' (_text|dm_consult_userspace)([[:space:]]|$)' /proc/kallsyms");
      textAt = /^([0-9a-f]+) . _text$/m.exec(symbols.stdout)?.[1] ?? '';
      const entry = /^([0-9a-f]+) . dm_consult_userspace\s/m.exec(symbols.stdout)?.[1] ?? '';
      await using gdb = new Gdb(
        ...[socket, `hbreak *0x${entry}`, 'shell echo set', 'continue', 'info registers rip'],
        ...[`shell sleep ${(2 * HELD_MS) / 1000}`, 'delete', 'detach'],
      );
      // It prints nothing of its own before its end.
      await gdb.printed('set\n');
      const began = performance.now();
      const { status } = await lab.run(['dmsetup', 'status', 'mirror'], { deadlineMs: HELD_MS });
      assert.equal(status, 0);
      assert.ok(
        performance.now() - began > 2 * HELD_MS,
        'it took longer than its deadline, on the clock of the host',
      );
      printed = await gdb.ended();
      assert.match(printed, new RegExp(`rip +0x${entry}`));
    });
    const announce = (place: DebuggerPlace): void => {
      ({ socket } = place);
      new Gdb(place.socket, 'detach');
    };
    await outcomeOf({ test: driven, debugger: announce }, async (_directory, { judgements }) => {
      assert.equal(judgements[0]?.verdict, 'pass', judgements[0]?.reason);
      assert.equal(textAt, 'ffffffff81000000', 'the kernel is where its vmlinux says');
      await Promise.resolve();
    });
  });

  test('a debugger that kills the node: infra, with what QEMU said', async () => {
    const driven = scenario(async (lab) => {
      await lab.mirror({ regions: 64, sync: 'nosync' }).create();
    });
    const announce = (place: DebuggerPlace): void => {
      new Gdb(place.socket, 'kill');
    };
    await outcomeOf({ test: driven, debugger: announce }, async (_directory, { judgements }) => {
      assert.equal(judgements[0]?.verdict, 'infra');
      assert.match(judgements[0].reason, /^the debugger ended the machine: /);
      await Promise.resolve();
    });
  });
});
