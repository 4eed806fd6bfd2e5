/** The exit statuses of `ulogcheck`; 69 and 64 are EX_UNAVAILABLE and EX_USAGE of sysexits.h. */
export const EXIT = {
  ok: 0,
  /** A MUST failed. */
  failed: 1,
  /** A MUST was tested, and nothing can be said about it; or the kernel reported something about itself. */
  unknown: 2,
  usage: 64,
  /** The host or the harness was at fault, or nothing was judged at all. */
  infra: 69,
  interrupted: 130,
} as const;
