import type { ResolvedPackage } from '../setup/packages.js';
import type { Flavour } from './offers.js';

/** A kernel that was chosen, before anything of it is fetched. Plain data. */
export type KernelChoice = DebianChoice | PackagesChoice | TreeChoice;

interface CommonChoice {
  /** The argument of `--kernel` that brought it. */
  readonly spec: string;
  /** Each once among kernels that were chosen together; fit for the name of a folder. The release, unless two share it. */
  readonly label: string;
  /** What `uname -r` says, e.g. `6.1.0-56-cloud-amd64`. */
  readonly release: string;
  /** Of Linux, e.g. `6.1.192`, `7.3-rc7`. */
  readonly version: string;
}

/** One of Debian's. */
export interface DebianChoice extends CommonChoice {
  readonly source: 'debian';
  /** e.g. `6.12.117-1`. */
  readonly packageVersion: string;
  /** e.g. `trixie-security`; null for one of the cache that no suite holds any more. */
  readonly suite: string | null;
  readonly flavour: Flavour;
  /** Whose lists name it: `trixie` for both `trixie` and `trixie-security`. */
  readonly archive: string;
  readonly packages: readonly ResolvedPackage[];
}

/** From .deb files. */
export interface PackagesChoice extends CommonChoice {
  readonly source: 'packages';
  readonly packageVersion: string;
  readonly suite: null;
  readonly flavour: Flavour;
  /** Absolute paths of the files. */
  readonly files: readonly string[];
}

/** A built kernel tree, or an installed kernel. */
export interface TreeChoice extends CommonChoice {
  readonly source: 'tree';
  readonly packageVersion: null;
  readonly suite: null;
  readonly flavour: Flavour;
  /** Absolute. */
  readonly directory: string;
  /** As `make` leaves it, or as `make install modules_install` and packages do. */
  readonly layout: 'built' | 'installed';
}

/** A kernel, ready to boot, from the cache. All paths are absolute. */
export interface Kernel {
  readonly label: string;
  /** What `uname -r` says, e.g. `6.12.117+deb13-cloud-amd64`. */
  readonly release: string;
  /** Of Linux, e.g. `6.12.117`. */
  readonly version: string;
  /** e.g. `6.12.117-1`; null for one that is no Debian package. */
  readonly packageVersion: string | null;
  readonly suite: string | null;
  /** A bzImage, or, of a tree where it was linked last, an uncompressed vmlinux. */
  readonly bzImage: string;
  /** Holds modules.dep, modules.builtin and, below kernel/, those modules that nodes may need, unpacked. */
  readonly modulesDirectory: string;
  readonly config: string;
  /** Changes whenever a byte of the kernel may: for cache keys. */
  readonly identity: readonly string[];
}
