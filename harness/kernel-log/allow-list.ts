import type { FindingKind } from './kinds.js';

/** A finding that is known, and why it says nothing against the kernel in this place. */
export interface AllowedFinding {
  readonly kind: FindingKind;
  /** Must match the finding's title; without it, every finding of the kind is allowed. */
  readonly title?: RegExp;
  /** Must match the finding's whole text too. */
  readonly text?: RegExp;
  /** One sentence; it is shown with the finding. */
  readonly because: string;
}

/** Why a finding is allowed, or undefined when it is not: the first entry that fits decides. */
export function allowedBecause(
  finding: { readonly kind: FindingKind; readonly title: string; readonly text: string },
  ...lists: readonly (readonly AllowedFinding[])[]
): string | undefined {
  return lists
    .flat()
    .find(
      ({ kind, title, text }) =>
        kind === finding.kind &&
        (title === undefined || finding.title.search(title) >= 0) &&
        (text === undefined || finding.text.search(text) >= 0),
    )?.because;
}
