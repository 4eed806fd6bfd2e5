import { chmod, lstat, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';

/**
 * Takes the write bits off every file below `directory` (not off directories: removal must stay possible for
 * ordinary users) and tells how many bytes the files hold. Symbolic links are left alone.
 */
export async function sealTree(directory: string): Promise<number> {
  let bytes = 0;
  for (const entry of await readdir(directory, { withFileTypes: true })) {
    const path = join(directory, entry.name);
    if (entry.isDirectory()) {
      bytes += await sealTree(path);
    } else if (entry.isFile()) {
      const { size, blocks, mode } = await lstat(path);
      // Of a sparse file only what is there.
      bytes += Math.min(size, blocks * 512);
      await chmod(path, mode & 0o7555);
    }
  }
  return bytes;
}

/** Removes a tree, also when packages left directories in it that their owner may not write. */
export async function removeTree(path: string): Promise<void> {
  try {
    await rm(path, { recursive: true, force: true });
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code !== 'EACCES' && code !== 'EPERM') throw error;
    await openDirectories(path);
    await rm(path, { recursive: true, force: true });
  }
}

/** Gives every directory from `directory` down the mode 0755. */
export async function openDirectories(directory: string): Promise<void> {
  await chmod(directory, 0o755);
  for (const entry of await readdir(directory, { withFileTypes: true })) {
    if (entry.isDirectory()) await openDirectories(join(directory, entry.name));
  }
}
