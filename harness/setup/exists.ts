import { access } from 'node:fs/promises';

/** Whether there is a file, directory or link target at `path`; false too when it cannot be looked at. */
export async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}
