/** Where a debugger is attached to a node, and how (`ulogcheck run --gdb`). */
import { join } from 'node:path';
import type { BaseEnvironment } from './environment.js';
import type { Node } from './node.js';

/** The modules that tests are about: what the kernel calls them, and where a tree has them. */
const MODULES = new Map([
  ['dm_log_userspace', 'drivers/md/dm-log-userspace.ko'],
  ['dm_mirror', 'drivers/md/dm-mirror.ko'],
  ['dm_region_hash', 'drivers/md/dm-region-hash.ko'],
  ['dm_log', 'drivers/md/dm-log.ko'],
]);

/** Prints for each loaded one its name and the address of its text. */
const LIST =
  `for module in ${[...MODULES.keys()].join(' ')}; do ` +
  'cd /sys/module/$module/sections 2>/dev/null && echo $module $(cat .text); done; :';

/** Where a node waits for a debugger. */
export interface DebuggerPlace {
  /** Name of the node. */
  readonly node: string;
  /** Unix socket of QEMU's gdb stub. */
  readonly socket: string;
  /** How to attach, for a person; one or more lines. */
  readonly advice: readonly string[];
}

/** Looks up what a debugger of this node needs to know. Throws GuestUnreachable. */
export async function placeForDebugger(
  { name, vm, session }: Node,
  kernel: BaseEnvironment['kernel'],
): Promise<DebuggerPlace> {
  const loaded = (await session.succeed(LIST))
    .split('\n')
    .map((line) => line.split(' '))
    .flatMap(([module, address]) => (module && address ? [{ module, address }] : []));
  return { node: name, socket: vm.gdbPath, advice: adviceFor(vm.gdbPath, kernel, loaded) };
}

/** The kernel boots from vmlinux itself, so that its text is where vmlinux says; modules are where they were loaded. */
export function adviceFor(
  socket: string,
  { release, tree }: Pick<BaseEnvironment['kernel'], 'release' | 'tree'>,
  loaded: readonly { readonly module: string; readonly address: string }[],
): string[] {
  const command = (vmlinux: string, symbols: readonly string[]): string =>
    ['gdb', word(vmlinux), ...[`target remote ${socket}`, ...symbols].map((one) => `-ex ${word(one)}`)].join(
      ' ',
    );
  const goOn = 'then set breakpoints and say `continue`: the test goes on';
  if (tree === undefined) {
    return [
      command(`/usr/lib/debug/boot/vmlinux-${release}`, []),
      `(this file is in Debian's package linux-image-${release}-dbg; without it gdb knows addresses only)`,
      ...loaded.map(({ module, address }) => `${module} is loaded at ${address}`),
      goOn,
    ];
  }
  const symbols = loaded.map(({ module, address }) => {
    return `add-symbol-file ${join(tree, MODULES.get(module) ?? module)} ${address}`;
  });
  return [command(join(tree, 'vmlinux'), symbols), goOn];
}

/** Quoted for a POSIX shell where it needs it. */
function word(text: string): string {
  return /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
}
