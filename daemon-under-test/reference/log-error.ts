/** A refusal, with the errno that the kernel is told. */

/** Numbers of the errno values that the daemon uses (Linux, all architectures that matter here). */
export const Errno = {
  /** The request names something that the daemon knows to be wrong. */
  EINVAL: 22,
  /** "I do not know this log, rebuild it": makes the kernel send CTR and RESUME again (spec 2.5). */
  ESRCH: 3,
  /** The log device failed; or a defect of the daemon. */
  EIO: 5,
  /** The log device cannot be had. */
  ENXIO: 6,
  ENOMEM: 12,
  /** The log device, or the directory of the state files, is too small. */
  ENOSPC: 28,
} as const;

/** One of the numbers above. */
export type Errno = (typeof Errno)[keyof typeof Errno];

/** Thrown by the parts below dispatch to refuse a request; dispatch turns it into an error reply. */
export class LogError extends Error {
  readonly errno: Errno;

  constructor(errno: Errno, message: string) {
    super(message);
    this.name = 'LogError';
    this.errno = errno;
  }
}

/** The directory of the state files cannot be used; the message says why and what to do. */
export class StateDirectoryError extends Error {
  /** `busy`: another daemon has it. */
  constructor(
    readonly reason: 'unusable' | 'busy',
    message: string,
  ) {
    super(message);
    this.name = 'StateDirectoryError';
  }
}
