import { HISTORY_MUTANTS } from '../../conformance/history-mutants/index.js';
import { MUTANTS, profileNameOfMutant } from '../../daemon-under-test/mutants/mutants.js';
import { DRIVE_MUTANTS } from '../disks/idm/mutants/mutants.js';
import type { History } from '../history/index.js';

interface AnyMutant {
  readonly name: string;
  /** The requirement that it breaks. */
  readonly breaks: string;
  /** Further ones that it breaks, of scenarios in which the fault shows as well. */
  readonly alsoBreaks?: readonly string[];
  readonly description: string;
}

/** The reference daemon, broken in one known way. */
export interface DaemonMutantInfo extends AnyMutant {
  readonly kind: 'daemon';
  /** What `--daemon` takes: the name or path of its profile. */
  readonly profile: string;
}

/** The emulated drive, broken in one known way; `harness/lab` has its drives made so when a run names it. */
export interface DriveMutantInfo extends AnyMutant {
  readonly kind: 'drive';
}

/** A broken kernel, as an edit of what a good one's history shows. */
export interface HistoryMutantInfo extends AnyMutant {
  readonly kind: 'history';
  /** Undefined when the history has nothing to edit. Pure. */
  apply(history: History): History | undefined;
}

/** A broken daemon, a broken drive, or a broken kernel. */
export type MutantInfo = DaemonMutantInfo | DriveMutantInfo | HistoryMutantInfo;

/** Every mutant of the suite: broken daemons first, then broken drives and edited histories. */
export function knownMutants(): readonly MutantInfo[] {
  return [
    ...MUTANTS.map((mutant): MutantInfo => ({
      ...mutant,
      kind: 'daemon',
      profile: profileNameOfMutant(mutant.name),
    })),
    ...DRIVE_MUTANTS.map(({ name, breaks, alsoBreaks = [], description }): MutantInfo => ({
      ...{ kind: 'drive', name, breaks, description },
      // One that breaks everything owes nothing but what it is there for.
      alsoBreaks: alsoBreaks === 'anything' ? [] : alsoBreaks,
    })),
    ...HISTORY_MUTANTS.map((mutant): MutantInfo => ({ ...mutant, kind: 'history' })),
  ];
}
