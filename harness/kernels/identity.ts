/** What a kernel is made of: a package (name, version, hash), a file (name, hash), or the hash of a file in a tree. */
export type Part = string | readonly string[];

/** Changes whenever a byte of the kernel may, or what is laid into its entry does (`layout`): for cache keys. */
export function kernelIdentity(parts: readonly Part[], layout: number): string[] {
  return [...parts.map(textOf), `layout ${layout}`];
}

function textOf(part: Part): string {
  if (typeof part === 'string') return part;
  const hash = part.at(-1) ?? '';
  return `${part.slice(0, -1).join('=')} ${hash}`;
}
