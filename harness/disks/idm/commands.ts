/** Mutex commands of one logical unit: from CDB and data-out to status, sense and data-in (spec idm 2 to 6). */
import type { ScsiTask, TaskAnswer } from '../scsi/task.js';
import type { VendorCommands, VendorContext, VendorEvent } from '../scsi/vendor.js';
import { statusAndSense, type MutexOutcome } from './answers.js';
import { ALL_GROUPS, LEGACY_OPCODE, MUTEX_OP, MUTEX_OPCODE, parseMutexCdb } from './cdb.js';
import { BLOCK_BYTES, decodeDataBlock, encodeDataBlock, endMarkerBlock } from './data-block.js';
import { FIRMWARE_2023, type Firmware } from './firmware.js';
import type { MutexRequest } from './mutex.js';
import type { ListedEntry } from './store.js';
import { MutexTable } from './table.js';
import { VERSION_PAGE, versionPage } from './version-page.js';

/** Blocks that one read gives at most, 4 MiB: twice what any table of known firmware holds, and bounded memory. */
export const MOST_BLOCKS = 8192;

/** Groups that the inquiry block has a counter for: 16 bits each, the total first. */
const COUNTERS = BLOCK_BYTES / 2;

/** The In-Drive-Mutex command set. State belongs to the unit; who asks, and by which path, does not matter (IDM-61). */
export class MutexCommands implements VendorCommands {
  readonly opcodes: readonly number[];
  readonly vpdPages: ReadonlyMap<number, Buffer>;

  constructor(
    protected readonly firmware: Firmware = FIRMWARE_2023,
    protected readonly table: MutexTable = new MutexTable(firmware),
  ) {
    this.opcodes = [MUTEX_OPCODE, ...(firmware.legacyAliases ? Object.values(LEGACY_OPCODE) : [])];
    this.vpdPages = new Map([[VERSION_PAGE, versionPage(firmware.majorVersion)]]);
  }

  claims(task: ScsiTask): boolean {
    return parseMutexCdb(task.cdb, task.direction, this.firmware.legacyAliases) !== undefined;
  }

  execute(task: ScsiTask, { now }: VendorContext): TaskAnswer {
    const cdb = parseMutexCdb(task.cdb, task.direction, this.firmware.legacyAliases);
    if (cdb === undefined || cdb.kind === 'no-direction') return this.answer('no-direction');
    if (cdb.kind === 'read') return this.read(task, cdb.group, cdb.blocks, now);
    // Hosts state bytes, those of 2020 blocks (spec idm 2.2, unit asymmetry).
    const lengthIsRight = cdb.length === BLOCK_BYTES || cdb.length === 1;
    if (!lengthIsRight || task.expectedLength !== BLOCK_BYTES || task.dataOut.length !== BLOCK_BYTES)
      return this.answer('invalid-length');
    return this.answer(this.write(cdb.op, cdb.group, task, now));
  }

  happened(event: VendorEvent): void {
    switch (event) {
      case 'power-cut':
        this.wipe();
        return;
      case 'unit-reset':
      case 'target-reset':
        // The table survives (IDM-61).
        return;
    }
  }

  /** Forgets every mutex, as a firmware download does. */
  wipe(): void {
    this.table.wipe();
  }

  protected answer(outcome: MutexOutcome): TaskAnswer {
    return { kind: 'status', ...statusAndSense(outcome, this.firmware) };
  }

  protected write(op: number, group: number, task: ScsiTask, now: bigint): MutexOutcome {
    if (op === MUTEX_OP.normal && group === ALL_GROUPS) {
      this.table.wipe();
      return 'good';
    }
    if (op === MUTEX_OP.normal || op > MUTEX_OP.destroy) return 'invalid-op';
    // "Invalid group" is among the meanings of the newer "not found" (spec idm 5, C9).
    if (group === 0 || group === ALL_GROUPS) return 'not-found';
    return this.operate(op, this.request(group, task), now);
  }

  protected request(group: number, { dataOut }: ScsiTask): MutexRequest {
    const { resourceId, hostId, lockClass, countdown, timeNow, metadata, control, lvb } =
      decodeDataBlock(dataOut);
    const resource = resourceId.toString('hex');
    const host = hostId.toString('hex');
    return { group, resource, host, lockClass, countdown, timeNow, metadata, control, lvb };
  }

  protected operate(op: number, request: MutexRequest, now: bigint): MutexOutcome {
    switch (op) {
      case MUTEX_OP.init:
        return this.table.init(request, now);
      case MUTEX_OP.trylock:
        return this.table.trylock(request, now);
      case MUTEX_OP.lock:
        return this.table.lock(request, now);
      case MUTEX_OP.unlock:
        return this.table.unlock(request);
      case MUTEX_OP.refresh:
        return this.table.refresh(request, now);
      case MUTEX_OP.break:
        return this.table.break(request, now);
      case MUTEX_OP.destroy:
        return this.table.destroy(request, now);
      default:
        return 'invalid-op';
    }
  }

  /** Always GOOD: `blocks` blocks as far as the initiator has room, the CDB's wish counted against it (spec idm 2.2). */
  protected read(task: ScsiTask, group: number, blocks: number, now: bigint): TaskAnswer {
    const room = Math.ceil(task.expectedLength / BLOCK_BYTES);
    const served = Math.min(blocks, room, MOST_BLOCKS);
    const content = group === ALL_GROUPS ? [this.inquiryBlock()] : this.listBlocks(group, now);
    const padding = Array.from({ length: Math.max(0, served - content.length) }, () => this.padding());
    const dataIn = Buffer.concat([...content.slice(0, served), ...padding]);
    const wanted = served === MOST_BLOCKS ? dataIn.length : blocks * BLOCK_BYTES;
    return { ...this.answer('good'), kind: 'status', status: 0, dataIn, wanted };
  }

  protected listBlocks(group: number, now: bigint): Buffer[] {
    return this.table.list(group, now).map((listed) => this.encode(listed));
  }

  protected encode({ mutex, entry, state }: ListedEntry): Buffer {
    return encodeDataBlock({
      state,
      timeNow: entry.timeNow,
      countdown: entry.countdown,
      lockClass: mutex.lockClass,
      control: 0,
      lvb: mutex.lvb,
      resourceId: Buffer.from(mutex.resource, 'hex'),
      metadata: entry.metadata,
      hostId: Buffer.from(entry.host, 'hex'),
    });
  }

  /** Big-endian 16-bit counters: entries of the drive, then of group 1, 2, ... (spec idm 3.3). */
  protected inquiryBlock(): Buffer {
    const block = Buffer.alloc(BLOCK_BYTES);
    const counts = this.table.counts();
    const total = [...counts.values()].reduce((sum, count) => sum + count, 0);
    block.writeUInt16BE(Math.min(total, 0xffff), 0);
    for (const [group, count] of counts)
      if (group < COUNTERS) block.writeUInt16BE(Math.min(count, 0xffff), 2 * group);
    return block;
  }

  protected padding(): Buffer {
    return this.firmware.garbagePadding ? Buffer.alloc(BLOCK_BYTES, 0x5a) : endMarkerBlock();
  }
}
