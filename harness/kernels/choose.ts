import { statSync } from 'node:fs';
import type { Cache } from '../cache/index.js';
import type { ProgressSink } from '../progress.js';
import { PackageError } from '../setup/packages-errors.js';
import { Archives, ARCHIVES, archiveOfSuite } from './archives.js';
import { cachedKernels, sameKernel } from './cached.js';
import { UnknownKernelError } from './errors.js';
import type { DebianChoice, KernelChoice } from './kernel.js';
import { chooseLocal } from './local.js';
import { compareOffers, matchOffers } from './match.js';
import type { Flavour, KernelOffer } from './offers.js';
import { KernelSpecError, parseSpecs, type DebianSpec, type PathKind } from './spec.js';
import { closestText } from './suggest.js';

/** How kernels are chosen. */
export interface ChooseOptions {
  /** For specs that do not say it; `cloud` unless given. */
  readonly flavour?: Flavour;
}

/**
 * The kernels that the specs mean, the oldest first, each once; nothing of them is fetched but the lists of packages
 * that are needed to know them. Throws {@link UnknownKernelError} for all bad specs together, and PackageError if the
 * mirror does not answer and was never asked.
 */
export async function chooseKernels(
  cache: Cache,
  specs: readonly string[],
  options: ChooseOptions = {},
  progress: ProgressSink = () => undefined,
): Promise<KernelChoice[]> {
  const { flavour = 'cloud' } = options;
  const parsed = parseAll(specs);
  const archives = new Archives(cache, progress);
  const chosen: KernelChoice[] = [];
  const bad: string[] = [];
  const paths = parsed.filter((spec) => spec.source === 'path');
  chosen.push(
    ...(await chooseLocal(paths, ({ text }, why) => {
      bad.push(`--kernel ${text}: ${why}`);
    })),
  );
  for (const spec of parsed) {
    if (spec.source === 'path') continue;
    const found = await choose(cache, archives, spec, flavour);
    if (found.length === 0) bad.push(await unknown(archives, spec, flavour));
    chosen.push(...found);
  }
  if (bad.length > 0) {
    const remedy =
      parsed.length > paths.length ? ['`ulogcheck kernels list --all` shows all that can be had.'] : [];
    throw new UnknownKernelError([...bad, ...remedy].join('\n'));
  }
  return labelled(chosen);
}

function look(path: string): PathKind {
  const found = statSync(path, { throwIfNoEntry: false });
  return found === undefined ? undefined : found.isDirectory() ? 'directory' : 'file';
}

function parseAll(specs: readonly string[]): ReturnType<typeof parseSpecs> {
  try {
    return parseSpecs(specs, look);
  } catch (error) {
    if (error instanceof KernelSpecError) throw new UnknownKernelError(error.message, { cause: error });
    throw error;
  }
}

async function choose(
  cache: Cache,
  archives: Archives,
  spec: DebianSpec,
  flavour: Flavour,
): Promise<DebianChoice[]> {
  const { want } = spec;
  if (want.kind === 'cached') return fromCache(cache, archives, spec, flavour);
  const stable = await archives.stable();
  const choice = (offer: KernelOffer): DebianChoice => choiceOf(offer, spec);
  const match = (offers: readonly KernelOffer[]): DebianChoice[] =>
    matchOffers(spec, offers, { flavour, stable }).map(choice);
  if (want.kind === 'stable') return match(await archives.of(stable));
  if (spec.suite !== undefined) return match(await suiteOffers(archives, spec.suite, stable));
  if (want.kind === 'name' && isUnambiguous(want.name)) {
    // No other archive can have the same: the lists of the others need not be fetched for it.
    const first = match(await archives.of(stable));
    if (first.length > 0) return first;
  }
  const found = match(await archives.all());
  if (found.length > 0 || want.kind !== 'name') return found;
  const dropped = (await cachedKernels(cache)).flatMap(({ offer }) => offer ?? []);
  return match(dropped);
}

/** A release or a package version of Debian: there is one build of it. */
function isUnambiguous(name: string): boolean {
  return name.includes('amd64') || /-\d/.test(name);
}

/** The suite that `stable` and `stable-backports` mean is known by its codename. */
async function suiteOffers(
  archives: Archives,
  suite: string,
  stable: string,
): Promise<readonly KernelOffer[]> {
  const archive = archiveOfSuite(suite.replace(/^stable(?=-|$)/, stable).replace(/^unstable$/, 'sid'));
  if (!ARCHIVES.includes(archive)) return [];
  return archives.of(archive);
}

async function fromCache(
  cache: Cache,
  archives: Archives,
  spec: DebianSpec,
  flavour: Flavour,
): Promise<DebianChoice[]> {
  const offers = (await cachedKernels(cache)).flatMap(({ offer }) => offer ?? []);
  const matched = matchOffers(spec, offers, { flavour, stable: '' });
  if (matched.length === 0) return [];
  // For the suites and for where to fetch what is missing of them; without lists it works as well.
  const known = await archives.all().catch((error: unknown) => {
    if (error instanceof PackageError) return [];
    throw error;
  });
  return matched.map((offer) => choiceOf(known.find((one) => sameKernel(one, offer)) ?? offer, spec));
}

function choiceOf(offer: KernelOffer, { text, suite }: DebianSpec): DebianChoice {
  const { release, version, packageVersion, flavour, archive, packages, suites } = offer;
  return {
    source: 'debian',
    spec: text,
    label: release,
    ...{ release, version, packageVersion, flavour, archive, packages },
    suite: suite !== undefined && suites.includes(suite) ? suite : (suites[0] ?? null),
  };
}

/** Sorted, each once, and each with a label of its own. */
function labelled(choices: readonly KernelChoice[]): KernelChoice[] {
  const byIdentity = new Map<string, KernelChoice>();
  for (const choice of choices) {
    const key = identityOf(choice);
    if (!byIdentity.has(key)) byIdentity.set(key, choice);
  }
  const sorted = [...byIdentity.values()].sort((a, b) =>
    compareOffers(
      { ...a, packageVersion: a.packageVersion ?? '' },
      { ...b, packageVersion: b.packageVersion ?? '' },
    ),
  );
  const taken = new Set<string>();
  return sorted.map((choice) => {
    const base = choice.release.replace(/[^A-Za-z0-9.+~_-]/g, '_');
    let label = base;
    for (let count = 2; taken.has(label); count += 1) {
      label =
        count === 2 && choice.packageVersion !== null
          ? `${base}_${choice.packageVersion}`
          : `${base}_${count}`;
    }
    taken.add(label);
    return { ...choice, label };
  });
}

function identityOf(choice: KernelChoice): string {
  switch (choice.source) {
    case 'debian':
      return `debian ${choice.release} ${choice.packageVersion}`;
    case 'packages':
      return `packages ${choice.files.join('\n')}`;
    case 'tree':
      return `tree ${choice.directory}`;
  }
}

async function unknown(archives: Archives, spec: DebianSpec, flavour: Flavour): Promise<string> {
  if (spec.want.kind === 'cached') return `--kernel ${spec.text}: the cache has no kernel`;
  if (spec.suite !== undefined && !ARCHIVES.includes(archiveOfSuite(spec.suite))) {
    return `--kernel ${spec.text}: no suite is called ${spec.suite}; there are ${ARCHIVES.join(', ')}`;
  }
  const offers = await archives.all();
  return `--kernel ${spec.text}: there is no such kernel. ${closestText(spec, offers, spec.flavour ?? flavour)}`;
}
