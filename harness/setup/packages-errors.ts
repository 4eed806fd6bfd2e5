/** Why packages cannot be had. */
export type PackageFailure =
  /** apt-get or dpkg-deb is missing, or the host is of another architecture. */
  | 'host'
  /** No Debian mirror is configured. */
  | 'mirror'
  /** No keyring, or one that does not know the archive's key. */
  | 'keyring'
  /** The mirror does not answer or has not what was asked. */
  | 'network'
  /** The mirror answers, and has no such release. */
  | 'no-suite'
  /** The mirror answers, and what it has of the release is older than its signature allows. */
  | 'expired'
  /** No such package in the suite. */
  | 'unknown-package'
  /** It is not in the cache, and nothing may be fetched. */
  | 'offline';

/** Packages cannot be had; the message says what was tried and what to do. */
export class PackageError extends Error {
  override name = 'PackageError';
  constructor(
    readonly failure: PackageFailure,
    message: string,
    options?: ErrorOptions & { readonly since?: number },
  ) {
    super(message, options);
    this.since = options?.since;
  }

  /** When the mirror said so, milliseconds since 1970, of what it said some time ago and was not asked again. */
  readonly since: number | undefined;
}
