/** The single files that a profile lays into the guest. */
import { readdir, stat } from 'node:fs/promises';
import { join, relative } from 'node:path';
import picomatch from 'picomatch';
import type { Profile, ProfileFile } from './profile.js';

/** One file to copy. */
export interface InstalledFile {
  /** Absolute path on this machine. */
  readonly source: string;
  /** Absolute path in the guest. */
  readonly target: string;
  /** Permission bits. */
  readonly mode: number;
}

/**
 * Every file that `profile` installs, directories expanded, excluded ones left out, ordered by target path;
 * of two for one target the later entry of the profile wins.
 * @throws what stat and readdir throw when a source went away since the profile was loaded.
 */
export async function installedFiles(profile: Profile): Promise<InstalledFile[]> {
  const byTarget = new Map<string, InstalledFile>();
  for (const entry of profile.install.files) {
    for (const file of await expand(entry)) byTarget.set(file.target, file);
  }
  return [...byTarget.values()].sort((a, b) => (a.target < b.target ? -1 : 1));
}

async function expand(entry: ProfileFile): Promise<InstalledFile[]> {
  const root = await stat(entry.from);
  if (!root.isDirectory()) return [await installedFile(entry, entry.from, entry.to)];
  const excluded = exclusion(entry.exclude);
  const files: InstalledFile[] = [];
  for (const found of await readdir(entry.from, { recursive: true, withFileTypes: true })) {
    const source = join(found.parentPath, found.name);
    const path = relative(entry.from, source);
    if (found.isDirectory() || excluded(path)) continue;
    files.push(await installedFile(entry, source, join(entry.to, path)));
  }
  return files;
}

/** True for paths (relative to the directory) that a glob names; one without a slash is about the name alone. */
function exclusion(globs: readonly string[]): (path: string) => boolean {
  const matchers = globs.map((glob) => picomatch(glob, { basename: !glob.includes('/'), dot: true }));
  return (path) => matchers.some((matches) => matches(path));
}

async function installedFile(entry: ProfileFile, source: string, target: string): Promise<InstalledFile> {
  const mode = entry.mode === undefined ? (await stat(source)).mode & 0o777 : Number.parseInt(entry.mode, 8);
  return { source, target, mode };
}
