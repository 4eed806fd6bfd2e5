import { type FlakeRun, upperBound } from '../harness/results/flakes.js';
import type { Style } from './style.js';

function percent(share: number): string {
  return `${(100 * share).toFixed(share < 0.1 ? 1 : 0)}%`;
}

function median(numbers: readonly number[]): number {
  return numbers.toSorted((a, b) => a - b)[Math.floor(numbers.length / 2)] ?? 0;
}

/** `12.3 to 40.0 s, median 15.2 s`; nothing without runs. */
function times(runs: readonly FlakeRun[]): string {
  if (runs.length === 0) return 'no run';
  const seconds = runs.map((run) => run.seconds);
  const [least, most] = [Math.min(...seconds), Math.max(...seconds)];
  return `${runs.length} runs, ${least.toFixed(1)} to ${most.toFixed(1)} s, median ${median(seconds).toFixed(1)} s`;
}

/**
 * What many runs of the suite say about its steadiness: how often each test did not pass that was expected to, and
 * the 95% upper bounds, for a test and for a run.
 */
export function renderFlakes(runs: readonly FlakeRun[], { colors }: Style): string {
  const all = runs.flatMap(({ verdicts }) => [...verdicts]);
  const bad = all.filter(([, { verdict }]) => verdict !== 'pass' && verdict !== 'not-applicable');
  const badRuns = runs.filter(({ status }) => status !== 0).length;
  const titles = [...new Set(bad.map(([title]) => title))];
  const lines = titles.map((title) => {
    const mine = bad.filter(([other]) => other === title);
    const of = all.filter(([other]) => other === title).length;
    const verdicts = [...new Set(mine.map(([, { verdict }]) => verdict))].join(', ');
    return `  ${colors.yellow(`${mine.length} of ${of}`)} ${title} (${verdicts}; at most ${percent(upperBound(mine.length, of))})`;
  });
  const loaded = runs.filter((run) => run.loaded);
  return [
    '',
    ...(lines.length === 0 ? [] : ['tests that did not pass every time', ...lines, '']),
    `alone: ${times(runs.filter((run) => !run.loaded))}`,
    `beside a busy loop: ${times(loaded)}`,
    `tests: ${bad.length} of ${all.length} did not pass; 95% upper bound ${percent(upperBound(bad.length, all.length))} per test`,
    `runs: ${badRuns} of ${runs.length} were not all green; 95% upper bound ${percent(upperBound(badRuns, runs.length))} per run`,
    '',
  ].join('\n');
}
