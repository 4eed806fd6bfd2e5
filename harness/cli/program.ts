import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { Command, CommanderError } from 'commander';
import { cacheDirectory, MEMORY_KIND } from '../cache/index.js';
import { EXIT } from '../results/exit-codes.js';
import { statusFor } from './bisect-status.js';
import { suiteVersion } from './describe-run.js';
import { explainError } from './errors.js';
import { checkFreshDist } from './fresh-dist.js';
import { obeyOffline } from './machine-options.js';

const EXAMPLES = `
Examples:
  ulogcheck run                        the quick tier: reference daemon, default kernel
  ulogcheck run -g LUID-03 -g 'SYNC-*' two kinds of pattern
  ulogcheck run --daemon ./my.profile.yaml
  ulogcheck run --drive /dev/sg2       a real drive with In-Drive-Mutexes; asks before it wipes them
  ulogcheck run --format ktap --junit junit.xml
  ulogcheck report reports/out/latest --format junit
  ulogcheck explain LUID-03
  ulogcheck judge reports/out/latest/tests/<test>/history.jsonl --timeline

Exit status: 0 as it should be, 1 a MUST failed, 2 tested and yet unknown, 64 bad usage,
69 the host was at fault or nothing was judged, 130 interrupted.`;

/** Adds a command to the program; `finish` receives its exit status. */
type AddCommand = (program: Command, finish: (status: number) => void) => void;

/** All commands in the order of the help, by their names: one that is called does not pay for what the others load. */
export const COMMANDS: Readonly<Record<string, () => Promise<AddCommand>>> = {
  run: async () => (await import('./run.js')).addRun,
  report: async () => (await import('./report.js')).addReport,
  merge: async () => (await import('./merge.js')).addMerge,
  expect: async () => (await import('./expect.js')).addExpect,
  compare: async () => (await import('./compare.js')).addCompare,
  compatibility: async () => (await import('./compatibility.js')).addCompatibility,
  prepare: async () => (await import('./prepare.js')).addPrepare,
  doctor: async () => (await import('./doctor.js')).addDoctor,
  shell: async () => (await import('./shell.js')).addShell,
  enter: async () => (await import('./enter.js')).addEnter,
  judge: async () => (await import('./judge.js')).addJudge,
  explain: async () => (await import('./explain.js')).addExplain,
  traces: async () => (await import('./traces.js')).addTraces,
  bisect: async () => (await import('./bisect.js')).addBisect,
  mutants: async () => (await import('./mutants.js')).addMutants,
  flakes: async () => (await import('./flakes.js')).addFlakes,
  bench: async () => (await import('./bench.js')).addBench,
  kernels: async () => (await import('./kernels.js')).addKernels,
  disk: async () => (await import('./disk.js')).addDisk,
  image: async () => (await import('./image.js')).addImage,
  cache: async () => (await import('./cache.js')).addCache,
  clean: async () => (await import('./clean.js')).addClean,
};

/** The command that `argv` calls, or all if none is. */
async function called(argv: readonly string[]): Promise<AddCommand[]> {
  const one = Object.entries(COMMANDS).find(([name]) => name === argv[2])?.[1];
  return await Promise.all((one === undefined ? Object.values(COMMANDS) : [one]).map((load) => load()));
}

/** The command line. `finish` receives the exit status of the subcommand that ran. */
function buildProgram(commands: readonly AddCommand[], finish: (status: number) => void): Command {
  const program = new Command('ulogcheck')
    .description("conformance suite for device-mapper's userspace dirty log (dm-log-userspace)")
    .version(suiteVersion().version, '--version')
    .helpCommand(false)
    .addHelpText('after', EXAMPLES)
    .exitOverride()
    .hook('preAction', (_program, subcommand) => checkFreshDist(subcommand.name()))
    .hook('preAction', obeyOffline)
    .configureOutput({
      outputError: (text, write) => write(text.replace(/^error: /, 'ulogcheck: ')),
    });
  for (const add of commands) add(program, finish);
  return program;
}

/** Runs a command line and returns the exit status; prints whatever there is to say. Never throws. */
export async function runCommandLine(argv: readonly string[]): Promise<number> {
  let status: number = EXIT.usage;
  const program = buildProgram(await called(argv), (result) => {
    status = result;
  });
  try {
    await program.parseAsync([...argv]);
    return status;
  } catch (error) {
    if (error instanceof CommanderError) {
      // --help and --version come here too, with status 0; commander has printed the text already.
      return error.exitCode === 0 ? EXIT.ok : statusFor(EXIT.usage, argv);
    }
    const { text, status: meaning } = explainError(error);
    process.stderr.write(`ulogcheck: ${text}\n`);
    return statusFor(meaning, argv);
  } finally {
    await leaveNoMemories();
  }
}

/** Golden nodes that were unpacked for this command, or for one that was killed, take no space from now on. */
async function leaveNoMemories(): Promise<void> {
  const names = await readdir(join(cacheDirectory(), 'entries', MEMORY_KIND)).catch(() => []);
  if (names.length === 0) return;
  try {
    const { dropMemories } = await import('../lab/open-golden.js');
    await dropMemories();
  } catch (error) {
    // What the command has come to stands.
    const why = error instanceof Error ? error.message : String(error);
    process.stderr.write(`ulogcheck: unpacked golden nodes stay in the cache: ${why}\n`);
  }
}
