import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { parse } from 'yaml';
import { z } from 'zod';
import { type DriveProfile, driveProfileSchema } from '../plan/real-drive.js';
import { UsageError } from './errors.js';

/** Reads `--drive-profile`; without one, what is usual. Throws {@link UsageError} that lists what is wrong with it. */
export async function loadDriveProfile(path: string | undefined): Promise<DriveProfile> {
  if (path === undefined) return driveProfileSchema.parse({});
  const refuse = (why: string): never => {
    throw new UsageError(`--drive-profile ${path}: ${why}. What may stand there is in docs/real-drives.md.`);
  };
  const text = await readFile(resolve(path), 'utf8').catch((error: unknown) =>
    refuse(`cannot be read (${(error as NodeJS.ErrnoException).code ?? String(error)})`),
  );
  let content: unknown;
  try {
    content = parse(text);
  } catch (error) {
    return refuse(`is no YAML: ${error instanceof Error ? error.message : String(error)}`);
  }
  const parsed = driveProfileSchema.safeParse(content ?? {});
  return parsed.success ? parsed.data : refuse(`is no profile of a drive: ${z.prettifyError(parsed.error)}`);
}
