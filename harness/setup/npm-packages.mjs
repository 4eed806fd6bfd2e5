import { createHash } from 'node:crypto';
import { readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { findCommand, lastLines, OwnedCommandError, runOwned } from './owned.mjs';
import { nodePath, projectRoot } from './root.mjs';
import { SetupError } from './step.mjs';

/** In node_modules, so that it goes when `npm ci` begins; it holds the hash of the package-lock.json installed. */
const stamp = join(projectRoot, 'node_modules/.ulogcheck-stamp');

/** SHA-256 of package-lock.json, hexadecimal. */
export function lockHash() {
  return createHash('sha256')
    .update(readFileSync(join(projectRoot, 'package-lock.json')))
    .digest('hex');
}

/** Whether node_modules is what package-lock.json says; an interrupted `npm ci` is not. */
export function packagesInstalled() {
  try {
    return readFileSync(stamp, 'utf8') === lockHash();
  } catch {
    return false;
  }
}

/** More than npm's own retries of a slow registry take. */
const DEADLINE_MS = 15 * 60_000;

/**
 * `npm ci`, without the packages' install scripts, but with what only the build and the tests need.
 * @param {number} lock descriptor of the lock on the checkout: npm holds it as long as any process of it lives
 * @throws {SetupError}
 */
export async function installPackages(lock) {
  rmSync(stamp, { force: true });
  try {
    await runOwned([...npm(), 'ci', '--ignore-scripts', '--include=dev', '--no-audit', '--no-fund'], {
      cwd: projectRoot,
      deadlineMs: DEADLINE_MS,
      fds: [lock],
    });
  } catch (error) {
    if (!(error instanceof OwnedCommandError)) throw error;
    throw new SetupError(
      `npm could not install the packages of package-lock.json (exit status ${error.status ?? String(error.signal)}):\n` +
        `${lastLines(error.stderr || error.stdout, 15)}\n` +
        'Is the registry of `npm config get registry` reachable (proxy: npm config set https-proxy URL)? Is the disk full?\n' +
        'It is tried again at the next start.',
      { cause: error },
    );
  }
  writeFileSync(`${stamp}.new`, lockHash());
  renameSync(`${stamp}.new`, stamp);
}

/** The npm that started us, else the one in PATH. */
function npm() {
  const ours = process.env['npm_execpath'];
  if (ours?.endsWith('/npm-cli.js')) return [nodePath, ours];
  const found = findCommand('npm');
  if (found !== undefined) return [found];
  throw new SetupError('npm is not installed; Debian: apt install npm');
}
