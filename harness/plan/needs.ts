/** What a test asks of a daemon beyond the least, of LVM and of the kernel, and what they claim and have (spec 5, 8). */
import type { Lvm } from './lvm.js';

/** Kinds of logs, as profiles name them. */
export type LogKind = 'core' | 'disk';

/** What a test cannot do without. A daemon that does not claim it is not judged by the test. */
export interface Needs {
  readonly logs?: LogKind;
  readonly integratedFlush?: true;
  /** Mirrors of LVM that integrated_flush is asked for: only the table rewriter does, never LVM itself (spec lvm 1). */
  readonly tableRewriter?: true;
  /** Emulated drives by the nodes' own initiator (docs/disks.md, way B); all tests of drives do. */
  readonly initiator?: true;
}

/** The kernel's part of its initiator: iSCSI over TCP. */
const INITIATOR = 'CONFIG_ISCSI_TCP';

/** The part of a profile's claims that tests can need. */
export interface Claims {
  readonly logs: readonly LogKind[];
  readonly integratedFlush: boolean;
}

/**
 * Why a test does not apply to a daemon, or undefined when it does. Only what the profile says counts: a daemon that
 * claims something and cannot do it fails.
 */
export function unclaimedNeed(needs: Needs | undefined, daemon: string, claims: Claims): string | undefined {
  if (needs?.logs !== undefined && !claims.logs.includes(needs.logs)) {
    return `the profile ${daemon} does not claim ${needs.logs} logs (claims.logs: ${claims.logs.join(', ')})`;
  }
  if (needs?.integratedFlush === true && !claims.integratedFlush) {
    return `the profile ${daemon} does not claim integrated flush (claims.integratedFlush: false)`;
  }
  return undefined;
}

/** Why a test does not apply to the LVM of a run, or undefined when it does. */
export function unmetByLvm(needs: Needs | undefined, lvm: Lvm): string | undefined {
  return needs?.tableRewriter === true && lvm === 'clustered'
    ? 'LVM itself cannot ask for integrated_flush; only the table rewriter can, which --lvm clustered does without'
    : undefined;
}

/** What of a test tells what it asks of a kernel. */
interface AskingTest {
  readonly needs?: Needs;
  readonly underTest: string;
}

/** What of a kernel tells what tests can be run on it. */
interface TestedKernel {
  readonly label: string;
  /** Build options that some tests need. */
  readonly lacks: readonly string[];
}

/** Why a test cannot be run on a kernel, or undefined when it can. */
export function unmetByKernel(
  { needs, underTest }: AskingTest,
  { label, lacks }: TestedKernel,
): string | undefined {
  const wanted = needs?.initiator === true || underTest === 'drive';
  return wanted && lacks.includes(INITIATOR)
    ? `kernel ${label} lacks ${INITIATOR}, by which nodes reach drives (\`ulogcheck kernels config\`)`
    : undefined;
}
