import { readFlat, type Document, type FlatDocument, type Point } from './document.js';
import { pathText, type TapProblem, type TapReport, type TapResult, type TapVerdict } from './model.js';
import { verdictOfPoint, type PointVerdict } from './point-verdict.js';

/** As many promised and missing results of one plan are listed one by one. */
const MISSING_LISTED = 100;

/** Name of what stands for the result line that nested results wait for. */
const NO_RESULT_LINE = '(no result line)';

interface Collected {
  readonly results: TapResult[];
  readonly problems: TapProblem[];
}

/** One by one: there may be more than a call takes arguments. */
function append(into: Collected, { results, problems }: Collected): void {
  for (const result of results) into.results.push(result);
  for (const problem of problems) into.problems.push(problem);
}

/** ` in a > b`, or nothing for the outermost results. */
function place(path: readonly string[]): string {
  return path.length === 0 ? '' : ` in ${pathText(path)}`;
}

/** Whether a document, or one nested in it that nobody closed, bailed out; the reason. */
function bailOf(document: Document): string | undefined {
  return document.bail ?? document.waiting.map(bailOf).find((reason) => reason !== undefined);
}

/** What the results nested in a point make of its own `ok`: it never hides them. */
function weigh(own: PointVerdict, nested: readonly TapReport[]): Pick<PointVerdict, 'verdict' | 'reason'> {
  if (nested.length === 0 || own.verdict === 'fail') return own;
  const results = nested.flatMap((report) => report.results);
  const verdicts = new Set<TapVerdict>([
    ...results.map(({ verdict }) => verdict),
    ...nested.flatMap(({ problems }) => problems.map(({ verdict }) => verdict)),
  ]);
  const said = own.verdict === 'pass' ? 'ok' : own.reason;
  if (verdicts.has('fail')) {
    const failed = results.filter(({ verdict }) => verdict === 'fail');
    const names = failed.slice(0, 3).map(({ path }) => path.at(-1) ?? '');
    const which = names.length === 0 ? 'what is nested in it' : names.join(', ');
    return { verdict: 'fail', reason: `contradicts itself: says ${said}, but nested in it failed: ${which}` };
  }
  if (own.verdict !== 'pass') return own;
  if (verdicts.has('unknown') || verdicts.has('infra'))
    return { verdict: 'unknown', reason: 'says ok, but not everything nested in it is known' };
  if (results.length === 0) {
    return verdicts.has('not-applicable')
      ? { verdict: 'not-applicable', reason: 'everything nested in it was skipped' }
      : { verdict: 'unknown', reason: 'says ok, but what is nested in it holds no result' };
  }
  return verdicts.has('pass')
    ? own
    : { verdict: 'not-applicable', reason: 'everything nested in it was skipped' };
}

function evaluatePoint(
  point: Point,
  own: PointVerdict,
  number: number,
  path: readonly string[],
  into: Collected,
): void {
  const here = [...path, own.name === '' ? `#${number}` : own.name];
  const nested = point.nested.map((document) => evaluate(document, here, true));
  for (const { results, problems } of nested) {
    append(into, { results, problems });
  }
  const { verdict, reason } = weigh(own, nested);
  const diagnostic = verdict === 'pass' ? '' : point.diagnostic.text;
  into.results.push({ path: here, number, verdict, reason, diagnostic, printed: true });
  if (own.unexpectedSuccess) {
    const text = `${pathText(here)} is ${own.reason}: an unexpected success, or, as kselftest prints it, a failure that was expected`;
    into.problems.push({ kind: 'unexpected-success', verdict: 'not-applicable', text });
  }
}

/** What the plan promised and did not come. */
function missing(
  document: Document,
  { final, planned }: FlatDocument,
  seen: ReadonlySet<number>,
  path: readonly string[],
  into: Collected,
): void {
  const { start, end } = final.plan;
  if (!planned || start === null || end === null || end < start) return;
  const inside = [...seen].filter((number) => number >= start && number <= end).length;
  const count = end - start + 1 - inside;
  if (count <= 0) return;
  const bail = bailOf(document);
  const verdict = bail === undefined ? 'fail' : 'unknown';
  const reason =
    bail === undefined
      ? `the program ended before it: the plan is ${start}..${end}, and no result line with this number came`
      : 'the program bailed out before it';
  let listed = 0;
  for (let number = start; number <= end && listed < MISSING_LISTED; number += 1) {
    if (seen.has(number)) continue;
    into.results.push({
      path: [...path, `#${number}`],
      number,
      verdict,
      reason,
      diagnostic: '',
      printed: false,
    });
    listed += 1;
  }
  const text = `truncated plan${place(path)}: ${inside} of the ${end - start + 1} promised results came`;
  into.problems.push({ kind: 'truncated-plan', verdict, text });
}

