/** Emulated drives behind the frames of sgio.pl, in this process and by a clock of their own: for unit tests of what speaks to real ones. */
import { PassThrough } from 'node:stream';
import { type Firmware, FIRMWARE_2023, MutexCommands } from '../../../disks/idm/index.js';
import {
  EmulatedTarget,
  LogicalUnit,
  ManualClock,
  MemoryStore,
  type Nexus,
  STATUS,
} from '../../../disks/scsi/index.js';
import type { Conversation } from '../../../guest/index.js';
import { SgFrameReader } from '../../drives/sg-frames.js';
import type { Time } from '../lease-clock.js';
import type { Programs } from '../opened-drive.js';

/** How a drive is made. */
export interface StandIn {
  /** Makes its mutexes, such as broken ones; null: it has none. Default: good ones. */
  readonly mutexes?: ((firmware: Firmware) => MutexCommands) | null;
  readonly firmware?: Firmware;
  readonly serial?: string;
  /** What becomes of a status on the way from the drive. */
  readonly arrives?: (status: number) => number;
  /** Milliseconds that each command takes. */
  readonly slowness?: number;
}

const BLOCKS = 2048;
/** A command takes some time, so that one comes after another. */
const USUAL_MS = 0.1;
/** SG_INFO_CHECK. */
const CHECK = 1;
const DID_ERROR = 7;

/** Drives by the paths of their devices; each program that is started is an open device, and a path that is unknown none. */
export class StandInDrives implements Programs {
  readonly clock = new ManualClock();
  readonly target = new EmulatedTarget({ clock: this.clock });
  /** Goes on only where somebody waits for it. */
  readonly time: Time = {
    now: () => this.clock.now(),
    pause: async (ms) => {
      this.clock.advance(BigInt(Math.round(ms * 1_000_000)));
      await Promise.resolve();
    },
  };
  /** Opcodes that arrived, in order. */
  readonly opcodes: number[] = [];
  readonly #drives = new Map<string, StandIn & { readonly lun: number }>();
  readonly #nexus: Nexus = {
    initiator: 'iqn.2026-11.test:host',
    isid: '00023d000001',
    target: 'iqn.2026-11.test:drives',
    login: 1,
  };

  constructor(drives: Readonly<Record<string, StandIn>>) {
    for (const [path, drive] of Object.entries(drives)) {
      const lun = this.#drives.size;
      const { mutexes = (firmware: Firmware) => new MutexCommands(firmware), firmware = FIRMWARE_2023 } =
        drive;
      const unit = new LogicalUnit({
        serial: drive.serial ?? `DRIVE${lun}`,
        store: new MemoryStore(BLOCKS, 512),
        ...(mutexes !== null && { vendorCommands: mutexes(firmware) }),
      });
      this.target.addUnit(lun, unit);
      this.#drives.set(path, { ...drive, lun });
    }
    this.target.nexusBegan(this.#nexus);
  }

  async converse(argv: readonly string[] | string): Promise<Conversation> {
    const path = argv.at(-1) ?? '';
    const drive = this.#drives.get(path);
    const stdout = new PassThrough();
    const stderr = new PassThrough();
    let resolve: (end: { status: number; signal: null }) => void = () => undefined;
    const exited = new Promise<{ status: number; signal: null }>((settle) => (resolve = settle));
    const leave = (status: number): void => {
      stdout.end();
      stderr.end();
      resolve({ status, signal: null });
    };
    const frames = new SgFrameReader();
    let turn = Promise.resolve();
    // ioctl SG_SCSI_RESET
    if (argv[2]?.includes('0x2284') === true) {
      leave(drive !== undefined && this.target.resetUnit(drive.lun, this.#nexus) ? 0 : 1);
    } else if (drive === undefined) {
      stdout.write(`${path}: No such file or directory\n`);
      leave(1);
    } else {
      stdout.write('ready\n');
    }
    return await Promise.resolve({
      ...{ id: 1, stdout, stderr, exited },
      write: (bytes) => {
        if (drive === undefined) return;
        for (const frame of frames.push(Buffer.from(bytes)))
          turn = turn.then(async () => {
            stdout.write(await this.#execute(drive, frame));
          });
      },
      end: () => {
        leave(0);
      },
    });
  }

  async #execute(drive: StandIn & { readonly lun: number }, frame: Buffer): Promise<Buffer> {
    const { lun, arrives = (status: number) => status, slowness = USUAL_MS } = drive;
    const begin = this.clock.now();
    await this.time.pause(slowness);
    const id = frame.readUInt32LE(0);
    const direction = ({ [-1]: 'none', [-2]: 'write', [-3]: 'read' } as const)[frame.readInt8(4)] ?? 'none';
    const cdbLength = frame.readUInt8(5);
    const length = frame.readUInt32LE(10);
    const cdb = Buffer.alloc(16);
    frame.copy(cdb, 0, 14, 14 + cdbLength);
    this.opcodes.push(cdb.readUInt8(0));
    const answer = await this.target.execute({
      ...{ nexus: this.#nexus, lun, cdb, direction },
      expectedLength: length,
      expectedReadLength: 0,
      dataOut: Buffer.from(frame.subarray(14 + cdbLength)),
      signal: new AbortController().signal,
    });
    const told = answer.kind === 'status' ? answer : { status: STATUS.good, sense: undefined };
    const status = arrives(told.status);
    const sense = told.sense ?? Buffer.alloc(0);
    const data =
      answer.kind === 'status' ? (answer.dataIn ?? Buffer.alloc(0)).subarray(0, length) : Buffer.alloc(0);
    const head = Buffer.alloc(48);
    head.writeUInt32LE(44 + sense.length + data.length, 0);
    head.writeUInt32LE(id, 4);
    head.writeUInt8(status, 12);
    head.writeUInt8((status >> 1) & 0x1f, 13);
    head.writeUInt8(sense.length, 15);
    head.writeUInt16LE(answer.kind === 'status' ? 0 : DID_ERROR, 16);
    head.writeInt32LE(direction === 'read' ? length - data.length : 0, 20);
    head.writeUInt32LE(status === STATUS.good ? 0 : CHECK, 28);
    head.writeBigUInt64LE(begin, 32);
    head.writeBigUInt64LE(this.clock.now(), 40);
    return Buffer.concat([head, sense, data]);
  }
}
