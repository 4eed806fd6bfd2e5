/** What a kernel is made of: a package (name, version, hash), a file (name, hash), or the hash of a file in a tree. */
export type Part = string | readonly string[];

/** Changes whenever a byte of the kernel may, or what is laid into its entry does (`layout`): for cache keys. */
export function kernelIdentity(parts: readonly Part[], layout: number): string[] {
  return [...parts.map((part) => (typeof part === 'string' ? part : part.join(' '))), `layout ${layout}`];
}
