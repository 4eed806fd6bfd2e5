/** A member of an archive. Owner is always root, time always 0: the same members give the same bytes. */
export type CpioMember =
  | { readonly path: string; readonly kind: 'directory'; readonly mode?: number }
  | { readonly path: string; readonly kind: 'file'; readonly mode: number; readonly data: Uint8Array }
  | { readonly path: string; readonly kind: 'link'; readonly target: string };

const TYPE_BITS = { directory: 0o040000, file: 0o100000, link: 0o120000 } as const;

/** Archives are padded to this, so that another one may follow in the same initramfs. */
const BLOCK = 512;

/**
 * A "newc" cpio archive as Linux takes it for an initramfs (kernel documentation,
 * driver-api/early-userspace/buffer-format): per member a header of 6 + 13 x 8 ASCII hex digits, the path with a
 * NUL, padding to 4 bytes, the data, padding to 4 bytes; at the end the member TRAILER!!!. Directories must come
 * before what lies in them; paths have no slash in front.
 */
export function cpioArchive(members: readonly CpioMember[]): Buffer {
  const parts: Buffer[] = [];
  let length = 0;
  const push = (bytes: Uint8Array, align: number): void => {
    const padding = (align - ((length + bytes.length) % align)) % align;
    parts.push(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length), Buffer.alloc(padding));
    length += bytes.length + padding;
  };
  let inode = 1;
  const member = (path: string, mode: number, links: number, data: Uint8Array): void => {
    const name = Buffer.from(`${path}\0`);
    const fields = [inode++, mode, 0, 0, links, 0, data.length, 0, 0, 0, 0, name.length, 0];
    const header = `070701${fields.map((field) => field.toString(16).padStart(8, '0')).join('')}`;
    push(Buffer.concat([Buffer.from(header), name]), 4);
    push(data, 4);
  };
  for (const entry of members) {
    if (entry.path === '' || entry.path.startsWith('/')) {
      throw new RangeError(`cpio: path "${entry.path}" must be relative and not empty`);
    }
    switch (entry.kind) {
      case 'directory':
        member(entry.path, TYPE_BITS.directory | (entry.mode ?? 0o755), 2, new Uint8Array());
        break;
      case 'file':
        member(entry.path, TYPE_BITS.file | entry.mode, 1, entry.data);
        break;
      case 'link':
        member(entry.path, TYPE_BITS.link | 0o777, 1, Buffer.from(entry.target));
        break;
    }
  }
  inode = 0;
  member('TRAILER!!!', 0, 1, new Uint8Array());
  push(new Uint8Array(), BLOCK);
  return Buffer.concat(parts);
}

/** The directories above the given paths, each once, parents first: what an archive needs before its files. */
export function directoriesOf(paths: readonly string[]): string[] {
  const found = new Set<string>();
  for (const path of paths) {
    const parts = path.split('/').slice(0, -1);
    parts.forEach((_, index) => found.add(parts.slice(0, index + 1).join('/')));
  }
  return [...found].sort();
}
