import { existsSync, readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { join } from 'node:path';

/**
 * The living processes (zombies are none) of a run: those with ULOGCHECK_KILL_TEST=`mark` in their environment, and,
 * for such as cleared it, those that work below `base` or name a path below it.
 * @param {{ mark: string, base: string }} run
 * @returns {{ pid: number, command: string }[]}
 */
export function processesOf({ mark, base }) {
  return processes(
    (pid) =>
      readFileSync(`/proc/${pid}/environ`, 'latin1').includes(`ULOGCHECK_KILL_TEST=${mark}`) ||
      readlinkSync(`/proc/${pid}/cwd`).startsWith(`${base}/`) ||
      readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes(`${base}/`),
  );
}

/**
 * @param {(pid: number) => boolean} matches may throw: then it does not match (gone, or not ours to read)
 */
function processes(matches) {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid)
    .flatMap((name) => {
      try {
        const pid = Number(name);
        // A zombie has no environment and no command line.
        const command = readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ').trim();
        return matches(pid) ? [{ pid, command }] : [];
      } catch {
        return [];
      }
    });
}

/**
 * What of a run is still there.
 * @param {{ mark: string, base: string, temporary: string, cache: string }} run its mark; the directory that it was
 *   confined to; its TMPDIR; its cache
 * @returns {string[]} one line each
 */
export function leftovers({ mark, base, temporary, cache }) {
  const sockets = readFileSync('/proc/net/unix', 'utf8')
    .split('\n')
    .map((line) => line.split(' ').at(-1) ?? '')
    .filter((path) => path.startsWith(`${base}/`));
  return [
    ...processesOf({ mark, base }).map(({ pid, command }) => `process ${pid}: ${command.slice(0, 160)}`),
    ...sockets.map((path) => `socket ${path}`),
    ...entries(temporary).map((name) => `temporary file ${name}`),
    ...entries(join(cache, 'tmp')).map((name) => `half cache entry tmp/${name}`),
    ...entries(join(cache, 'entries')).flatMap((kind) =>
      entries(join(cache, 'entries', kind))
        .filter((key) => !existsSync(join(cache, 'entries', kind, key, '.ulogcheck-entry.json')))
        .map((key) => `half cache entry entries/${kind}/${key}`),
    ),
  ];
}

/**
 * Names in a directory; none if there is no such directory.
 * @param {string} directory
 */
function entries(directory) {
  return existsSync(directory) ? readdirSync(directory) : [];
}
