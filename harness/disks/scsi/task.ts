/** What a transport and a SCSI target device say to each other; nothing of iSCSI, nothing of disks. */

/** An I_T nexus: one initiator port's login to the target. */
export interface Nexus {
  /** iSCSI name of the initiator. Several nexuses of one host share it. */
  readonly initiator: string;
  /** The initiator's session id, 6 bytes in hex: with the name, the identity of the initiator port. */
  readonly isid: string;
  /** Name of the target. */
  readonly target: string;
  /** Counts logins, so that a nexus that came back is told from the one that was lost. */
  readonly login: number;
}

/** Which way the initiator says that data goes (the R and W bits of an iSCSI command). */
export type Direction = 'none' | 'read' | 'write' | 'both';

/** One SCSI command as it came from an initiator, with all its data. */
export interface ScsiTask {
  readonly nexus: Nexus;
  /** Decoded from the 8 bytes of peripheral or flat addressing (SAM-5, LUN addressing); undefined for other forms. */
  readonly lun: number | undefined;
  /** 16 bytes or more; short CDBs are padded with zeros. */
  readonly cdb: Buffer;
  readonly direction: Direction;
  /** Expected data transfer length in bytes: of data-out for `write` and `both`, else of data-in. */
  readonly expectedLength: number;
  /** Expected bytes of data-in of a `both` command; 0 otherwise. */
  readonly expectedReadLength: number;
  /**
   * All data-out, `expectedLength` bytes of it for `write` and `both`; else empty. Its memory is the transport's again when
   * the task has been answered: whoever keeps any of it makes a copy.
   */
  readonly dataOut: Buffer;
  /** Aborted by task management, loss of the nexus or a reset: then nobody waits for an answer any more. */
  readonly signal: AbortSignal;
  /** Whether it is aborted already, where that is cheaper to tell than by a signal. */
  readonly aborted?: boolean;
  /** Memory for data-in, with anything in it, that the transport takes back when it was sent; without it, one's own. */
  allocate?(bytes: number): Buffer;
}

/** How a task ended. */
export type TaskAnswer =
  | {
      readonly kind: 'status';
      /** See {@link STATUS}. */
      readonly status: number;
      /** Sense data, with CHECK CONDITION (and wherever a test wants it). */
      readonly sense?: Buffer;
      /** Data-in, already cut by the CDB's own allocation length; the transport cuts it by the expected length. */
      readonly dataIn?: Buffer;
      /**
       * Bytes that the CDB calls for, in its direction: what the residual is counted against. Without it
       * `dataIn`'s length for reads, and the expected length for writes: no residual.
       */
      readonly wanted?: number;
    }
  /** A fault: the connection that the task came by is dropped, unanswered. */
  | { readonly kind: 'drop-connection' }
  /** The task was aborted: nothing is sent. */
  | { readonly kind: 'aborted' };

/** The SCSI side of a target: its logical units, behind one transport. */
export interface ScsiTarget {
  /** Runs one task. Never rejects; a task that hangs on purpose settles when its signal is aborted. */
  execute(task: ScsiTask): Promise<TaskAnswer>;
  /** A login reached full feature phase. False refuses it (a path that a fault keeps down). */
  nexusBegan(nexus: Nexus): boolean;
  /** Logout or loss of the session: what belongs to the nexus only (SPC-2 reservations, unit attentions) goes. */
  nexusEnded(nexus: Nexus): void;
  /** By which a transport is told that the path of an initiator failed: it cuts all connections of that one at once. */
  whenPathFails?(cut: (initiator: string) => void): void;
  /** LOGICAL UNIT RESET. The transport has aborted the unit's tasks of all nexuses. False: no such unit. */
  resetUnit(lun: number | undefined, by: Nexus): boolean;
  /** Target warm or cold reset. The transport has aborted all tasks. */
  resetTarget(by: Nexus): void;
  /** True if the unit exists, for task management that only aborts. */
  hasUnit(lun: number | undefined): boolean;
}
