import { setImmediate } from 'node:timers/promises';
import { fixedSense } from '../../scsi/sense.js';
import { STATUS } from '../../scsi/status.js';
import type { Nexus, ScsiTarget, ScsiTask, TaskAnswer } from '../../scsi/task.js';

const BLOCK = 512;

/**
 * A plain disk in memory for tests of the transport: just enough of SCSI for an initiator to find and use it. Opcode F0h
 * answers its data-out, or as many bytes as bytes 10 to 13 say; FFh hangs until it is aborted; FEh drops the connection.
 */
export class MemoryDevice implements ScsiTarget {
  readonly bytes: Buffer;
  /** Everything that was asked of it but commands. */
  readonly events: string[] = [];
  readonly tasks: ScsiTask[] = [];
  /** How the next nexus is received. */
  admits = true;
  /** Keeps `tasks`; not for long runs. */
  remembers = true;
  /** Commands that hang now. */
  hanging = 0;
  /** Commands answer in a later turn of the event loop, not at once. */
  slow = false;

  constructor(
    readonly blocks = 2048,
    readonly units = 1,
  ) {
    this.bytes = Buffer.alloc(blocks * BLOCK);
  }

  async execute(task: ScsiTask): Promise<TaskAnswer> {
    if (this.remembers) this.tasks.push(task);
    if (this.slow) await setImmediate();
    const opcode = task.cdb.readUInt8(0);
    switch (opcode) {
      case 0xff:
        return this.#hang(task);
      case 0xfe:
        return { kind: 'drop-connection' };
      case 0xfd:
        // Whatever status, wanted length, and length of data-in the CDB says.
        return {
          kind: 'status',
          status: task.cdb.readUInt8(1),
          dataIn: Buffer.alloc(Math.min(task.cdb.readUInt32BE(2), 1_048_576), 0xd5),
          wanted: task.cdb.readUInt32BE(6),
        };
      case 0xa0:
        return good(this.#reportLuns());
    }
    if (!this.hasUnit(task.lun)) return bad(5, 0x25, 0);
    return this.#onUnit(task, opcode);
  }

  nexusBegan(nexus: Nexus): boolean {
    if (this.admits) this.events.push(`began ${nexus.login}`);
    return this.admits;
  }

  nexusEnded(nexus: Nexus): void {
    this.events.push(`ended ${nexus.login}`);
  }

  resetUnit(lun: number | undefined): boolean {
    this.events.push(`reset ${String(lun)}`);
    return this.hasUnit(lun);
  }

  resetTarget(): void {
    this.events.push('reset');
  }

  hasUnit(lun: number | undefined): boolean {
    return lun !== undefined && lun < this.units;
  }

  #onUnit(task: ScsiTask, opcode: number): TaskAnswer {
    const { cdb } = task;
    switch (opcode) {
      case 0x00:
        return { kind: 'status', status: STATUS.good };
      case 0x12:
        return cdb[1] === 0 ? cut(inquiry(), cdb.readUInt16BE(3)) : bad(5, 0x24, 0);
      case 0x25: {
        const data = Buffer.alloc(8);
        data.writeUInt32BE(this.blocks - 1, 0);
        data.writeUInt32BE(BLOCK, 4);
        return good(data);
      }
      case 0x9e: {
        const data = Buffer.alloc(32);
        data.writeBigUInt64BE(BigInt(this.blocks - 1), 0);
        data.writeUInt32BE(BLOCK, 8);
        return cut(data, cdb.readUInt32BE(10));
      }
      case 0x28:
        return this.#read(cdb.readUInt32BE(2), cdb.readUInt16BE(7));
      case 0x88:
        return this.#read(cdb.readUInt32BE(6), cdb.readUInt32BE(10));
      case 0x2a:
        return this.#write(task, cdb.readUInt32BE(2), cdb.readUInt16BE(7));
      case 0x8a:
        return this.#write(task, cdb.readUInt32BE(6), cdb.readUInt32BE(10));
      case 0xf0: {
        const length = cdb.readUInt32BE(10);
        const dataIn =
          task.direction === 'read' ? Buffer.alloc(Math.min(length, 65_536), 0xf0) : task.dataOut;
        return task.direction === 'write' ? { kind: 'status', status: 0x22 } : good(dataIn);
      }
      default:
        return bad(5, 0x20, 0);
    }
  }

  #read(block: number, count: number): TaskAnswer {
    if (block + count > this.blocks) return bad(5, 0x21, 0);
    return good(this.bytes.subarray(block * BLOCK, (block + count) * BLOCK));
  }

  #write({ dataOut }: ScsiTask, block: number, count: number): TaskAnswer {
    if (block + count > this.blocks) return bad(5, 0x21, 0);
    dataOut.copy(this.bytes, block * BLOCK, 0, count * BLOCK);
    return { kind: 'status', status: STATUS.good, wanted: count * BLOCK };
  }

  async #hang({ signal }: ScsiTask): Promise<TaskAnswer> {
    this.hanging++;
    if (!signal.aborted) await new Promise((resolve) => signal.addEventListener('abort', resolve));
    this.hanging--;
    return { kind: 'aborted' };
  }

  #reportLuns(): Buffer {
    const data = Buffer.alloc(8 + 8 * this.units);
    data.writeUInt32BE(8 * this.units, 0);
    for (let lun = 0; lun < this.units; lun++) data[8 + 8 * lun + 1] = lun;
    return data;
  }
}

function inquiry(): Buffer {
  const data = Buffer.alloc(36, ' ');
  Buffer.of(0, 0, 5, 0x12, 31, 0, 0, 2).copy(data);
  data.write('ULOGCHK', 8);
  data.write('TEST DISK', 16);
  data.write('1', 32);
  return data;
}

function good(dataIn: Buffer): TaskAnswer {
  return { kind: 'status', status: STATUS.good, dataIn };
}

function cut(data: Buffer, length: number): TaskAnswer {
  return good(data.subarray(0, length));
}

function bad(key: number, asc: number, ascq: number): TaskAnswer {
  return { kind: 'status', status: STATUS.checkCondition, sense: fixedSense({ key, asc, ascq }) };
}
