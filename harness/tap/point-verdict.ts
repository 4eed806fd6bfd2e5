import type { Result } from 'tap-parser';
import type { TapVerdict } from './model.js';

/** What one result line says by itself. */
export interface PointVerdict {
  /** Empty without a description. */
  readonly name: string;
  readonly verdict: TapVerdict;
  readonly reason: string;
  /** It was marked as not expected to succeed, and says ok. */
  readonly unexpectedSuccess: boolean;
}

/** KTAP's directives beyond SKIP and TODO; upper case, so that prose is not taken for one. */
const KTAP_DIRECTIVE = /(?:^|\s)#\s*(XFAIL|XPASS|TIMEOUT|ERROR)\b[:\s]*(.*)$/;
/** As kselftest.h prints an error: no description, lower case. */
const KSELFTEST_ERROR = /^#\s*(error)\b[:\s]*(.*)$/;
/** What kselftest's runner adds to a program that failed. */
const EXIT_REMARK = /\s#\s*(exit=\d+.*)$/;

function withReason(text: string, reason: string | true): string {
  return reason === true || reason === '' ? text : `${text}: ${reason}`;
}

/**
 * The verdict of a result line (docs/programs.md, Verdicts). SKIP is never a pass. A failure that is expected (XFAIL,
 * TODO) says nothing about the subject. kselftest prints an expected failure as `ok N # XFAIL` (kselftest.h), which
 * TAP would call an unexpected success: no pass either, and remarked. TIMEOUT is a failure. ERROR means that the
 * test could not be carried out: it holds nothing against the subject and shows nothing: unknown.
 */
export function verdictOfPoint({ ok, name: said, skip, todo }: Result): PointVerdict {
  const ktap = KTAP_DIRECTIVE.exec(said) ?? (ok ? null : KSELFTEST_ERROR.exec(said));
  const remark = EXIT_REMARK.exec(said);
  // slice to undefined: all of it.
  const name = said.slice(0, (ktap ?? remark)?.index).trim();
  const plain = { name, unexpectedSuccess: false };
  if (skip !== false) return { ...plain, verdict: 'not-applicable', reason: withReason('skipped', skip) };
  if (todo !== false) return expectedFailure(name, ok, 'TODO', todo);
  const detail = ktap?.[2] ?? '';
  const mark = ktap?.[1]?.toUpperCase();
  switch (mark) {
    case 'XFAIL':
    case 'XPASS':
      return expectedFailure(name, ok, mark, detail);
    case 'TIMEOUT':
      return { ...plain, verdict: 'fail', reason: withReason('timed out', detail) };
    case 'ERROR':
      return { ...plain, verdict: 'unknown', reason: withReason('could not be carried out', detail) };
    default:
      return { ...plain, verdict: ok ? 'pass' : 'fail', reason: ok ? '' : (remark?.[1] ?? '') };
  }
}

function expectedFailure(name: string, ok: boolean, mark: string, detail: string | true): PointVerdict {
  const text = ok ? `marked ${mark}, and says ok` : 'expected failure';
  return { name, verdict: 'not-applicable', reason: withReason(text, detail), unexpectedSuccess: ok };
}
