import type { FindingKind } from './kinds.js';

/** A finding that is known, and why it says nothing against the kernel in this place. */
export interface AllowedFinding {
  readonly kind: FindingKind;
  /** Must match the finding's title; without it, every finding of the kind is allowed. */
  readonly title?: RegExp;
  /** One sentence; it is shown with the finding. */
  readonly because: string;
}

/**
 * What the kernels that are tested here report in nodes without being at fault, allowed in every test. It is empty:
 * Debian's 6.12 cloud kernel boots and runs the suite without a report. An entry belongs here only when the report
 * was seen and its cause is known.
 */
export const ALLOWED_EVERYWHERE: readonly AllowedFinding[] = [];

/** Why a finding is allowed, or undefined when it is not: the first entry that fits decides. */
export function allowedBecause(
  finding: { readonly kind: FindingKind; readonly title: string },
  ...lists: readonly (readonly AllowedFinding[])[]
): string | undefined {
  return lists
    .flat()
    .find(
      ({ kind, title }) => kind === finding.kind && (title === undefined || finding.title.search(title) >= 0),
    )?.because;
}
