import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type History, renderTimeline } from '../history/index.js';
import type { ConformanceTest } from '../plan/definition.js';
import { judgeProgram } from '../results/judge-program.js';
import { judgeTest } from '../results/judge-test.js';
import type { KernelFinding, TestOutcome } from '../results/model.js';
import { programWithoutOutput } from '../results/programs.js';

/** What is said about a test. */
type Said = Pick<TestOutcome, 'judgements' | 'notes' | 'program'>;

/** The same verdict on all that the test is about, without a history to rest on. */
export function withoutHistory(
  { ids, program }: ConformanceTest,
  verdict: 'infra' | 'not-applicable',
  reason: string,
): Said {
  return {
    ...(program !== undefined &&
      verdict === 'infra' && { program: programWithoutOutput(program, verdict, reason) }),
    judgements: ids.map((id) => ({ id, verdict, reason, observed: '', evidence: [] })),
    notes: [],
  };
}

/** Judges the history of a test, and writes its timeline with what was found into the directory of the test. */
export async function judgeInto(
  directory: string,
  test: ConformanceTest,
  history: History,
): Promise<Said & { findings: KernelFinding[] }> {
  const judgement = judgeTest(test, history);
  const judged = {
    ...judgement,
    ...(test.program === undefined ? {} : { program: judgeProgram(history, test) }),
  };
  await writeFile(join(directory, 'timeline.txt'), renderTimeline(history, annotationsOf(judged)));
  return judged;
}

/** What was found wrong, where the timeline shows it. */
function annotationsOf({
  judgements,
  notes,
}: Pick<TestOutcome, 'judgements' | 'notes'>): { events: readonly number[]; text: string }[] {
  const failed = judgements.flatMap(({ id, failures = [] }) =>
    failures.map(({ expected, seen, events }) => ({
      events,
      text: `FAIL ${id}: expected ${expected}; seen ${seen}`,
    })),
  );
  const noted = notes.map(({ id, side, expected, seen, events }) => ({
    events,
    text: `note on the ${side}, ${id}: expected ${expected}; seen ${seen}`,
  }));
  return [...failed, ...noted];
}
