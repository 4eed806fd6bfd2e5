/** Where the profiles that come with the package lie. */
import { join } from 'node:path';
import { projectRoot } from '../../harness/setup/root.mjs';

/** How the file names of profiles end. */
export const PROFILE_SUFFIX = '.profile.yaml';

/** Directory of the package's own profiles. */
export function profilesDirectory(): string {
  return join(projectRoot, 'daemon-under-test', 'profiles');
}

/** Path of the package's own profile of that name, which may not exist. */
export function ownProfilePath(name: string): string {
  return join(profilesDirectory(), `${name}${PROFILE_SUFFIX}`);
}
