import { KernelError, moduleName, parseConfig } from '../harness/kernels/index.js';

/** Something that a node's kernel must be able to do: one of these modules, loadable or built in. */
export interface ModuleNeed {
  /** Names in order of preference: kernels split and rename modules. */
  readonly alternatives: readonly string[];
  /** The kernel's build option, for the message when all are missing. */
  readonly option: string;
  /** Loaded while the node boots; the others are only carried, for modprobe. */
  readonly load: boolean;
  /** Only some tests need it: a kernel that is configured without it can be tested all the same. */
  readonly optional?: true;
}

/** What a kernel offers, as depmod tells it. Keys are names with `_` for `-`. */
export interface ModuleIndex {
  /** Name -> path of the module and of its dependencies, as in modules.dep (relative, or absolute). */
  readonly loadable: ReadonlyMap<string, { readonly path: string; readonly needs: readonly string[] }>;
  readonly builtin: ReadonlySet<string>;
  /**
   * Name -> names of modules that it asks for by name while it is loaded. Nobody answers in the initramfs, so that they
   * must be there before: libcrc32c without crc32c_generic is refused.
   */
  readonly soft: ReadonlyMap<string, readonly string[]>;
}

/** depmod's files of a kernel, as text. */
export interface ModuleFiles {
  /** `path: needed paths`. */
  readonly dep: string;
  /** A path per line. */
  readonly builtin: string;
  /** `softdep name pre: names post: names`. */
  readonly softdep?: string;
  /** `alias other-name name`; those with wildcards are of devices. */
  readonly alias?: string;
}

/** Parses what depmod and the build wrote about a kernel's modules. */
export function parseModuleIndex({ dep, builtin, softdep = '', alias = '' }: ModuleFiles): ModuleIndex {
  const loadable = new Map<string, { path: string; needs: string[] }>();
  for (const line of dep.split('\n')) {
    const colon = line.indexOf(':');
    if (colon < 0) continue;
    const path = line.slice(0, colon);
    const needs = line
      .slice(colon + 1)
      .split(' ')
      .filter((word) => word !== '');
    loadable.set(moduleName(path), { path, needs });
  }
  const names = builtin.split('\n').filter((line) => line !== '');
  return { loadable, builtin: new Set(names.map(moduleName)), soft: softNeeds(softdep, alias) };
}

function softNeeds(softdep: string, alias: string): Map<string, string[]> {
  const aliases = new Map<string, string>();
  for (const [, other = '', name = ''] of alias.matchAll(/^alias (\S+) (\S+)$/gm)) aliases.set(other, name);
  const soft = new Map<string, string[]>();
  for (const [, name = '', wanted = ''] of softdep.matchAll(
    /^softdep (\S+) pre: ([^:\n]*?)(?: post:.*)?$/gm,
  )) {
    const words = wanted.split(' ').filter((word) => word !== '');
    soft.set(
      moduleName(name),
      words.map((word) => moduleName(aliases.get(word) ?? word)),
    );
  }
  return soft;
}

/** Needs that a kernel was built for, and options of the optional ones that it was not. */
export function splitNeeds(
  needs: readonly ModuleNeed[],
  config: string,
): { readonly met: readonly ModuleNeed[]; readonly lacked: readonly string[] } {
  const options = parseConfig(config);
  const isLacked = ({ option, optional }: ModuleNeed): boolean => optional === true && !options.has(option);
  return {
    met: needs.filter((need) => !isLacked(need)),
    lacked: needs.filter(isLacked).map(({ option }) => option),
  };
}

/** Module files, each after all that it needs. */
export interface ModulePlan {
  /** Loaded at boot, in this order. */
  readonly load: readonly string[];
  /** All that must be in the image, those to load included. */
  readonly carry: readonly string[];
}

/**
 * Chooses the module files for a list of needs, of a kernel whose configuration has all their options. Throws KernelError
 * for a need that the kernel meets neither by a module nor built in: it is not whole, which must not pass for a kernel that
 * was meant to be without.
 */
export function planModules(index: ModuleIndex, needs: readonly ModuleNeed[], release: string): ModulePlan {
  const load = new Set<string>();
  const carry = new Set<string>();
  const add = (name: string, into: Set<string>, chain: readonly string[]): void => {
    const found = index.loadable.get(name);
    if (found === undefined || into.has(found.path)) return;
    if (chain.includes(name))
      throw new KernelError(`kernel ${release}: modules need each other: ${chain.join(', ')}`);
    const longer = [...chain, name];
    for (const path of found.needs) add(moduleName(path), into, longer);
    // These may well need each other.
    for (const wish of index.soft.get(name) ?? []) if (!longer.includes(wish)) add(wish, into, longer);
    into.add(found.path);
  };
  for (const { alternatives, option, load: atBoot } of needs) {
    const names = alternatives.map(moduleName);
    if (names.some((name) => index.builtin.has(name))) continue;
    const name = names.find((candidate) => index.loadable.has(candidate));
    if (name === undefined) {
      throw new KernelError(
        `kernel ${release} has no module ${alternatives.join(' or ')}, though its configuration sets ${option}: build its ` +
          'modules too (`make modules`), or fetch its packages again',
      );
    }
    if (atBoot) add(name, load, []);
    add(name, carry, []);
  }
  return { load: [...load], carry: [...carry] };
}