function numbering(
  document: Document,
  { final, planned }: FlatDocument,
  numbers: readonly number[],
  path: readonly string[],
  into: Collected,
): void {
  const { start, end } = final.plan;
  const range = planned && start !== null && end !== null ? { start, end } : undefined;
  const seen = new Set<number>();
  const twice = numbers.filter((number) => seen.size === seen.add(number).size);
  const outside = numbers.filter(
    (number) => range !== undefined && (number < range.start || number > range.end),
  );
  const some = (found: readonly number[]): string =>
    [...new Set(found)].slice(0, 5).join(', ') + (found.length > 5 ? ', …' : '');
  const wrong = [
    ...new Set(document.disorder),
    ...(twice.length === 0 ? [] : [`a result number appears twice: ${some(twice)}`]),
    ...(outside.length === 0
      ? []
      : [`the plan is ${document.plan?.line ?? ''}, and there is result ${some(outside)}`]),
  ];
  for (const text of wrong)
    into.problems.push({ kind: 'numbering', verdict: 'unknown', text: `${text}${place(path)}` });
}

/** A document without a single result, or without a plan. */
function emptyOrUnplanned(
  document: Document,
  { final, planned }: FlatDocument,
  path: readonly string[],
  hasParent: boolean,
  into: Collected,
): void {
  const none = document.points.length === 0;
  if (none && planned && final.plan.skipAll) {
    const { skipReason } = final.plan;
    // tap-parser fills in a reason of its own where there is none.
    const given = /#\s*skip/i.test(document.plan?.line ?? '');
    into.problems.push({
      kind: 'no-results',
      verdict: given ? 'not-applicable' : 'unknown',
      text: given
        ? `everything was skipped${place(path)}: ${skipReason === '' ? 'no reason given' : skipReason}`
        : `the plan is empty${place(path)}: nothing was tested`,
    });
  } else if (none && !planned && document.waiting.length === 0 && document.bail === undefined) {
    into.problems.push({
      kind: 'no-results',
      verdict: 'unknown',
      text: `no result was printed${place(path)}`,
    });
  } else if (!planned && !hasParent && document.bail === undefined) {
    const text = `no plan${place(path)}: nobody can tell whether this is all; print 1..N first or last`;
    into.problems.push({ kind: 'no-plan', verdict: 'unknown', text });
  }
}

/**
 * The results of a document and of everything nested in it, named below `path`.
 * @param hasParent whether a result line says that it came to its end; then it needs no plan
 */
export function evaluate(document: Document, path: readonly string[], hasParent: boolean): Collected {
  const into: Collected = { results: [], problems: [] };
  const flat = readFlat(document);
  const numbers: number[] = [];
  for (const [index, point] of document.points.entries()) {
    const result = flat.points[index];
    if (result === undefined) continue;
    const number = result.id === 0 ? (numbers.at(-1) ?? 0) + 1 : result.id;
    numbers.push(number);
    evaluatePoint(point, verdictOfPoint(result), number, path, into);
  }
  missing(document, flat, new Set(numbers), path, into);
  numbering(document, flat, numbers, path, into);
  emptyOrUnplanned(document, flat, path, hasParent, into);
  if (document.bail !== undefined) {
    const text = `bail out${place(path)}${document.bail === '' ? '' : `: ${document.bail}`}`;
    into.problems.push({ kind: 'bail-out', verdict: 'fail', text });
  }
  for (const orphan of document.waiting) {
    const here = [...path, orphan.name ?? NO_RESULT_LINE];
    const { results, problems } = evaluate(orphan, here, false);
    append(into, { results, problems });
    const text = `nested results without a result line of their own: ${pathText(here)}`;
    into.problems.push({ kind: 'no-parent', verdict: 'unknown', text });
  }
  return into;
}
