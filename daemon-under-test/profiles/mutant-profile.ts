/** Profiles of the broken variants of the reference daemon. */
import { join } from 'node:path';
import { projectRoot } from '../../harness/setup/root.mjs';
import { MUTANTS, profileNameOfMutant } from '../mutants/mutants.js';
import { ownProfilePath } from './directory.js';
import { loadProfileFile, ProfileError, type Profile } from './profile-file.js';

/** Where the mutants lie in the guest; `../reference` and `../../harness/ulog` must be what they import. */
const GUEST_DIRECTORY = '/opt/ulogcheck/daemon-under-test/mutants';

/** The reference profile, with the mutant `name` in place of the daemon. @throws ProfileError. */
export async function mutantProfile(name: string): Promise<Profile> {
  const mutant = MUTANTS.find((candidate) => candidate.name === name);
  if (mutant === undefined) {
    const known = MUTANTS.map((candidate) => candidate.name).join(', ');
    throw new ProfileError([`no mutant of the daemon is named "${name}"; known: ${known}`]);
  }
  const reference = await loadProfileFile(ownProfilePath('reference'));
  const compiled = join(projectRoot, 'dist', 'daemon-under-test', 'mutants');
  // All of them, so that all mutants share one layer and one golden node.
  const files = ['mutant-main.js', ...MUTANTS.map((mutant) => `${mutant.name}.js`)].map((file) => ({
    from: join(compiled, file),
    to: `${GUEST_DIRECTORY}/${file}`,
    mode: undefined,
    exclude: [],
  }));
  return {
    ...reference,
    name: profileNameOfMutant(name),
    description: `Reference daemon, broken: ${mutant.description}`,
    install: { ...reference.install, files: [...reference.install.files, ...files] },
    start: { ...reference.start, command: ['/usr/bin/node', `${GUEST_DIRECTORY}/mutant-main.js`, name] },
  };
}
