import type { Direction, Nexus, ScsiTask } from '../scsi/task.js';
import type { Share } from './budget.js';
import type { Connection } from './connection.js';
import type { DataOutReceiver } from './data-out.js';
import type { Loan } from './memory-pool.js';

/** What a command came with. */
export interface CommandRequest {
  readonly nexus: Nexus;
  readonly lun: number | undefined;
  readonly lunBytes: Buffer;
  readonly itt: number;
  readonly cmdSn: number;
  readonly immediate: boolean;
  readonly cdb: Buffer;
  readonly direction: Direction;
  readonly expectedLength: number;
  readonly expectedReadLength: number;
}

const NOTHING = Buffer.alloc(0);

/** One SCSI command under way, from its arrival to its answer or its abort. */
export class Command implements ScsiTask {
  readonly nexus: Nexus;
  readonly lun: number | undefined;
  readonly cdb: Buffer;
  readonly direction: Direction;
  readonly expectedLength: number;
  readonly expectedReadLength: number;
  dataOut: Buffer = NOTHING;
  /** All commands before it have come: it counts as one under way. */
  begun = false;
  /** Its share of the session's memory, once it has asked for it. */
  share: Share | undefined;
  /** Answered or aborted: nothing is to be sent for it any more. */
  over = false;
  /** Settles when the device has let go of it. */
  running: Promise<void> | undefined;
  #abort: AbortController | undefined;

  constructor(
    readonly request: CommandRequest,
    /** The only connection on which its data and its answer may go (RFC 7143 4.2.5.1). */
    readonly connection: Connection,
    /** Of commands with data-out. */
    readonly receiver: DataOutReceiver | undefined,
    /** Memory for its data, both ways. */
    readonly loan: Loan,
  ) {
    this.nexus = request.nexus;
    this.lun = request.lun;
    this.cdb = request.cdb;
    this.direction = request.direction;
    this.expectedLength = request.expectedLength;
    this.expectedReadLength = request.expectedReadLength;
  }

  /** Bytes of data-in that the initiator takes. */
  get readLength(): number {
    switch (this.direction) {
      case 'read':
        return this.expectedLength;
      case 'both':
        return this.expectedReadLength;
      case 'write':
      case 'none':
        return 0;
    }
  }

  /** Made when somebody looks at it: most commands end without. */
  get signal(): AbortSignal {
    this.#abort ??= new AbortController();
    if (this.over) this.#abort.abort();
    return this.#abort.signal;
  }

  get aborted(): boolean {
    return this.over;
  }

  allocate(bytes: number): Buffer {
    return this.loan.take(bytes);
  }

  abort(): void {
    this.over = true;
    this.#abort?.abort();
  }
}
