import { dirname, join } from 'node:path';
import type { RunResults } from '../harness/results/model.js';

/** What the kernel reported in which test, and why it is allowed there, on one line. */
export function findingLine({ finding, title, test, allowed }: RunResults['findings'][number]): string {
  const excuse = allowed === undefined ? '' : ` (allowed: ${allowed})`;
  return `the kernel reported in "${test}": ${finding}: ${title}${excuse}`;
}

/**
 * Where the memory of a panicked kernel is, and how it is read; the kernel's symbols come with its tree, or in a package
 * of Debian's. Nothing when nobody asked for it.
 */
export function memoryLines(
  { memory, path, kernel: label }: RunResults['findings'][number],
  { kernels }: Pick<RunResults, 'kernels'>,
  out: string,
): string[] {
  if (memory === undefined) return [];
  if ('problem' in memory) return [memory.problem];
  const kernel = kernels.find((one) => one.label === label);
  const file = join(out, dirname(path), memory.file);
  if (kernel?.packageVersion === null) {
    return [`memory of the node: ${file}`, `read it with: crash ${join(kernel.spec, 'vmlinux')} ${file}`];
  }
  const release = kernel?.release ?? label;
  return [
    `memory of the node: ${file}`,
    `read it with: crash /usr/lib/debug/boot/vmlinux-${release} ${file} (vmlinux is in linux-image-${release}-dbg)`,
  ];
}
