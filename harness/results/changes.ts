/** Where the behaviour of kernels changed: verdicts along the versions of a run's kernels. */
import { CHANGED } from './judgement.js';
import { kernelNames, oldestFirst } from './kernel-order.js';
import type { KernelRun, RequirementResult, RunResults } from './model.js';

/** What a requirement shows on a kernel, as far as it can change: `as recorded` and `changed` are a quirk's. */
export type Behaviour = 'pass' | 'fail' | 'as recorded' | 'changed';

/** Kernels that follow each other, as far as something was seen on them, and behave alike. */
export interface Stretch {
  readonly behaviour: Behaviour;
  /** What was seen on the first of them; empty for a pass. */
  readonly seen: string;
  /** Names of kernels, oldest first. */
  readonly kernels: readonly string[];
}

/** A requirement that behaves differently on the kernels of a run. */
export interface Change {
  readonly id: string;
  readonly variant: string | null;
  readonly level: RequirementResult['level'];
  readonly sentence: string;
  /** Two or more, oldest first. */
  readonly stretches: readonly Stretch[];
  /** Kernels on which nothing was seen, and the verdict there. */
  readonly gaps: readonly { readonly kernel: string; readonly verdict: string }[];
  /** `LUID-03: pass until 7.1.13, fail from 7.2.6`; of a quirk also what was seen. */
  readonly text: string;
}

/** Longest account of what was seen in {@link Change.text}, characters. */
const SEEN = 160;

/** Undefined where nothing can be said about the behaviour: infra, unknown, a kernel that lacks what is needed. */
function behaviourOf({ level, verdict, reason }: RequirementResult): Behaviour | undefined {
  switch (verdict) {
    case 'pass':
      return level === 'QUIRK' ? 'as recorded' : 'pass';
    case 'fail':
      return 'fail';
    case 'not-applicable':
      return reason.startsWith(CHANGED) ? 'changed' : undefined;
    case 'unknown':
    case 'infra':
      return undefined;
  }
}

function seenIn({ verdict, reason }: RequirementResult): string {
  if (verdict === 'pass') return '';
  return reason.startsWith(CHANGED) ? reason.slice(CHANGED.length) : reason;
}

/** A text without what differs from run to run: times, addresses, counts. */
export function withoutNumbers(text: string): string {
  return text.replaceAll(/0x[\da-f]+|\d+(?:\.\d+)?/gi, '#');
}

/** How far a stretch reaches: the first is told by its end, the last by its beginning. */
function reach({ kernels }: Stretch, index: number, count: number): string {
  const [first = ''] = kernels;
  const last = kernels.at(-1) ?? '';
  if (index === count - 1) return `from ${first}`;
  if (index === 0) return `until ${last}`;
  return first === last ? `on ${first}` : `from ${first} to ${last}`;
}

function shortened(text: string): string {
  const line = text.replaceAll(/\s+/g, ' ').trim();
  return line.length <= SEEN ? line : `${line.slice(0, SEEN - 1)}…`;
}

function told(id: string, stretches: readonly Stretch[], gaps: Change['gaps']): string {
  const parts = stretches.map((stretch, index) => {
    // What is expected and seen in a failure every report tells elsewhere.
    const seen = stretch.behaviour === 'changed' ? ` (${shortened(stretch.seen)})` : '';
    return `${stretch.behaviour} ${reach(stretch, index, stretches.length)}${seen}`;
  });
  const silent = gaps.map(({ kernel, verdict }) => `${kernel} ${verdict}`).join(', ');
  return `${id}: ${parts.join(', ')}${silent === '' ? '' : `; nothing seen: ${silent}`}`;
}

function changeOf(
  results: readonly RequirementResult[],
  kernels: readonly KernelRun[],
  names: ReadonlyMap<string, string>,
): Change | undefined {
  const stretches: (Stretch & { readonly kernels: string[]; readonly key: string })[] = [];
  const gaps: { kernel: string; verdict: string }[] = [];
  for (const { label, state } of kernels) {
    const result = results.find(({ kernel }) => kernel === label);
    if (result === undefined) continue;
    const kernel = names.get(label) ?? label;
    const behaviour = behaviourOf(result);
    if (behaviour === undefined) {
      // What no test of the run is about has no gap; of a kernel that could not be tested the run tells as a whole.
      if (result.tests.length > 0 && state === 'tested') gaps.push({ kernel, verdict: result.verdict });
      continue;
    }
    const seen = seenIn(result);
    // Failures are told apart by their verdict only; a quirk may change twice, into different things.
    const key = behaviour === 'changed' ? `changed ${withoutNumbers(seen)}` : behaviour;
    const last = stretches.at(-1);
    if (last?.key === key) last.kernels.push(kernel);
    else stretches.push({ key, behaviour, seen, kernels: [kernel] });
  }
  const [first] = results;
  if (first === undefined || stretches.length < 2) return undefined;
  const { id, variant, level, sentence } = first;
  const name = variant === null ? id : `${id} (${variant})`;
  return { id, variant, level, sentence, stretches, gaps, text: told(name, stretches, gaps) };
}

/**
 * What behaves differently on the kernels of a run, in the catalogue's order: for each such requirement the stretches
 * of kernels, by version, on which it behaves alike. A sequence that goes to and fro is told as it is. Kernels on which
 * nothing was seen break no stretch; they are named as gaps.
 */
export function changesOf({ kernels, requirements }: Pick<RunResults, 'kernels' | 'requirements'>): Change[] {
  const sorted = oldestFirst(kernels);
  const names = kernelNames(kernels);
  const groups = new Map<string, RequirementResult[]>();
  for (const result of requirements) {
    const key = JSON.stringify([result.id, result.variant]);
    groups.set(key, [...(groups.get(key) ?? []), result]);
  }
  return [...groups.values()].flatMap((results) => changeOf(results, sorted, names) ?? []);
}
