import { stat } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { setFlagsFromString } from 'node:v8';
import { InvalidArgumentError, Option, type Command } from 'commander';
import { driveFile, Drives } from '../disks/drives.js';
import { EXIT } from '../results/exit-codes.js';
import { type FileLock, lockFile } from '../setup/file-lock.mjs';
import { UsageError } from './errors.js';
import { Interruption } from './interruption.js';

interface ServeOptions {
  readonly luns: number;
  readonly idm: boolean;
  readonly size: number;
  readonly port: number;
  readonly chap: boolean;
  readonly file?: string;
}

const BLOCK_BYTES = 512;
const MOST_LUNS = 256;
/** What drives may have at most, and least: 16 TiB, and what Linux still takes for a disk. */
const MOST_BYTES = 2 ** 44;
const LEAST_BYTES = 2 ** 20;
const UNITS: Readonly<Record<string, number>> = { '': 1, K: 2 ** 10, M: 2 ** 20, G: 2 ** 30, T: 2 ** 40 };

/** Parses `64M`, `10G`, or bytes. */
export function diskSize(value: string): number {
  const [, count, unit = ''] = /^(\d+)([KMGT]?)$/.exec(value) ?? [];
  const bytes = Number(count) * (UNITS[unit] ?? NaN);
  if (!(bytes >= LEAST_BYTES && bytes <= MOST_BYTES) || bytes % BLOCK_BYTES !== 0) {
    throw new InvalidArgumentError(
      'It is a number of bytes, or one with K, M, G or T (of 1024), from 1M to 16T, whole blocks of 512.',
    );
  }
  return bytes;
}

function between(least: number, most: number, what: string): (value: string) => number {
  return (value) => {
    const number = /^\d{1,5}$/.test(value) ? Number(value) : NaN;
    if (!(number >= least && number <= most))
      throw new InvalidArgumentError(`It is ${what}: a whole number from ${least} to ${most}.`);
    return number;
  };
}

/**
 * A URL of each drive, as libiscsi's tools and QEMU take it: `iscsi://[USER%SECRET@]127.0.0.1:PORT/TARGET/LUN`.
 */
export function driveUrls({
  all,
  chap,
  port,
  name,
}: Pick<Drives, 'all' | 'chap' | 'port' | 'name'>): string[] {
  const who = chap === undefined ? '' : `${chap.user}%${chap.secret}@`;
  return all.map(({ lun }) => `iscsi://${who}127.0.0.1:${port}/${name}/${lun}`);
}

async function checkDirectory(path: string, { luns, size }: ServeOptions): Promise<string> {
  const found = await stat(path).catch(() => undefined);
  if (found?.isDirectory() !== true)
    throw new UsageError(`--file ${path}: there is no such directory. Make it first: mkdir -p ${path}`);
  for (let lun = 0; lun < luns; lun++) {
    const file = driveFile(path, lun);
    const bytes = (await stat(file).catch(() => undefined))?.size ?? 0;
    if (bytes !== 0 && bytes !== size)
      throw new UsageError(`--file ${path}: ${file} has ${bytes} bytes, not ${size}. Say --size ${bytes}.`);
  }
  return resolve(path);
}

/** Nobody else may serve the drives of a directory meanwhile. */
async function locked(directory: string, interruption: Interruption): Promise<FileLock> {
  const waits = (): void => {
    process.stderr.write(`ulogcheck: somebody else serves the drives in ${directory}; waiting for its end\n`);
  };
  const lock = lockFile(join(directory, '.ulogcheck-lock'), 'exclusive', waits);
  return await interruption.during('the wait for the drives', lock);
}

/**
 * V8 lets its heap grow while there is much to do, the young generation to 32 MiB and the old one to twice what is in use, for
 * nothing: the target's garbage is small and dies at once. Kept small, the process takes some 60 MiB less, and no more
 * time. These flags are read each time the heap would grow.
 */
const SMALL_HEAP = '--semi-space-growth-factor=1 --heap-growing-percent=20';

/** Serves until it is asked to end. */
async function serve(options: ServeOptions): Promise<void> {
  setFlagsFromString(SMALL_HEAP);
  const { luns, idm, size, port, chap, file } = options;
  const directory = file === undefined ? undefined : await checkDirectory(file, options);
  using interruption = new Interruption();
  const ended = new Promise<void>((done) => interruption.onRequest(done));
  const lock = directory === undefined ? undefined : await locked(directory, interruption);
  try {
    await using drives = await Drives.serve({
      count: luns,
      ...(!idm && { idm }),
      bytes: size,
      ...(directory !== undefined && { directory }),
      address: { host: '127.0.0.1', port },
      ...(!chap && { chap }),
    });
    process.stdout.write(
      driveUrls(drives)
        .map((url) => `${url}\n`)
        .join(''),
    );
    await ended;
  } finally {
    lock?.release();
  }
}

/** Defines `ulogcheck disk`. */
export function addDisk(program: Command, finish: (status: number) => void): void {
  const disk = program.command('disk').description('emulated SCSI disks (docs/disks.md)');
  disk
    .command('serve')
    .description('serve emulated disks by iSCSI on this machine: print a URL of each when they are ready')
    .option('--luns <n>', 'how many', between(1, MOST_LUNS, 'the number of disks'), 1)
    .option('--idm', 'they have In-Drive-Mutexes', false)
    .addOption(
      new Option('--size <bytes>', 'of each, such as 64M or 10G; what is never written takes no space')
        .default(2 ** 26, '64M')
        .argParser(diskSize),
    )
    .option('--port <n>', 'TCP port on 127.0.0.1; 0: any free one', between(0, 65_535, 'a TCP port'), 0)
    .option('--chap', 'only who knows the user and secret in the URLs may log in', false)
    .option(
      '--file <dir>',
      'keep them as files in this directory, which is there, for the next time; default: in memory',
    )
    .addHelpText('after', '\nEnds with SIGINT or SIGTERM, with exit status 0.')
    .action(async (options: ServeOptions) => {
      await serve(options);
      finish(EXIT.ok);
    });
}
