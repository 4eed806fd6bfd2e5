/** Packages as an archive may list them, for unit tests. */
import type { AvailablePackage } from '../setup/packages.js';

/** A package; its hash is made up of name and version. */
export function sampleEntry(
  name: string,
  version: string,
  suites: readonly string[],
  depends = '',
): AvailablePackage {
  return { name, version, sha256: `hash of ${name} ${version}`, size: 1e6, suites, depends };
}

/** A kernel whose files are all in one package: up to 6.18. */
export function wholeKernel(release: string, version: string, ...suites: string[]): AvailablePackage[] {
  return [sampleEntry(`linux-image-${release}`, version, suites, 'kmod, linux-base (>= 4.3~)')];
}

/** A kernel in parts, with the empty package that depends on them. */
export function splitKernel(release: string, version: string, ...suites: string[]): AvailablePackage[] {
  const base = `linux-base-${release} (= ${version})`;
  return [
    sampleEntry(
      `linux-image-${release}`,
      version,
      suites,
      `${base}, linux-binary-${release} (= ${version}), linux-modules-${release} (= ${version})`,
    ),
    sampleEntry(`linux-binary-${release}`, version, suites, base),
    sampleEntry(`linux-modules-${release}`, version, suites, `kmod, ${base}`),
    sampleEntry(`linux-base-${release}`, version, suites),
  ];
}
