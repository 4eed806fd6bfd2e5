/** VPD page C3h, by which hosts learn the version (spec idm 4). */

/** Page code. */
export const VERSION_PAGE = 0xc3;
const VERSION_PAGE_BYTES = 112;
const MAJOR_AT = 0x60;

/** 112 bytes: page code in byte 1, length 6Ch in bytes 2-3, major version in byte 60h, all else 0. */
export function versionPage(major: number): Buffer {
  const page = Buffer.alloc(VERSION_PAGE_BYTES);
  page.writeUInt8(VERSION_PAGE, 1);
  page.writeUInt16BE(VERSION_PAGE_BYTES - 4, 2);
  page.writeUInt8(major, MAJOR_AT);
  return page;
}
