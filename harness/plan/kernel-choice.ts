import { z } from 'zod';

/** Where a kernel comes from: a suite of Debian's, packages that were named, a tree that somebody built; or it runs here. */
export const KERNEL_SOURCES = ['debian', 'packages', 'tree', 'host'] as const;

/** {@link KernelChoice} in a plan. */
export const kernelChoiceSchema = z.strictObject({
  /** The argument of `--kernel` that brought it. */
  spec: z.string(),
  /** Unique in a run, and good as the name of a folder; the release for Debian's kernels. */
  label: z.string().regex(/^[A-Za-z0-9][A-Za-z0-9.+~_-]*$/),
  /** What `uname -r` will say. */
  release: z.string(),
  /** Of Linux: `6.1.192`, `7.3-rc7`. */
  version: z.string(),
  /** Of Debian's package; null for others. */
  packageVersion: z.string().nullable(),
  /** Debian's suite that it is from; null for others. */
  suite: z.string().nullable(),
  flavour: z.string(),
  source: z.enum(KERNEL_SOURCES),
  /** All that harness/kernels knows of it, so that just this kernel is had again when the run is continued. */
  origin: z.unknown(),
});

/** A kernel that a run was asked for; nothing of it is fetched yet. */
export type KernelChoice = Readonly<z.infer<typeof kernelChoiceSchema>>;

/** What stands for kernels in a run without a test, which looks for none: each spec once, as the user wrote it. */
export function unneededKernels(specs: readonly string[]): KernelChoice[] {
  const taken = new Set<string>();
  return [...new Set(specs)].map((spec) => {
    const base = spec.replace(/[^A-Za-z0-9.+~_-]/g, '_').replace(/^[^A-Za-z0-9]+/, '') || 'kernel';
    let label = base;
    for (let count = 2; taken.has(label); count += 1) label = `${base}_${count}`;
    taken.add(label);
    const none = { release: spec, version: spec, packageVersion: null, suite: null, flavour: '' };
    return { ...none, spec, label, source: 'debian', origin: null };
  });
}

/** How a kernel of a run is called in a line of progress: by its version, if no other kernel has the same. */
export function shortName(
  { label, version }: Pick<KernelChoice, 'label' | 'version'>,
  kernels: readonly Pick<KernelChoice, 'version'>[],
): string {
  return kernels.filter((other) => other.version === version).length === 1 ? version : label;
}

/**
 * What to give to `--kernel` to get just this kernel again: its release, or its package's version and flavour where two
 * kernels share the release; and the files that somebody named.
 */
export function kernelArgument({
  label,
  release,
  packageVersion,
  suite,
  spec,
}: Pick<KernelChoice, 'label' | 'release' | 'packageVersion' | 'suite' | 'spec'>): string {
  // In no suite are files that were named, and kernels of the cache that Debian has dropped; `cached` means all of those.
  if (suite === null && !/^cached(:|$)/.test(spec)) return spec;
  if (label === release || packageVersion === null) return release;
  const [, flavour] = /-(cloud|rt)-amd64$/.exec(release) ?? [];
  return flavour === 'cloud' ? packageVersion : `${packageVersion}:${flavour ?? 'generic'}`;
}
