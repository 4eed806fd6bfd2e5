import { encodeDataBlock, LOCK_CLASS, LVB_CONTROL, reversed } from '../../disks/idm/index.js';
import type { SgDevice } from './sg-device.js';

/** As hosts allow (spec idm 2.6). */
const RESOURCE_BYTES = 64;
const HOST_BYTES = 32;

/** What a mutex write is about; names are padded with zeros and reversed as hosts do (spec idm 3.1). */
export interface RawBlock {
  readonly host: string;
  /** Default: `r`. */
  readonly resource?: string;
  /** Lease in ms; default 60 000. */
  readonly lease?: number;
}

/**
 * Commands to one drive whose bytes the test writes itself, in hex, spaces as it likes; each is an observation
 * `sg-command` of the history with all that the node's kernel said of it (`sgExchanges`).
 */
export class RawCommands {
  private constructor(private readonly device: SgDevice) {}

  /** Takes the unit attentions first: a command that is told of one does nothing else. Throws InfraError. */
  static async open(device: SgDevice): Promise<RawCommands> {
    await device.untilReady();
    return new RawCommands(device);
  }

  /** With a data block for an exclusive lock, 512 bytes. */
  async write(cdb: string, { host, resource = 'r', lease = 60_000 }: RawBlock): Promise<void> {
    const dataOut = encodeDataBlock({
      ...{
        state: 0n,
        timeNow: BigInt(Date.now()),
        countdown: BigInt(lease),
        lockClass: LOCK_CLASS.exclusive,
      },
      ...{ control: LVB_CONTROL.keep, lvb: Buffer.alloc(7), metadata: Buffer.alloc(64) },
      resourceId: idOf(resource, RESOURCE_BYTES),
      hostId: idOf(host, HOST_BYTES),
    });
    await this.device.execute({ cdb: bytesOf(cdb), direction: 'write', dataOut });
  }

  /** With room for so many bytes. */
  async read(cdb: string, length: number): Promise<void> {
    await this.device.execute({ cdb: bytesOf(cdb), direction: 'read', length });
  }

  async dataless(cdb: string): Promise<void> {
    await this.device.execute({ cdb: bytesOf(cdb), direction: 'none' });
  }
}

const bytesOf = (hex: string): Buffer => Buffer.from(hex.replaceAll(' ', ''), 'hex');

/** A name as an id on the wire. */
function idOf(name: string, bytes: number): Buffer {
  const field = Buffer.alloc(bytes);
  field.write(name, 'latin1');
  return reversed(field);
}
