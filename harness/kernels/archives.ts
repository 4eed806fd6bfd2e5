import type { Cache } from '../cache/index.js';
import type { ProgressSink } from '../progress.js';
import { PackageError } from '../setup/packages-errors.js';
import { PackageSource, type ResolvedPackage } from '../setup/packages.js';
import { KERNEL_PACKAGES, offersOf, releaseOfPackage, type KernelOffer, type Offered } from './offers.js';

type Parts = Offered['missing'];

/**
 * Debian's releases, the oldest first: of two builds of one version the one of the newer release counts, which is
 * the one that the version was made for, and not its backport. Mirrors carry some of them.
 */
const RELEASES = ['bullseye', 'bookworm', 'trixie', 'forky', 'duke', 'sid', 'experimental'] as const;

/** Never had backports. */
const WITHOUT_BACKPORTS: readonly string[] = ['sid', 'experimental'];

/** All archives that may have kernels, the oldest release first. */
export const ARCHIVES: readonly string[] = RELEASES.flatMap((release) =>
  WITHOUT_BACKPORTS.includes(release) ? [release] : [release, `${release}-backports`],
);

/** How new the release is that an archive belongs to. */
export function archiveRank(archive: string): number {
  return ARCHIVES.indexOf(archive);
}

/** The archive whose lists tell of a suite: a security suite belongs to its release. */
export function archiveOfSuite(suite: string): string {
  return suite.replace(/-security$/, '');
}

/** How many archives are asked at once; the lists of the large ones cost some seconds of processor time each. */
const AT_ONCE = 3;

/** Kernels of a suite were not considered. */
export interface LeftOut {
  readonly suite: string;
  /** In one line. */
  readonly reason: string;
}

/** What the mirror offers, archive by archive, asked when it is needed. */
export class Archives {
  readonly #offers = new Map<string, Promise<readonly KernelOffer[]>>();
  readonly #leftOut: LeftOut[] = [];
  #told = 0;
  #stable: Promise<string> | undefined;

  constructor(
    private readonly cache: Cache,
    private readonly progress: ProgressSink,
  ) {}

  /** Codename of Debian's stable release. Throws {@link PackageError}. */
  stable(): Promise<string> {
    return (this.#stable ??= PackageSource.open(this.cache, 'stable', this.progress).then(
      ({ codename }) => codename,
    ));
  }

  /** The kernels of one archive. Throws {@link PackageError}, `no-suite` if the mirror does not carry it. */
  of(archive: string): Promise<readonly KernelOffer[]> {
    const known = this.#offers.get(archive);
    if (known !== undefined) return known;
    const asked = this.#ask(archive);
    this.#offers.set(archive, asked);
    return asked;
  }

  /**
   * The kernels of all archives that the mirror carries. What it does not carry, what the host's apt does not accept, or
   * what was never fetched when offline, is left out and that is said. Throws {@link PackageError} if the mirror is silent.
   */
  async all(): Promise<readonly KernelOffer[]> {
    // Stable first: a mirror that does not answer is waited for once.
    const stable = await this.stable();
    const offers = [...(await this.of(stable))];
    const others = ARCHIVES.filter((archive) => archive !== stable);
    for (let index = 0; index < others.length; index += AT_ONCE) {
      const some = others.slice(index, index + AT_ONCE);
      for (const found of await Promise.all(some.map((archive) => this.#ifThere(archive)))) {
        offers.push(...found);
      }
    }
    this.#sayLeftOut();
    return offers;
  }

  /** What was left out so far. */
  get leftOut(): readonly LeftOut[] {
    return this.#leftOut;
  }

  #sayLeftOut(): void {
    const reasons = new Map<string, string[]>();
    for (const { suite, reason } of this.#leftOut.slice(this.#told)) {
      reasons.set(reason, [...(reasons.get(reason) ?? []), suite]);
    }
    this.#told = this.#leftOut.length;
    for (const [detail, archives] of reasons) {
      this.#say(`kernels of ${archives.join(', ')} are left out`, detail);
    }
  }

  #say(what: string, detail: string): void {
    this.progress({ kind: 'begin', stage: 'setup', what });
    this.progress({ kind: 'end', stage: 'setup', what, ms: 0, detail });
  }

  async #ask(archive: string): Promise<readonly KernelOffer[]> {
    const source = await PackageSource.open(this.cache, archive, this.progress);
    const available = await source.available(KERNEL_PACKAGES);
    const { offers, missing } = offersOf(archive, available);
    if (missing.length === 0) return offers;
    return offersOf(archive, available, await this.#unlisted(source, missing)).offers;
  }

  /** Parts of kernels that the mirror still holds; none if that was never asked, and cannot be now, which is said. */
  async #unlisted(source: PackageSource, missing: Parts): Promise<readonly ResolvedPackage[]> {
    try {
      return await source.unlisted('linux', missing);
    } catch (error) {
      if (!(error instanceof PackageError)) throw error;
      const releases = new Set(missing.flatMap(({ name }) => releaseOfPackage(name) ?? []));
      this.#say(
        `kernels of ${source.codename} are left out: ${[...releases].join(', ')}`,
        `whether the mirror still has their modules cannot be asked: ${firstLine(error)}`,
      );
      return [];
    }
  }

  async #ifThere(archive: string): Promise<readonly KernelOffer[]> {
    try {
      return await this.of(archive);
    } catch (error) {
      if (!(error instanceof PackageError)) throw error;
      switch (error.failure) {
        case 'no-suite':
        case 'expired':
        case 'keyring':
        case 'offline':
          if (!this.#leftOut.some(({ suite }) => suite === archive)) {
            this.#leftOut.push({ suite: archive, reason: reasonOf(error) });
          }
          return [];
        case 'host':
        case 'mirror':
        case 'network':
        case 'unknown-package':
          throw error;
      }
    }
  }
}

/** Why kernels of a suite are left out; the same for suites that can be told of together. */
function reasonOf(error: PackageError): string {
  switch (error.failure) {
    case 'no-suite': {
      // To the hour: suites are asked one after the other.
      const since = error.since === undefined ? '' : ` (asked ${hourText(error.since)})`;
      return `the mirror has no such suite${since}`;
    }
    case 'offline':
      return 'offline, and its lists were never fetched';
    default:
      return firstLine(error);
  }
}

/** `2026-11-20, 14 h UTC`. */
function hourText(at: number): string {
  return `${new Date(at).toISOString().slice(0, 13).replace('T', ', ')} h UTC`;
}

function firstLine(error: Error): string {
  return error.message.split('\n')[0] ?? '';
}
