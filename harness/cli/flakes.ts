import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { Option, type Command } from 'commander';
import { z } from 'zod';
import { paint, styleOf } from '../../reports/style.js';
import { renderFlakes } from '../../reports/flakes.js';
import { TIERS, type Tier } from '../plan/definition.js';
import { EXIT } from '../results/exit-status.js';
import type { FlakeRun } from '../results/flakes.js';
import { OUTCOMES_FILE, outcomesFileSchema } from '../results/model.js';
import { isBad, outcomeVerdict } from '../results/programs.js';
import { runName } from '../results/write.js';
import { spawnOwned } from '../setup/owned.mjs';
import { projectRoot } from '../setup/root.mjs';
import { Interruption } from './interruption.js';
import { collected, oneOf, wholeNumber } from './options.js';

/** What `ulogcheck flakes` was asked. */
interface FlakesOptions {
  readonly runs: number;
  readonly tier: Tier;
  readonly grep: readonly string[];
  readonly workers?: number;
}

/** A program that never ends. */
const BUSY = 'for (;;);';

/** Defines `ulogcheck flakes`. `finish` receives the exit status. */
export function addFlakes(program: Command, finish: (status: number) => void): void {
  program
    .command('flakes')
    .description(
      'run the suite many times, every second time beside a busy loop, and tell how often a test wavers',
    )
    .option('--runs <n>', 'how many times', wholeNumber(1, 'the number of runs'), 50)
    .addOption(new Option('--tier <tier>', 'quick, or full').default('quick').argParser(oneOf(TIERS)))
    .option('-g, --grep <pattern>', 'as for run; repeatable', collected, [])
    .option(
      '--workers <n>',
      'tests at a time (default: that of run)',
      wholeNumber(1, 'the number of tests at a time'),
    )
    .action(async (options: FlakesOptions) => {
      finish(await flakes(options));
    });
}

/** Runs the suite `options.runs` times. Status 0: every test passed every time; 1: some did not; 69: a run broke. */
async function flakes(options: FlakesOptions): Promise<number> {
  using interruption = new Interruption();
  const style = styleOf(process.stdout);
  const runs: FlakeRun[] = [];
  for (let index = 0; index < options.runs; index++) {
    const run = await (index % 2 === 1 ? runLoaded : runOnce)(options, interruption);
    if (interruption.requested) break;
    runs.push(run);
    if (run.status === EXIT.usage) return EXIT.usage; // it has said why; the next one would say the same
    const bad = [...run.verdicts].filter(([, { verdict }]) => isBad(verdict));
    const load = run.loaded ? 'beside a busy loop' : 'alone';
    const verdict = bad.length === 0 && run.status === 0 ? 'pass' : 'fail';
    process.stdout.write(
      `run    ${index + 1}/${options.runs}  ${paint(verdict, verdict, style)}  ${run.verdicts.size} tests, ` +
        `${run.seconds.toFixed(0)} s, ${load}, exit status ${String(run.status)}\n` +
        bad
          .map(([title, { verdict: seen, reason }]) => `         ${seen} ${title}: ${firstLine(reason)}\n`)
          .join(''),
    );
  }
  process.stdout.write(renderFlakes(runs, style));
  if (interruption.requested) return EXIT.interrupted;
  if (runs.some(({ status }) => status !== 0 && status !== 1 && status !== 2)) return EXIT.infra;
  return runs.every(({ status }) => status === 0) ? EXIT.ok : EXIT.failed;
}

/** Runs the suite beside a loop that keeps one core busy. */
async function runLoaded(options: FlakesOptions, interruption: Interruption): Promise<FlakeRun> {
  await using busy = spawnOwned([process.execPath, '-e', BUSY], { stdio: 'ignore' });
  const run = await runOnce(options, interruption);
  busy.kill('SIGKILL');
  return { ...run, loaded: true };
}

async function runOnce(options: FlakesOptions, interruption: Interruption): Promise<FlakeRun> {
  const out = join(process.cwd(), 'reports', 'out', runName(new Date()));
  const began = performance.now();
  const words = [
    ...['run', '--out', out, '--tier', options.tier],
    ...(options.workers === undefined ? [] : ['--workers', String(options.workers)]),
    ...options.grep.flatMap((pattern) => ['-g', pattern]),
  ];
  const cli = join(projectRoot, 'dist', 'harness', 'cli', 'main.js');
  await using child = spawnOwned([process.execPath, cli, ...words], {
    cwd: projectRoot,
    // What it complains about is for whoever asked; its report is not.
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  const stopListening = interruption.onRequest(() => child.kill('SIGINT'));
  const { status } = await child.exited;
  stopListening();
  const seconds = (performance.now() - began) / 1000;
  const verdicts = await verdictsOf(join(out, OUTCOMES_FILE));
  // What wavered is worth a look; the others only fill the disk.
  if (status === EXIT.ok) await rm(out, { recursive: true, force: true });
  else process.stdout.write(`       its results stay in ${out}\n`);
  return { loaded: false, seconds, status, verdicts };
}

async function verdictsOf(path: string): Promise<FlakeRun['verdicts']> {
  const text = await readFile(path, 'utf8').catch(() => undefined);
  if (text === undefined) return new Map();
  const { outcomes } = z.parse(outcomesFileSchema, JSON.parse(text));
  return new Map(
    outcomes.map(({ outcome }) => {
      const { judgements, program } = outcome;
      const verdict = outcomeVerdict(outcome);
      const reason =
        [...judgements, ...(program?.results ?? [])].find((said) => said.verdict === verdict)?.reason ??
        program?.problems.find((problem) => problem.verdict === verdict)?.text ??
        '';
      return [outcome.test, { verdict, reason }];
    }),
  );
}

function firstLine(text: string): string {
  return text.split('\n', 1)[0] ?? '';
}
