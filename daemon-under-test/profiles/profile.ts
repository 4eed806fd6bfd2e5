/** Profiles of daemons under test, by name or path. */
import { existsSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { basename, resolve } from 'node:path';
import { MUTANTS, profileNameOfMutant } from '../mutants/mutants.js';
import { ownProfilePath, PROFILE_SUFFIX, profilesDirectory } from './directory.js';
import { mutantProfile } from './mutant-profile.js';
import { loadProfileFile, ProfileError, type Profile } from './profile-file.js';

export {
  ProfileError,
  type Profile,
  type ProfileFile,
  type ReadyCondition,
  type StopRequest,
} from './profile-file.js';

/** Names of the package's own profiles; `loadProfile` takes those of the mutants besides. */
export async function profileNames(): Promise<string[]> {
  const files = await readdir(profilesDirectory());
  return files
    .filter((file) => file.endsWith(PROFILE_SUFFIX))
    .map((file) => basename(file, PROFILE_SUFFIX))
    .sort();
}

/**
 * Loads a profile by path (anything with a slash or ending in .yaml or .yml, relative to the working directory),
 * by the name of one of the package's own, or as `mutant-NAME`, a broken variant of the reference daemon.
 * Paths within a profile start at its directory.
 * @throws ProfileError that lists everything wrong with it, missing files included.
 */
export async function loadProfile(nameOrPath: string): Promise<Profile> {
  if (nameOrPath.includes('/') || /\.ya?ml$/.test(nameOrPath)) return loadProfileFile(resolve(nameOrPath));
  const path = ownProfilePath(nameOrPath);
  if (existsSync(path)) return loadProfileFile(path);
  const mutant = MUTANTS.find(({ name }) => profileNameOfMutant(name) === nameOrPath);
  if (mutant !== undefined) return mutantProfile(mutant.name);
  const names = [...(await profileNames()), 'mutant-NAME'].join(', ');
  throw new ProfileError([
    `no profile is named "${nameOrPath}"; known: ${names}; or give the path of a profile file`,
  ]);
}
