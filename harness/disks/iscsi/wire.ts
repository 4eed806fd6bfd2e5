import type { Duplex } from 'node:stream';

/** What carries a connection: a TCP or unix socket, or a stream of this process that plays one. `destroy` resets it. */
export interface Wire extends Duplex {
  /**
   * From now on `take` gets what comes, each time in memory that is used again when it returns. Without it, there is the
   * event `data`, whose memory stays.
   */
  consume?(take: (bytes: Buffer) => void): void;
  /**
   * Calls back when nothing that was written so far is looked at any more. Without it, that is so when a write calls back.
   */
  afterWritten?(callback: () => void): void;
  setNoDelay(noDelay?: boolean): unknown;
  /** By which the initiator came; undefined where there is none. */
  readonly localAddress?: string | undefined;
  readonly localPort?: number | undefined;
}
