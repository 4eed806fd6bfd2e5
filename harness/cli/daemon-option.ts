import { loadProfile, profileNames, type Profile } from '../../daemon-under-test/profiles/profile.js';
import { didYouMean } from '../plan/closest.js';
import { knownMutants } from '../plan/mutants.js';
import { UsageError } from './errors.js';

/** A daemon as the command line named it, checked. */
export interface ChosenDaemon {
  /** The name of a profile of ours, or the absolute path of a profile: what the plan carries. */
  readonly reference: string;
  readonly profile: Profile;
}

/**
 * Loads the profile that `--daemon` names. Throws {@link UsageError} for an unknown name, and ProfileError,
 * which lists everything that is wrong with the profile.
 */
export async function chooseDaemon(value: string): Promise<ChosenDaemon> {
  const isPath = value.includes('/') || /\.ya?ml$/.test(value);
  if (!isPath) {
    const names = await profileNames();
    const mutants = knownMutants().flatMap((mutant) => (mutant.kind === 'daemon' ? [mutant.profile] : []));
    if (![...names, ...mutants].includes(value)) {
      throw new UsageError(
        `--daemon ${value}: no profile has this name.${didYouMean(value, [...names, ...mutants])} ` +
          `Known: ${names.join(', ')}; or give the path of a profile file.`,
      );
    }
  }
  const profile = await loadProfile(value);
  return { reference: isPath ? profile.path : value, profile };
}
