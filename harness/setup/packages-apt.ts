import { mkdir, readFile, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { exists } from './exists.js';
import { forbidOffline } from './offline.js';
import { PackageError } from './packages-errors.js';
import {
  findMirror,
  parseDeb822Sources,
  parseOneLineSources,
  securitySibling,
  type AptSource,
  type Mirror,
} from './packages-sources.js';
import { ToolError, runTool } from './packages-tool.js';

/** Settings of the host's apt that its network needs and that a private configuration must keep. */
const KEPT_SETTINGS =
  /^Acquire::(https?::|ftp::|tor::|Check-Valid-Until|Check-Date|Retries|ForceIPv[46]|Proxy-Auto)/;

const KEYRINGS = [
  '/usr/share/keyrings/debian-archive-keyring.pgp',
  '/usr/share/keyrings/debian-archive-keyring.gpg',
];

async function sourcesOfHost(directory: string): Promise<AptSource[]> {
  const sources: AptSource[] = [];
  const read = async (path: string): Promise<void> => {
    const text = await readFile(path, 'utf8').catch(() => '');
    sources.push(...(path.endsWith('.sources') ? parseDeb822Sources(text) : parseOneLineSources(text)));
  };
  await read(join(directory, 'sources.list'));
  const parts = await readdir(join(directory, 'sources.list.d')).catch(() => []);
  for (const name of parts.sort()) {
    if (/\.(sources|list)$/.test(name)) await read(join(directory, 'sources.list.d', name));
  }
  return sources;
}

/**
 * The mirror to use: ULOGCHECK_MIRROR (URI of a Debian archive; ULOGCHECK_SECURITY_MIRROR names the security
 * archive if it is not its sibling, `none` if there is none), else the machine's own. Throws {@link PackageError}.
 */
export async function hostMirror(env: NodeJS.ProcessEnv = process.env, etcApt = '/etc/apt'): Promise<Mirror> {
  const own = env['ULOGCHECK_MIRROR'];
  if (own !== undefined && own !== '') {
    const main = own.replace(/\/+$/, '');
    const security = env['ULOGCHECK_SECURITY_MIRROR'] ?? securitySibling(main);
    return { main, security: security === 'none' ? undefined : security.replace(/\/+$/, '') };
  }
  const mirror = findMirror(await sourcesOfHost(etcApt));
  if (mirror === undefined) {
    throw new PackageError(
      'mirror',
      `no Debian archive among the entries of ${etcApt}/sources.list and ${etcApt}/sources.list.d; ` +
        'set ULOGCHECK_MIRROR to the URI of a Debian archive (the directory that holds dists/ and pool/)',
    );
  }
  return mirror;
}

/** The keyring that the mirror's signatures are checked against. Throws {@link PackageError}. */
export async function archiveKeyring(mirror: Mirror): Promise<string> {
  for (const path of [mirror.signedBy, ...KEYRINGS]) {
    if (path !== undefined && (await exists(path))) return path;
  }
  throw new PackageError(
    'keyring',
    `no keyring for Debian's archive (looked for ${KEYRINGS.join(', ')}); install the package debian-archive-keyring`,
  );
}

/** Lines of apt.conf(5) that the host's network needs (proxies, retries, whether old lists will do). */
export async function networkSettings(): Promise<string[]> {
  const settings = (await hostTool('apt-config', ['dump'])).split('\n');
  return settings.filter((line) => KEPT_SETTINGS.test(line) && !line.endsWith(' "";'));
}

type AptProgram = 'apt-get' | 'apt-cache' | '/usr/lib/apt/apt-helper';

/**
 * An apt of our own: no packages installed, no settings of the host but those of its network, lists and
 * archives below one directory. It needs no root and touches nothing outside.
 */
export class PrivateApt {
  private constructor(
    private readonly directory: string,
    private readonly mirror: Mirror,
  ) {}

  /** Lays the configuration into `directory`. `sources` are lines of sources.list(5). */
  static async create(directory: string, mirror: Mirror, sources: readonly string[]): Promise<PrivateApt> {
    for (const part of ['lists/partial', 'cache/archives/partial', 'none']) {
      await mkdir(join(directory, part), { recursive: true });
    }
    const kept = await networkSettings();
    const settings = [
      `Dir::State "${directory}";`,
      `Dir::State::lists "${directory}/lists";`,
      `Dir::State::status "${directory}/status";`,
      `Dir::Cache "${directory}/cache";`,
      `Dir::Log "${directory}";`,
      `Dir::Etc::sourcelist "${directory}/sources.list";`,
      ...['sourceparts', 'parts', 'preferencesparts'].map((part) => `Dir::Etc::${part} "${directory}/none";`),
      'Dir::Etc::main "/dev/null";',
      'Dir::Etc::preferences "/dev/null";',
      'APT::Architecture "amd64";',
      'APT::Architectures "amd64";',
      'APT::Sandbox::User "";',
      'APT::Install-Recommends "false";',
      'Acquire::Languages "none";',
      // A mirror that swallows everything is given up after this many seconds.
      'Acquire::http::Timeout "15";',
      'Acquire::https::Timeout "15";',
      'Dpkg::Use-Pty "false";',
      // Nothing is installed here: the other index, without what is installed, would be the same again.
      'Dir::Cache::srcpkgcache "";',
      ...kept,
    ];
    await writeFile(join(directory, 'status'), '');
    await writeFile(join(directory, 'sources.list'), sources.map((line) => `${line}\n`).join(''));
    await writeFile(join(directory, 'apt.conf'), settings.map((line) => `${line}\n`).join(''));
    return new PrivateApt(directory, mirror);
  }

  /** Brings the lists up to date, all of them or none. Throws {@link PackageError}. */
  async update(): Promise<void> {
    forbidOffline(`fresh lists of packages from ${this.mirror.main}`);
    await this.#run('apt-get', ['-o', 'APT::Update::Error-Mode=any', '-o', 'Acquire::Retries=2', 'update']);
  }

  /** A value of an archive's signed InRelease file, e.g. `Codename`; the lists must be there. */
  async releaseField(suite: string, field: string): Promise<string | undefined> {
    for (const name of await readdir(join(this.directory, 'lists'))) {
      if (!name.endsWith(`_dists_${suite}_InRelease`)) continue;
      const text = await readFile(join(this.directory, 'lists', name), 'utf8');
      return new RegExp(`^${field}: *(.*)$`, 'm').exec(text)?.[1];
    }
    return undefined;
  }

  /** `name=version` of the packages and of all that they depend on, sorted. */
  async closure(names: readonly string[]): Promise<string[]> {
    const said = await this.#run('apt-get', ['-qq', '-y', '-s', 'install', ...names]);
    // "Inst libc6 (2.41-12 Debian:13.1/stable [amd64])"
    return [...said.matchAll(/^Inst (\S+) \((\S+) /gm)]
      .map(([, name, version]) => `${name}=${version}`)
      .sort();
  }

  /** The control stanzas of the packages (`name` or `name=version`), newest version each, or all versions. */
  async stanzas(
    names: readonly string[],
    versions: 'newest' | 'all' = 'newest',
  ): Promise<ReadonlyMap<string, string>[]> {
    const which = versions === 'newest' ? '--no-all-versions' : '--all-versions';
    const said = await this.#run('apt-cache', [which, 'show', ...names]);
    return said
      .split(/\n\n+/)
      .filter((stanza) => stanza.includes('Package:'))
      .map(
        (stanza) =>
          new Map([...stanza.matchAll(/^([A-Za-z0-9-]+): (.*)$/gm)].map(([, k, v]) => [k ?? '', v ?? ''])),
      );
  }

  /** The suites that hold each version of the packages, by `name=version`. */
  async suites(names: readonly string[]): Promise<ReadonlyMap<string, readonly string[]>> {
    // "linux-image-amd64 | 6.12.94-1 | http://mirror/debian trixie/main amd64 Packages"
    const said = await this.#run('apt-cache', ['madison', ...names]);
    const suites = new Map<string, string[]>();
    for (const [, name, version, suite] of said.matchAll(
      /^ *(\S+) \| +(\S+) \| \S+ ([^\s/]+)\/\S+ \S+ Packages$/gm,
    )) {
      const pinned = `${name ?? ''}=${version ?? ''}`;
      suites.set(pinned, [...(suites.get(pinned) ?? []), suite ?? '']);
    }
    return suites;
  }

  /** Names of the packages that match a regular expression of apt's (names only). */
  async search(pattern: string): Promise<string[]> {
    const said = await this.#run('apt-cache', ['--names-only', 'search', pattern]);
    return [...said.matchAll(/^(\S+) - /gm)].map(([, name]) => name ?? '').sort();
  }

  /** Downloads packages (`name=version`) into `directory`; apt checks their hashes against the signed lists. */
  async download(names: readonly string[], directory: string): Promise<void> {
    forbidOffline(names.join(', '));
    await this.#run('apt-get', ['-q', '-o', 'Acquire::Retries=2', 'download', ...names], directory);
  }

  /** Downloads a file of the main archive, which no list vouches for, into `directory`. */
  async downloadFile(path: string, directory: string): Promise<void> {
    forbidOffline(path);
    const target = join(directory, path.replace(/^.*\//, ''));
    const uri = `${this.mirror.main}/${path}`;
    await this.#run('/usr/lib/apt/apt-helper', [
      '-q',
      '-o',
      'Acquire::Retries=2',
      'download-file',
      uri,
      target,
    ]);
  }

  /** The stanzas of a source package, all its versions; the lists must be of sources. */
  async sourceStanzas(name: string): Promise<string> {
    return this.#run('apt-cache', ['--only-source', 'showsrc', name]);
  }

  /** Downloads the files of a source package (`name=version`); apt checks their hashes against the signed lists. */
  async downloadSource(name: string, directory: string): Promise<void> {
    forbidOffline(`the sources ${name}`);
    const options = ['-q', '-o', 'Acquire::Retries=2', '--download-only', '--only-source'];
    await this.#run('apt-get', ['source', ...options, name], directory);
  }

  async #run(program: AptProgram, args: readonly string[], cwd?: string): Promise<string> {
    const env = { APT_CONFIG: join(this.directory, 'apt.conf') };
    try {
      return await hostTool(program, args, env, cwd);
    } catch (error) {
      if (error instanceof ToolError) throw explain(error, this.mirror);
      throw error;
    }
  }
}

/** Runs one of the host's own packaging programs; a missing one is a {@link PackageError}. */
export async function hostTool(
  program: AptProgram | 'apt-config' | 'dpkg-deb',
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
  cwd?: string,
): Promise<string> {
  try {
    return await runTool({ command: [program], env }, args, cwd === undefined ? {} : { cwd });
  } catch (error) {
    if (error instanceof ToolError && /is not there:/.test(error.message)) {
      throw new PackageError(
        'host',
        `${program} is missing: this needs a Debian host (or one with apt and dpkg installed)`,
        {
          cause: error,
        },
      );
    }
    throw error;
  }
}

function explain(error: ToolError, mirror: Mirror): PackageError {
  const { output } = error;
  const because = output
    .split('\n')
    .filter((line) => /^[EW]:/.test(line))
    .slice(0, 6)
    .join('\n');
  if (/NO_PUBKEY|Missing key|not signed|signatures couldn't be verified/i.test(output)) {
    return new PackageError(
      'keyring',
      `the signatures of ${mirror.main} cannot be checked; update the package debian-archive-keyring:\n${because}`,
      { cause: error },
    );
  }
  if (/is expired|Valid-Until/.test(output)) {
    return new PackageError(
      'expired',
      `the mirror ${mirror.main} has stood still for too long: set another one with ULOGCHECK_MIRROR, or allow it ` +
        `with Acquire::Check-Valid-Until "false"; in the host's apt configuration:\n${because}`,
      { cause: error },
    );
  }
  const suite = /The repository '\S+ (\S+) Release' does not have a Release file/.exec(output)?.[1];
  if (suite !== undefined) {
    return new PackageError(
      'no-suite',
      `${mirror.main} has no ${suite}; mirrors drop releases that are no longer supported. Set one with ` +
        `ULOGCHECK_MIRROR (and ULOGCHECK_SECURITY_MIRROR, \`none\` if there is none) that has it:\n${because}`,
      { cause: error },
    );
  }
  const missing =
    /Unable to locate package (\S+)|Version '\S+' for '(\S+)' was not found|No packages found/.exec(output);
  if (missing !== null) {
    return new PackageError('unknown-package', `${mirror.main} has no such package:\n${because}`, {
      cause: error,
    });
  }
  return new PackageError(
    'network',
    `cannot get packages from ${mirror.main}` +
      `${mirror.security === undefined ? '' : ` and ${mirror.security}`}: check the network and the proxy settings, ` +
      `or set ULOGCHECK_MIRROR (and ULOGCHECK_SECURITY_MIRROR, \`none\` if there is none):\n${because === '' ? error.message : because}`,
    { cause: error },
  );
}
