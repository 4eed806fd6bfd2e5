import type { AllowedFinding } from '../kernel-log/index.js';
import { kernelInRange } from './kernel-range.js';

/** A report that some kernels are known to make in nodes, for a reason that is known. */
interface KnownFinding extends AllowedFinding {
  /** As in the catalogue's known defects, e.g. `<5.15`. */
  readonly kernels: string;
  readonly title: RegExp;
}

/** An entry belongs here only when the report was seen here and its cause is known (docs/kernel-findings.md). */
const KNOWN_FINDINGS: readonly KnownFinding[] = [
  {
    kernels: '<5.15',
    kind: 'warning',
    title: /^WARNING in destroy_workqueue$/,
    // Where a log with integrated_flush ends, after it has waited for its last flush.
    text: /\buserspace_dtr\+/,
    because:
      'known defect of workqueues before 5.15: destroy_workqueue does not wait for the barrier of flush_work, and ' +
      'warns of it; nothing else comes of it',
  },
];

/** What a kernel, named by its release, is known to report; allowed in every test. */
export function knownFindings(kernel: string): readonly AllowedFinding[] {
  return KNOWN_FINDINGS.filter(({ kernels }) => kernelInRange(kernel, kernels));
}
