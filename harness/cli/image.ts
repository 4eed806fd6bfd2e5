import { stat } from 'node:fs/promises';
import type { Command } from 'commander';
import { styleOf } from '../../reports/style.js';
import { clusteredLvm, imagePackages, nodeLayer, rootImage } from '../../vm-images/index.js';
import { Cache } from '../cache/index.js';
import type { Lvm } from '../plan/lvm.js';
import { EXIT } from '../results/exit-status.js';
import { packagesText, pinned } from '../setup/packages.js';
import { bytesText } from './clean.js';
import { chooseDaemon } from './daemon-option.js';
import { Interruption } from './interruption.js';
import { lvmOption, offlineOption, userlandOption } from './machine-options.js';
import { progressPrinter } from './progress-printer.js';

interface ImageOptions {
  readonly userland: string;
  readonly daemon: string;
}

interface BuildOptions extends ImageOptions {
  readonly lvm: Lvm;
}

function withImageOptions(command: Command): Command {
  return command
    .addOption(userlandOption())
    .option('--daemon <name|path>', 'with what this daemon needs: a profile by name or by path', 'reference')
    .addOption(offlineOption());
}

/** Builds the images, or finds them in the cache, and prints their paths. */
async function build({ userland, lvm, daemon }: BuildOptions): Promise<void> {
  const { profile } = await chooseDaemon(daemon);
  const progress = progressPrinter(process.stderr, styleOf(process.stderr));
  const cache = await Cache.open({ progress });
  const { subjectLayer } = await import('../lab/subject-layer.js');
  const root = await rootImage({ cache, progress, userland, extraPackages: profile.install.packages });
  const layers = [
    await nodeLayer(cache, progress),
    lvm === 'stock' ? undefined : await clusteredLvm({ cache, userland, progress }),
    await subjectLayer(cache, profile, progress),
  ];
  const names = ['root', 'node', 'lvm', profile.name];
  for (const [index, path] of [root, ...layers].entries()) {
    if (path === undefined) continue;
    const { size } = await stat(path);
    process.stdout.write(`${(names[index] ?? '').padEnd(12)}  ${bytesText(size).padStart(7)}  ${path}\n`);
  }
}

/** Prints the packages that the root image is made of, and where it lies. */
async function show({ userland, daemon }: ImageOptions): Promise<void> {
  const { profile } = await chooseDaemon(daemon);
  const progress = progressPrinter(process.stderr, styleOf(process.stderr));
  const cache = await Cache.open({ progress });
  const { packages, image } = await imagePackages({
    cache,
    progress,
    userland,
    extraPackages: profile.install.packages,
  });
  const where = image ?? 'not built yet: ulogcheck image build';
  process.stdout.write(
    packages.map((entry) => `${pinned(entry)}\n`).join('') +
      `userland ${userland} for ${profile.name}: ${packagesText(packages)} packed\n` +
      `image    ${where}\n`,
  );
}

/** Defines `ulogcheck image`. */
export function addImage(program: Command, finish: (status: number) => void): void {
  const command = program
    .command('image')
    .description('show or build what nodes boot into; `ulogcheck shell` enters it')
    .helpCommand(false);
  withImageOptions(
    command
      .command('show', { isDefault: true })
      .description('the packages of the root image with their versions, and where it lies'),
  ).action(async (options: ImageOptions) => {
    await show(options);
    finish(EXIT.ok);
  });
  withImageOptions(
    command
      .command('build')
      .description('build the root image and the layers, and print their paths')
      .addOption(lvmOption()),
  ).action(async (options: BuildOptions) => {
    using interruption = new Interruption();
    await interruption.during('the build of images', build(options));
    finish(EXIT.ok);
  });
}
