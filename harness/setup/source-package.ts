import { readdir } from 'node:fs/promises';
import type { Cache } from '../cache/index.js';
import { withProgress, type ProgressSink } from '../progress.js';
import { forbidOffline } from './offline.js';
import { PackageError } from './packages-errors.js';
import { PackageLists } from './packages-lists.js';

/** One file of a source package, as the signed lists describe it. */
export interface SourceFile {
  readonly name: string;
  readonly sha256: string;
  /** Bytes. */
  readonly size: number;
}

/** A source package of one version: its .dsc and the archives that this one names. */
export interface SourcePackage {
  readonly name: string;
  readonly version: string;
  readonly files: readonly SourceFile[];
}

/**
 * The version of the sources that a binary package of that version was made from. A rebuild without a change of the
 * sources only adds `+b` and a number (Debian Policy 3.2.2). Right for packages that carry the version of their source.
 */
export function sourceVersion(version: string): string {
  return version.replace(/\+b\d+$/, '');
}

/** The sources of a package of a Debian release, through the lists of sources. */
export class SourceArchive {
  readonly #lists: PackageLists;

  constructor(
    private readonly cache: Cache,
    /** e.g. `trixie`. */
    private readonly codename: string,
    private readonly progress: ProgressSink = () => undefined,
  ) {
    this.#lists = new PackageLists(cache, progress, codename, 'deb-src');
  }

  /**
   * The sources of just that version. The lists are fetched anew once if they do not have it, for those of the binary
   * packages may be newer. Throws {@link PackageError}.
   */
  async resolve(name: string, version: string): Promise<SourcePackage> {
    let found = await this.#versions(name);
    if (!found.some((source) => source.version === version) && !this.#lists.refreshed) {
      forbidOffline(`the sources of ${name} ${version} in Debian ${this.codename}`);
      await this.#lists.refresh();
      found = await this.#versions(name);
    }
    const wanted = found.find((source) => source.version === version);
    if (wanted !== undefined) return wanted;
    const others = found.map((source) => source.version).join(', ');
    throw new PackageError(
      'unknown-package',
      `Debian ${this.codename} has no sources of ${name} ${version}, only of ${others === '' ? 'none' : others}: the ` +
        'mirror has changed since the lists of packages were fetched. They are fetched anew every six hours.',
    );
  }

  /** Directory of the files of a source package, from the cache if they are there. Throws {@link PackageError}. */
  async fetch({ name, version, files }: SourcePackage): Promise<string> {
    const inputs = { name, version, files: files.map((file) => [file.name, file.sha256]) };
    return this.cache.entry('source-package', inputs, async (directory) => {
      const megabytes = files.reduce((sum, { size }) => sum + size, 0) / 1e6;
      const what = `the sources of ${name} ${version} (${megabytes.toFixed(1)} MB)`;
      forbidOffline(what);
      const { mirror } = await this.#lists.archive();
      await withProgress(this.progress, 'fetch', `${what} from ${mirror.main}`, () =>
        this.#lists.withApt((apt) => apt.downloadSource(`${name}=${version}`, directory)),
      );
      const there = new Set(await readdir(directory));
      const missing = files.filter((file) => !there.has(file.name)).map((file) => file.name);
      if (missing.length > 0) {
        throw new PackageError('network', `apt-get source left out ${missing.join(', ')} of ${what}`);
      }
    });
  }

  async #versions(name: string): Promise<readonly SourcePackage[]> {
    const asked = await this.#lists.planned({ sourcesOf: name }, `the sources of ${name}`, async (apt) => ({
      found: parseSources(await apt.sourceStanzas(name)).filter((source) => source.name === name),
    }));
    return asked.found;
  }
}

/** Reads stanzas of a Sources list (deb822): `Checksums-Sha256` has one line of hash, bytes and name per file. */
export function parseSources(text: string): SourcePackage[] {
  return text.split(/\n\n+/).flatMap((stanza) => {
    const field = (name: string): string => new RegExp(`^${name}: *(.*)$`, 'm').exec(stanza)?.[1] ?? '';
    const sums = /^Checksums-Sha256:[^\n]*\n((?: .*(?:\n|$))*)/m.exec(stanza)?.[1] ?? '';
    const files = [...sums.matchAll(/^ ([0-9a-f]{64}) (\d+) (\S+)$/gm)].map(
      ([, sha256 = '', size, name = '']) => ({ name, sha256, size: Number(size) }),
    );
    const [name, version] = [field('Package'), field('Version')];
    return name === '' || version === '' || files.length === 0 ? [] : [{ name, version, files }];
  });
}
