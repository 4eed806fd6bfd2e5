/** One archive that the machine takes packages from, as apt's source files describe it. */
export interface AptSource {
  readonly uri: string;
  readonly suite: string;
  readonly components: readonly string[];
  /** Path of the keyring that signs it, if the entry names one by path. */
  readonly signedBy?: string;
}

/** Debian's own suites; a machine's other entries (vendors' repositories, derivatives) carry other names. */
const DEBIAN_SUITES = new Set(
  'buster bullseye bookworm trixie forky duke sid oldoldstable oldstable stable testing unstable'.split(' '),
);

/** Where fixes arrive in the suite itself: there is no security suite of this name. */
const WITHOUT_SECURITY = /^(sid|unstable|experimental|.*-backports)$/;

/** `trixie-security` -> `trixie`, `buster/updates` -> `buster`. */
function baseSuite(suite: string): string {
  return suite.replace(/(-security|-updates|-backports(-sloppy)?|-proposed-updates|\/updates)$/, '');
}

/** Parses a deb822 file (`*.sources`), sources.list(5). Disabled and source-only stanzas are left out. */
export function parseDeb822Sources(text: string): AptSource[] {
  const stanzas = text
    .split('\n')
    .filter((line) => !line.startsWith('#'))
    .join('\n')
    .split(/\n\s*\n/);
  return stanzas.flatMap((stanza) => {
    const fields = new Map<string, string>();
    let last = '';
    for (const line of stanza.split('\n')) {
      const field = /^([A-Za-z-]+):\s*(.*)$/.exec(line);
      if (field !== null) {
        last = (field[1] ?? '').toLowerCase();
        fields.set(last, (field[2] ?? '').trim());
      } else if (/^\s+\S/.test(line)) {
        fields.set(last, `${fields.get(last) ?? ''} ${line.trim()}`.trim());
      }
    }
    const words = (name: string): string[] =>
      (fields.get(name) ?? '').split(/\s+/).filter((word) => word !== '');
    if (!words('types').includes('deb') || /^(no|false|0)$/i.test(fields.get('enabled') ?? 'yes')) return [];
    const [signedBy] = words('signed-by');
    return words('uris').flatMap((uri) =>
      words('suites').map((suite) => source(uri, suite, words('components'), signedBy)),
    );
  });
}

/** Parses a one-line file (`*.list`), sources.list(5): `deb [option=value ...] URI SUITE COMPONENT...`. */
export function parseOneLineSources(text: string): AptSource[] {
  return text.split('\n').flatMap((line) => {
    const match = /^\s*deb\s+(?:\[([^\]]*)\]\s+)?(\S+)\s+(\S+)\s*([^#]*)/.exec(line);
    if (match === null) return [];
    const signedBy = /(?:^|\s)signed-by=(\S+)/.exec(match[1] ?? '')?.[1];
    const components = (match[4] ?? '').split(/\s+/).filter((word) => word !== '');
    return [source(match[2] ?? '', match[3] ?? '', components, signedBy)];
  });
}

function source(uri: string, suite: string, components: readonly string[], signedBy?: string): AptSource {
  const plain = { uri: uri.replace(/\/+$/, ''), suite, components };
  return signedBy?.startsWith('/') === true ? { ...plain, signedBy } : plain;
}

/** Where Debian's packages come from. */
export interface Mirror {
  /** URI of the main archive, without a slash at its end. */
  readonly main: string;
  /** URI of the security archive; undefined if the user said that there is none. */
  readonly security: string | undefined;
  readonly signedBy?: string;
}

/**
 * Finds the Debian mirror among the machine's entries: the first one with component main and a suite of
 * Debian's, leaving out media in a drive and entries for backports only. Its security archive is the entry of a
 * security suite, or else the sibling `debian-security` of the main archive. Gives undefined without any.
 */
export function findMirror(sources: readonly AptSource[]): Mirror | undefined {
  const debian = sources.filter(
    ({ uri, suite, components }) =>
      components.includes('main') && DEBIAN_SUITES.has(baseSuite(suite)) && !/^(cdrom|file|copy):/.test(uri),
  );
  const isSecurity = ({ suite }: AptSource): boolean => /(-security|\/updates)$/.test(suite);
  const main = debian.find((entry) => DEBIAN_SUITES.has(entry.suite) && !isSecurity(entry));
  if (main === undefined) return undefined;
  const security = debian.find(isSecurity)?.uri ?? securitySibling(main.uri);
  return main.signedBy === undefined
    ? { main: main.uri, security }
    : { main: main.uri, security, signedBy: main.signedBy };
}

/** `http://mirror/debian` -> `http://mirror/debian-security`. */
export function securitySibling(main: string): string {
  return /\/debian$/.test(main) ? `${main}-security` : `${main.replace(/\/[^/]*$/, '')}/debian-security`;
}

/** The mirror as the packages of one release or suite of backports need it: some have no security archive. */
export function mirrorFor(mirror: Mirror, codename: string): Mirror {
  return WITHOUT_SECURITY.test(codename) ? { ...mirror, security: undefined } : mirror;
}
