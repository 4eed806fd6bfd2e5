/** The two ends of a search among kernels, and the flavour of all between them. */
import type { Flavour, KernelChoice } from '../kernels/index.js';
import { UsageError } from './errors.js';

/** What `bisect` was told of the kernels. */
export interface EndSpecs {
  readonly good: string;
  readonly bad: string;
  /** Of `--flavour`; undefined: what the two say themselves, or else cloud. */
  readonly flavour: Flavour | undefined;
}

/** Where a search begins and ends, and what flavour the kernels between have. */
export interface Ends {
  readonly from: KernelChoice;
  readonly to: KernelChoice;
  readonly flavour: Flavour;
}

/** Gives the kernels that a spec means, of a flavour where the spec does not say it. */
export type Choose = (spec: string, flavour: Flavour) => Promise<readonly KernelChoice[]>;

/**
 * Finds both ends. A flavour that only one of them names holds for the other one, too, and for all between, so that a
 * border is between two versions and not between two flavours. Kernels that somebody built have none. Throws
 * {@link UsageError} for a spec that means several kernels, for two ends that are the same version, and for two of
 * different flavours; and what `choose` throws.
 */
export async function endsOf({ good, bad, flavour }: EndSpecs, choose: Choose): Promise<Ends> {
  const both = async (wanted: Flavour): Promise<Ends> => {
    const from = single('--good', good, await choose(good, wanted));
    const to = single('--bad', bad, await choose(bad, wanted));
    return { from, to, flavour: flavourOf(from) ?? flavourOf(to) ?? wanted };
  };
  let ends = await both(flavour ?? 'cloud');
  if (flavour === undefined && differ(ends)) {
    const named = [ends.from, ends.to].map(flavourOf).find((one) => one !== 'cloud');
    if (named !== undefined) ends = await both(named);
  }
  const { from, to } = ends;
  if (differ(ends)) throw new UsageError(differText(ends, { good, bad, flavour }));
  if (flavour !== undefined && ends.flavour !== flavour) {
    throw new UsageError(
      `--good ${good} and --bad ${bad} are of flavour ${ends.flavour}, and --flavour says ${flavour}; leave it out`,
    );
  }
  if (from.version === to.version && from.source === to.source) {
    throw new UsageError(`--good ${good} and --bad ${bad} are the same version, ${from.version}`);
  }
  return ends;
}

function single(option: string, spec: string, choices: readonly KernelChoice[]): KernelChoice {
  const [choice, ...others] = choices;
  if (choice !== undefined && others.length === 0) return choice;
  const labels = choices.map(({ label }) => label).join(', ');
  throw new UsageError(`${option} ${spec}: means ${choices.length} kernels, and one is needed: ${labels}`);
}

/** Of Debian's kernels; what somebody built is compared with any. */
function flavourOf({ source, flavour }: KernelChoice): Flavour | undefined {
  return source === 'debian' ? flavour : undefined;
}

function differ({ from, to }: Ends): boolean {
  const [one, other] = [flavourOf(from), flavourOf(to)];
  return one !== undefined && other !== undefined && one !== other;
}

function differText({ from, to }: Ends, { good, bad, flavour }: EndSpecs): string {
  return [
    `--good ${good} is of flavour ${from.flavour} (${from.release}), and --bad ${bad} of flavour ${to.flavour} (${to.release}):`,
    `what was found between them might be about the flavour. Give two of one flavour, e.g. --good ${from.version}:${to.flavour}`,
    flavour === undefined ? '' : `(--flavour ${flavour} is for names that do not say it)`,
  ]
    .join(' ')
    .trim();
}
