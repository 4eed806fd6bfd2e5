import { nearMisses } from '../plan/closest.js';
import type { Flavour, KernelOffer } from './offers.js';
import type { DebianSpec } from './spec.js';
import { compareVersions, isCandidate, seriesOf, versionOfRelease } from './version.js';

/** What the user may have meant by a spec that nothing matches: a sentence. */
export function closestText(spec: DebianSpec, offers: readonly KernelOffer[], flavour: Flavour): string {
  const { want } = spec;
  const inSuite = offers.filter(({ suites }) => spec.suite === undefined || suites.includes(spec.suite));
  const flavoured = inSuite.filter((offer) => offer.flavour === flavour);
  const versions = [...new Set(flavoured.map(({ version }) => version))].sort(compareVersions);
  if (versions.length === 0) {
    const where = spec.suite ?? 'what the mirror carries';
    return inSuite.length === 0
      ? `The mirror has no kernel in ${where}.`
      : `No kernel in ${where} is of flavour ${flavour}.`;
  }
  switch (want.kind) {
    case 'stable':
    case 'latest':
    case 'cached':
    case 'each':
      return `There are ${versions.join(', ')}.`;
    case 'series':
    case 'candidate': {
      const candidate = versions.filter((one) => seriesOf(one) === want.series && isCandidate(one)).at(-1);
      if (want.kind === 'series' && candidate !== undefined) {
        return `Of ${want.series} there are release candidates only: say ${want.series}-rc.`;
      }
      const series = [...new Set(versions.map(seriesOf))];
      return `There are ${series.join(', ')}.`;
    }
    case 'glob':
      return `There are ${[...new Set(versions.map(seriesOf))].join(', ')}; a pattern is of versions, such as 6.12.*.`;
    case 'name':
      return closestName(want.name, versions, inSuite);
  }
}

function closestName(name: string, versions: readonly string[], offers: readonly KernelOffer[]): string {
  const series = seriesOf(versionOfRelease(name));
  const sameSeries = versions.filter((version) => seriesOf(version) === series);
  if (sameSeries.length > 0) return `Of ${series} there are ${sameSeries.join(', ')}.`;
  const words = ['stable', 'latest', 'cached', 'debian/all', 'debian/each'];
  const near = nearMisses(name, [...words, ...offers.map(({ release }) => release)]);
  if (near.length > 0) return `Did you mean ${near.join(' or ')}?`;
  return `There are ${[...new Set(versions.map(seriesOf))].join(', ')}.`;
}
