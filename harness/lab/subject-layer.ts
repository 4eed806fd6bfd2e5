import { installedFiles } from '../../daemon-under-test/profiles/installed-files.js';
import type { Profile } from '../../daemon-under-test/profiles/profile.js';
import { treeLayer } from '../../vm-images/index.js';
import type { Cache } from '../cache/index.js';
import type { ProgressSink } from '../progress.js';

/** The read-only layer with the files that a profile installs; undefined when it installs none. */
export async function subjectLayer(
  cache: Cache,
  profile: Profile,
  progress: ProgressSink,
): Promise<string | undefined> {
  const files = await installedFiles(profile);
  if (files.length === 0) return undefined;
  const placed = files.map(({ source, target, mode }) => ({ from: source, to: target, mode }));
  return await treeLayer(cache, profile.name, placed, progress);
}
