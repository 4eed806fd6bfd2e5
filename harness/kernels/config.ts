/** Something that a kernel's .config must say for the nodes to work. */
export interface OptionNeed {
  /** e.g. `CONFIG_PVH`. */
  readonly option: string;
  /** `built-in`: only y will do. `any`: y or m. `absent`: it must not be set. */
  readonly value: 'built-in' | 'any' | 'absent';
  readonly why: string;
  /** What happens without it. */
  readonly without: string;
  /** Without it a kernel can be tested all the same. */
  readonly optional?: true;
  /** Before this version of Linux another option does the same. */
  readonly before?: { readonly version: readonly [number, number]; readonly option: string };
}

/** A need that a .config does not meet. */
export interface Lack {
  readonly need: OptionNeed;
  /** As the .config should say it. */
  readonly wanted: string;
  /** As it says it. */
  readonly found: string;
}

/** Options of a .config by name; what is not set is not in it. `y`, `m`, or the text behind `=`. */
export function parseConfig(text: string): ReadonlyMap<string, string> {
  const options = new Map<string, string>();
  for (const line of text.split('\n')) {
    const [, name, value] = /^(CONFIG_\w+)=(.*?)\r?$/.exec(line) ?? [];
    if (name !== undefined && value !== undefined) options.set(name, value);
  }
  return options;
}

/** Major and minor version of the kernel, from the heading that every .config has; undefined without one. */
export function configVersion(text: string): readonly [number, number] | undefined {
  const [, major, minor] = /^# Linux\/\S+ (\d+)\.(\d+)\S* Kernel Configuration$/m.exec(text) ?? [];
  return major === undefined || minor === undefined ? undefined : [Number(major), Number(minor)];
}

/** What a .config lacks of the needs, in their order. Without a heading the kernel is taken for a new one. */
export function checkConfig(text: string, needs: readonly OptionNeed[]): Lack[] {
  const options = parseConfig(text);
  const version = configVersion(text);
  const lacks: Lack[] = [];
  for (const need of needs) {
    const option =
      need.before !== undefined && isOlder(version, need.before.version) ? need.before.option : need.option;
    const value = options.get(option);
    const met =
      need.value === 'absent'
        ? value === undefined || value === 'n'
        : value === 'y' || (value === 'm' && need.value === 'any');
    if (met) continue;
    lacks.push({
      need,
      wanted:
        need.value === 'absent'
          ? `# ${option} is not set`
          : `${option}=y${need.value === 'any' ? ' or m' : ''}`,
      found: value === undefined ? 'not set' : `${option}=${value}`,
    });
  }
  return lacks;
}

function isOlder(version: readonly [number, number] | undefined, than: readonly [number, number]): boolean {
  if (version === undefined) return false;
  return version[0] < than[0] || (version[0] === than[0] && version[1] < than[1]);
}
