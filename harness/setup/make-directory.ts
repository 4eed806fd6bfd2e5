import { mkdir, stat } from 'node:fs/promises';
import { dirname } from 'node:path';

async function isDirectory(path: string): Promise<boolean> {
  return stat(path).then(
    (found) => found.isDirectory(),
    () => false,
  );
}

/**
 * Makes a directory and what is missing above it. Unlike `mkdir` with `recursive`, it ends everywhere: that one of
 * Node 20 turns round for ever where the parent can be neither found nor made, as below /proc. Throws the error of
 * the system call that failed.
 */
export async function makeDirectory(path: string): Promise<void> {
  const missing: string[] = [];
  for (let directory = path; ; directory = dirname(directory)) {
    try {
      await stat(directory);
      break;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT' || directory === dirname(directory)) throw error;
      missing.push(directory);
    }
  }
  for (const directory of missing.reverse()) {
    try {
      await mkdir(directory);
    } catch (error) {
      // Another process may have made it meanwhile.
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST' || !(await isDirectory(directory))) throw error;
    }
  }
}
