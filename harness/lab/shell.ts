import { TABLE_REWRITER_PATH } from '../../vm-images/index.js';
import { join } from 'node:path';
import type { ShellOptions } from '../plan/prepared.js';
import type { ProgressSink } from '../progress.js';
import { ownedTempDir } from '../setup/owned.mjs';
import type { RunEnvironment } from './environment.js';
import { createDisks } from './disks.js';
import { openGolden } from './open-golden.js';
import { placeForDebugger } from './debugger.js';
import { Node } from './node.js';
import { saveMemory } from './node-memory.js';
import { prepareRun } from './prepare.js';
import { Subject } from './subject.js';
import { openTerminal, TERMINAL_SHELL } from './terminal.js';

/** Exit status when the kernel panicked under the shell. */
const PANICKED = 1;
/** The report of a panic is taken for complete after this time. */
const REPORT_MS = 10_000;
/** So many lines of the console are shown of it. */
const LAST_LINES = 30;

/** The daemon whose files a node without a named daemon carries. */
const DEFAULT_DAEMON = 'reference';

/**
 * Restores a node and joins it to the terminal until the shell in it ends; returns that shell's exit status.
 * The node is gone afterwards, with everything in it.
 */
export async function openShell(options: ShellOptions, progress: ProgressSink): Promise<number> {
  const daemon = options.daemon ?? DEFAULT_DAEMON;
  const prepared = await prepareRun({ ...options, daemons: [daemon], golden: 'booted' }, progress);
  const environment = prepared.environment as RunEnvironment;
  const subject = environment.subjects[daemon];
  if (subject === undefined) throw new Error(`${daemon} was not prepared`);
  const { booted } = subject.golden;
  if (booted === undefined) throw new Error('no golden node was booted');
  await using directory = await ownedTempDir('ulogcheck-shell-');
  await using node = await Node.restore({
    environment,
    images: subject,
    name: 'node1',
    directory: directory.path,
    golden: await openGolden(booted),
    disks: await createDisks(directory.path, ['leg0', 'leg1', 'log']),
    gdb: options.gdb,
  });
  const log = join(directory.path, 'daemon.log');
  const daemonInNode = new Subject(subject.profile, node.session, { subject: () => Promise.resolve() }, log);
  if (options.daemon !== undefined) await daemonInNode.start();
  process.stderr.write(greeting(node, prepared.release, subject.profile.start.command, options.daemon, log));
  if (options.gdb) {
    const { advice } = await placeForDebugger(node, environment.kernel);
    process.stderr.write(`a debugger: ${advice.join('\n  ')}\n`);
  }
  await using terminal = await openTerminal(node);
  const ended = terminal.interact(TERMINAL_SHELL, process.stdin, process.stdout);
  const status = await Promise.race([ended, node.vm.panicked.then(() => undefined)]);
  if (status === undefined) {
    // A terminal that nobody answers would never end.
    await terminal[Symbol.asyncDispose]();
    await ended;
    process.stderr.write(`\r\n${await lastWords(node, options.dump)}\n`);
  }
  await daemonInNode.close();
  return status ?? PANICKED;
}

/** What is told of a node whose kernel has panicked. */
async function lastWords(node: Node, dump: string | undefined): Promise<string> {
  await node.vm.console.reportsEnded(REPORT_MS);
  const said = node.vm.console.tail().slice(-LAST_LINES).join('\n');
  const told = 'the kernel of the node has panicked';
  if (dump === undefined) return `${said}\n${told}; --dump would have saved its memory`;
  return `${said}\n${told}; ${(await saveMemory(node, dump)) ?? `its memory is in ${dump}`}`;
}

function greeting(
  node: Node,
  release: string,
  start: readonly string[],
  daemon: string | undefined,
  log: string,
): string {
  const served =
    daemon === undefined
      ? `no daemon runs; start it with: ${start.join(' ')} &`
      : `${daemon} runs; its log is ${log} on the host, as long as you are here`;
  return [
    `node1: Linux ${release}, disks ${node.disks.join(' ')}`,
    served,
    `a mirror: dmsetup create m --table "0 16384 mirror userspace 4 my-uuid clustered-core 128 nosync 2 ${node.disk(0)} 0 ${node.disk(1)} 0"`,
    `LVM: export LD_PRELOAD=${TABLE_REWRITER_PATH}, and its mirrors have their log here too`,
    'DM_DISABLE_UDEV=1 is set. exit or Ctrl-D ends the node.',
    '',
  ].join('\n');
}
