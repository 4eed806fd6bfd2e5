import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { Command, CommanderError } from 'commander';
import { cacheDirectory, MEMORY_KIND } from '../cache/index.js';
import { EXIT } from '../results/exit-status.js';
import { addBench } from './bench.js';
import { addBisect } from './bisect.js';
import { statusFor } from './bisect-step.js';
import { addCache } from './cache.js';
import { addClean } from './clean.js';
import { addCompare } from './compare.js';
import { addCompatibility } from './compatibility.js';
import { suiteVersion } from './describe-run.js';
import { addDisk } from './disk.js';
import { addDoctor } from './doctor.js';
import { explainError } from './errors.js';
import { addEnter } from './enter.js';
import { addExpect } from './expect.js';
import { addExplain } from './explain.js';
import { addFlakes } from './flakes.js';
import { checkFreshDist } from './fresh-dist.js';
import { addJudge } from './judge.js';
import { addImage } from './image.js';
import { addKernels } from './kernels.js';
import { obeyOffline } from './machine-options.js';
import { addMerge } from './merge.js';
import { addMutants } from './mutants.js';
import { addPrepare } from './prepare.js';
import { addReport } from './report.js';
import { addRun } from './run.js';
import { addShell } from './shell.js';
import { addTraces } from './traces.js';

const EXAMPLES = `
Examples:
  ulogcheck run                        the quick tier: reference daemon, default kernel
  ulogcheck run -g LUID-03 -g 'SYNC-*' two kinds of pattern
  ulogcheck run --daemon ./my.profile.yaml
  ulogcheck run --format ktap --junit junit.xml
  ulogcheck report reports/out/latest --format junit
  ulogcheck explain LUID-03
  ulogcheck judge reports/out/latest/tests/<test>/history.jsonl --timeline

Exit status: 0 as it should be, 1 a MUST failed, 2 tested and yet unknown, 64 bad usage,
69 the host was at fault or nothing was judged, 130 interrupted.`;

/** The whole command line. `finish` receives the exit status of the subcommand that ran. */
function buildProgram(finish: (status: number) => void): Command {
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
  const commands = [
    addRun,
    addReport,
    addMerge,
    addExpect,
    addCompare,
    addCompatibility,
    addPrepare,
    addDoctor,
    addShell,
    addEnter,
    addJudge,
    addExplain,
    addTraces,
    addBisect,
    addMutants,
    addFlakes,
    addBench,
    addKernels,
    addDisk,
    addImage,
    addCache,
    addClean,
  ];
  for (const add of commands) add(program, finish);
  return program;
}

/** Runs a command line and returns the exit status; prints whatever there is to say. Never throws. */
export async function runCommandLine(argv: readonly string[]): Promise<number> {
  let status: number = EXIT.usage;
  const program = buildProgram((result) => {
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
