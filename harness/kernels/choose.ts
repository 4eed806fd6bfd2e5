import type { Cache } from '../cache/index.js';
import type { ProgressSink } from '../progress.js';
import { Archives, type LeftOut } from './archives.js';
import { UnknownKernelError } from './errors.js';
import type { DebianChoice, KernelChoice } from './kernel.js';
import { chooseLocal } from './local.js';
import { compareOffers } from './match.js';
import { meantOffers, SHOWS_ALL, unknownText } from './meant.js';
import type { Flavour, KernelOffer } from './offers.js';
import { type DebianSpec, readSpecs } from './spec.js';

/** How kernels are chosen. */
export interface ChooseOptions {
  /** For specs that do not say it; `cloud` unless given. */
  readonly flavour?: Flavour;
  /** Is told of suites whose kernels were not considered. */
  readonly onLeftOut?: (left: LeftOut) => void;
}

/**
 * The kernels that the specs mean, the oldest first, each once; nothing of them is fetched but the lists of packages
 * that are needed to know them. Throws {@link UnknownKernelError} for all bad specs together, KernelSpecError for one
 * that can be none, and PackageError if the mirror does not answer and was never asked.
 */
export async function chooseKernels(
  cache: Cache,
  specs: readonly string[],
  options: ChooseOptions = {},
  progress: ProgressSink = () => undefined,
): Promise<KernelChoice[]> {
  const { flavour = 'cloud' } = options;
  const parsed = readSpecs(specs);
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
    const found = await meantOffers(cache, archives, spec, { flavour });
    if (found.length === 0) bad.push(await unknownText(archives, spec, flavour));
    chosen.push(...found.map((offer) => choiceOf(offer, spec)));
  }
  for (const left of archives.leftOut) options.onLeftOut?.(left);
  if (bad.length > 0) {
    const remedy = parsed.length > paths.length ? [SHOWS_ALL] : [];
    throw new UnknownKernelError([...bad, ...remedy].join('\n'));
  }
  return labelled(chosen);
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
