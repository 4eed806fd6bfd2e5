import { constants } from 'node:fs';
import { access, statfs } from 'node:fs/promises';
import { Cache, cacheDirectory } from '../cache/index.js';
import { findCommand, runOwned } from '../setup/owned.mjs';
import { isOffline, OFFLINE_VARIABLE } from '../setup/offline.js';
import { archiveKeyring, hostMirror } from '../setup/packages-apt.js';
import { OLDEST_QEMU } from '../setup/packages-tools.js';
import { bytesText } from './clean.js';

/** What a check saw; `remedy` only when it is a problem. */
export interface Finding {
  readonly found: string;
  readonly remedy?: string;
}

/** What a check saw, with its name. */
export interface Diagnosis extends Finding {
  readonly name: string;
}

/** One thing that `doctor` looks at. */
export interface Check {
  readonly name: string;
  readonly look: () => Promise<Finding>;
}

/** Oldest Node that the package runs on (package.json `engines`, and harness/setup/machine.mjs). */
const OLDEST_NODE = { major: 20, minor: 19 };
/** What a run puts into an empty cache, and room to build it, bytes. */
const SPACE_NEEDED = 3e9;
/** How long the mirror may take for its answer, milliseconds. */
const MIRROR_DEADLINE_MS = 10_000;

const node: Check = {
  name: 'Node',
  look: () => {
    const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
    const old = major < OLDEST_NODE.major || (major === OLDEST_NODE.major && minor < OLDEST_NODE.minor);
    const remedy = `install Node ${OLDEST_NODE.major}.${OLDEST_NODE.minor} or newer`;
    return Promise.resolve(old ? { found: process.version, remedy } : { found: process.version });
  },
};

/** A program of the host that nothing in the cache replaces. */
function hostProgram(command: string, debianPackage: string): Check {
  return {
    name: command,
    look: () => {
      const path = findCommand(command);
      return Promise.resolve(
        path === undefined
          ? { found: 'not found in PATH', remedy: `install the Debian package ${debianPackage}` }
          : { found: path },
      );
    },
  };
}

const mirror: Check = {
  name: 'Debian mirror',
  look: async () => {
    if (isOffline()) return { found: `not asked: ${OFFLINE_VARIABLE} is set` };
    const { main } = await hostMirror();
    if (!/^https?:/.test(main)) return { found: main };
    const proxy = (await runOwned(['apt-config', 'dump'])).stdout.match(
      /^Acquire::https?::Proxy.* "(.+)";$/m,
    )?.[1];
    // apt knows the proxy, fetch does not; asking around it would prove nothing.
    if (proxy !== undefined) return { found: `${main}, through the proxy that apt is configured for` };
    try {
      const answer = await fetch(`${main}/dists/stable/InRelease`, {
        method: 'HEAD',
        signal: AbortSignal.timeout(MIRROR_DEADLINE_MS),
      });
      if (answer.ok) return { found: `${main} answers` };
      return {
        found: `${main} answers ${answer.status}`,
        remedy: 'set ULOGCHECK_MIRROR to the URI of a Debian archive',
      };
    } catch (error) {
      const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
      return {
        found: `${main} does not answer: ${cause instanceof Error ? cause.message : String(cause)}`,
        remedy:
          'check the network, or set ULOGCHECK_MIRROR to a Debian archive that can be reached; ' +
          'what the cache holds already works without it',
      };
    }
  },
};

const keyring: Check = {
  name: 'archive keyring',
  look: async () => ({ found: await archiveKeyring(await hostMirror()) }),
};

const kvm: Check = {
  name: 'KVM',
  look: async () => {
    try {
      await access('/dev/kvm', constants.R_OK | constants.W_OK);
      return { found: '/dev/kvm opens; used if a probe boot shows that it works, else TCG' };
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      const why = code === 'ENOENT' ? 'no /dev/kvm' : `/dev/kvm cannot be opened (${code ?? 'unknown'})`;
      return { found: `${why}: TCG is used, which is slower but works` };
    }
  },
};

const qemu: Check = {
  name: 'QEMU',
  look: async () => {
    const named = process.env['ULOGCHECK_QEMU'];
    const path = findCommand(named ?? 'qemu-system-x86_64');
    const unpacked = `Debian's QEMU is unpacked into the cache at the first run`;
    if (path === undefined) {
      return named === undefined
        ? { found: `none on this host; ${unpacked}` }
        : { found: `ULOGCHECK_QEMU=${named} does not exist`, remedy: 'correct it, or unset it' };
    }
    const { stdout } = await runOwned([path, '--version'], { deadlineMs: 10_000 });
    const version = /version (\d+(?:\.\d+)*)/.exec(stdout)?.[1] ?? 'of unknown version';
    if (Number(version.split('.')[0]) >= OLDEST_QEMU) return { found: `${path} ${version}` };
    return named === undefined
      ? { found: `${path} ${version} is older than ${OLDEST_QEMU}; ${unpacked}` }
      : {
          found: `${path} ${version}`,
          remedy: `QEMU ${OLDEST_QEMU} or newer is needed: correct ULOGCHECK_QEMU, or unset it`,
        };
  },
};

const cache: Check = {
  name: 'cache',
  look: async () => {
    const entries = await (await Cache.open()).usage();
    const bytes = entries.reduce((sum, entry) => sum + entry.bytes, 0);
    return { found: `${cacheDirectory()}: ${entries.length} entries, ${bytesText(bytes)}` };
  },
};

const space: Check = {
  name: 'disk space',
  look: async () => {
    const { bavail, bsize } = await statfs(cacheDirectory());
    const free = bavail * bsize;
    const found = `${bytesText(free)} free for the cache`;
    return free >= SPACE_NEEDED
      ? { found }
      : {
          found,
          remedy: `${bytesText(SPACE_NEEDED)} are needed: run \`ulogcheck clean\`, or set ULOGCHECK_CACHE to a larger disk`,
        };
  },
};

/** Everything that `doctor` looks at, in this order. */
export const CHECKS: readonly Check[] = [
  node,
  hostProgram('apt-get', 'apt'),
  hostProgram('dpkg-deb', 'dpkg'),
  hostProgram('flock', 'util-linux'),
  mirror,
  keyring,
  kvm,
  qemu,
  cache,
  space,
];
