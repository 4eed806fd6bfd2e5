import { join } from 'node:path';
import { readHistory, type History } from '../history/index.js';
import type { ConformanceTest } from '../plan/definition.js';
import type { MutantInfo } from '../plan/mutants.js';
import type { SelectionSource } from '../plan/select.js';
import {
  judgeDaemonMutant,
  judgeHistoryMutant,
  smokeTrouble,
  type HistoryTrial,
  type Smoke,
  type Trial,
} from '../results/judge-mutants.js';
import { judgeTest } from '../results/judge-test.js';
import { HISTORY_FILE } from '../results/evidence.js';
import { knownDefectOn } from '../results/kernel-range.js';
import type { MutantResult, OutcomesFile, TestOutcome } from '../results/model.js';
import { GOOD_PROJECT, isSmoke, projectOf } from './plan-mutants.js';

/** What one project left, by title. */
class Outcomes {
  readonly #byTitle: ReadonlyMap<string, TestOutcome>;

  constructor({ outcomes }: OutcomesFile, project: string) {
    const own = outcomes.filter((entry) => entry.project === project);
    this.#byTitle = new Map(own.map(({ outcome }) => [outcome.test, outcome]));
  }

  trial({ title, mutants }: ConformanceTest, mutant: MutantInfo): Trial {
    return { test: title, names: mutants.includes(mutant.name), outcome: this.#byTitle.get(title) };
  }

  /** The recorded history of a test; an error as text when there is none to read. */
  async history({ title }: ConformanceTest): Promise<History | string> {
    const outcome = this.#byTitle.get(title);
    if (outcome === undefined) return 'it left no outcome';
    try {
      return await readHistory(join(outcome.directory, HISTORY_FILE));
    } catch (error) {
      const [judgement] = outcome.judgements;
      const reason = judgement?.verdict === 'infra' ? judgement.reason : undefined;
      return (
        reason ?? `its history cannot be read: ${error instanceof Error ? error.message : String(error)}`
      );
    }
  }

  async smoke(tests: readonly ConformanceTest[]): Promise<Smoke[]> {
    return await Promise.all(
      tests.map(async (test) => {
        const history = await this.history(test);
        return { test: test.title, trouble: typeof history === 'string' ? history : smokeTrouble(history) };
      }),
    );
  }

  get durationMs(): number {
    return [...this.#byTitle.values()].reduce((sum, outcome) => sum + outcome.durationMs, 0);
  }
}

/**
 * The verdicts on mutants from what one run of Playwright left (see `planMutants`), on a kernel of this version of
 * Linux.
 */
export async function judgeMutants(
  chosen: readonly MutantInfo[],
  { catalogue, tests }: SelectionSource,
  outcomes: OutcomesFile,
  kernelVersion: string,
): Promise<MutantResult[]> {
  const good = new Outcomes(outcomes, GOOD_PROJECT);
  const plainMirrors = tests.filter(isSmoke);
  const controlSmoke = await good.smoke(plainMirrors);

  const liveMutant = async (
    mutant: MutantInfo & { readonly kind: 'daemon' | 'drive' },
    naming: readonly ConformanceTest[],
  ): Promise<MutantResult> => {
    const broken = new Outcomes(outcomes, projectOf(mutant));
    // The plain-mirror tests count too: the oracle sees in them what no test is about. Drives have no part in them.
    const smokeTests = mutant.kind === 'daemon' ? plainMirrors : [];
    const judging = [...new Set([...naming, ...smokeTests])];
    const ruling = judgeDaemonMutant(mutant, {
      trials: judging.map((test) => broken.trial(test, mutant)),
      controls: judging.map((test) => good.trial(test, mutant)),
      smoke: await broken.smoke(smokeTests),
      controlSmoke: mutant.kind === 'daemon' ? controlSmoke : [],
    });
    return {
      name: mutant.name,
      kind: mutant.kind,
      breaks: mutant.breaks,
      ...ruling,
      durationMs: broken.durationMs,
    };
  };

  const historyMutant = async (
    mutant: MutantInfo & { readonly kind: 'history' },
    naming: readonly ConformanceTest[],
  ): Promise<MutantResult> => {
    const started = performance.now();
    const trials: HistoryTrial[] = [];
    for (const test of naming) {
      const control = good.trial(test, mutant).outcome;
      const history = control === undefined ? undefined : await good.history(test);
      const edited = history === undefined || typeof history === 'string' ? undefined : mutant.apply(history);
      const judged = edited === undefined ? undefined : judgeTest(test, edited, catalogue);
      trials.push({ test: test.title, control, judged });
    }
    const defect = knownDefectOn(kernelVersion, catalogue.byId.get(mutant.breaks));
    const ruling = judgeHistoryMutant(mutant, trials, defect);
    const durationMs = performance.now() - started;
    return { name: mutant.name, kind: 'history', breaks: mutant.breaks, ...ruling, durationMs };
  };

  const results: MutantResult[] = [];
  for (const mutant of chosen) {
    const naming = tests.filter((test) => test.mutants.includes(mutant.name));
    results.push(
      mutant.kind === 'history' ? await historyMutant(mutant, naming) : await liveMutant(mutant, naming),
    );
  }
  return results;
}
