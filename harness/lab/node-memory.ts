/** The memory of nodes whose kernel has panicked, for crash(8) (`ulogcheck run --dump`). */
import { dirname } from 'node:path';
import type { History } from '../history/index.js';
import type { KernelFinding } from '../results/model.js';
import { makeDirectory } from '../setup/make-directory.js';
import { dumpMemory } from '../vm/index.js';
import type { Node } from './node.js';

/** What became of the memory of a node: the file's name, or why there is none. */
export type SavedMemory = NonNullable<KernelFinding['memory']>;

/** The file for the memory of a node, in the directory of its test. */
export function memoryFile({ name }: Pick<Node, 'name'>): string {
  return `${name}.vmcore`;
}

/** Writes the memory of a node into the file `path`; never throws. */
export async function saveMemory(node: Node, path: string): Promise<string | undefined> {
  try {
    await makeDirectory(dirname(path));
    await dumpMemory(await node.vm.qmp(), path);
    return undefined;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

/** The findings, each panic with what became of the memory of its node. */
export function withMemory(
  findings: readonly KernelFinding[],
  saved: ReadonlyMap<string, SavedMemory>,
  history?: Pick<History, 'events'>,
): KernelFinding[] {
  return findings.map((finding) => {
    if (finding.finding !== 'panic') return finding;
    const node = history?.events.find(({ n }) => n === finding.event)?.node;
    // Of a test without a history the event tells nothing; it seldom has two nodes that panicked.
    const memory = node === undefined ? [...saved.values()][0] : saved.get(node);
    return memory === undefined ? finding : { ...finding, memory };
  });
}
