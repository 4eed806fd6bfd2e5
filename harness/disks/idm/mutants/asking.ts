/** Drives that misread commands: operation, lengths, group, direction; and one page by which hosts learn the version. */
import type { ScsiTask, TaskAnswer } from '../../scsi/task.js';
import type { VendorContext } from '../../scsi/vendor.js';
import type { MutexOutcome } from '../answers.js';
import { ALL_GROUPS, MUTEX_OP } from '../cdb.js';
import { MutexCommands } from '../commands.js';
import { BLOCK_BYTES } from '../data-block.js';
import type { Firmware } from '../firmware.js';
import type { DriveMutant } from './mutant.js';
import { VERSION_PAGE, versionPage } from '../version-page.js';

/** Where a mutex command says how much data goes. */
const LENGTH_AT = 10;

class UnknownOpIsGood extends MutexCommands {
  protected override answer(outcome: MutexOutcome): TaskAnswer {
    return super.answer(outcome === 'invalid-op' ? 'good' : outcome);
  }
}

class DestroyNotKnown extends MutexCommands {
  protected override write(op: number, group: number, task: ScsiTask, now: bigint): MutexOutcome {
    return op === MUTEX_OP.destroy ? 'invalid-op' : super.write(op, group, task, now);
  }
}

class WriteLengthInBlocks extends MutexCommands {
  override execute(task: ScsiTask, context: VendorContext): TaskAnswer {
    const inBytes = task.direction === 'write' && task.cdb.readUInt32BE(LENGTH_AT) === BLOCK_BYTES;
    return inBytes ? this.answer('invalid-length') : super.execute(task, context);
  }
}

class ReadLengthInBytes extends MutexCommands {
  protected override read(task: ScsiTask, group: number, blocks: number, now: bigint): TaskAnswer {
    return super.read(task, group, Math.ceil(blocks / BLOCK_BYTES), now);
  }
}

class DirectionByByte1 extends MutexCommands {
  override execute(task: ScsiTask, context: VendorContext): TaskAnswer {
    if (task.direction === 'none') return super.execute(task, context);
    const reads = (task.cdb.readUInt8(1) & 0x0f) === 1;
    return super.execute({ ...task, direction: reads ? 'read' : 'write' }, context);
  }
}

class EmptyTableNotFound extends MutexCommands {
  protected override read(task: ScsiTask, group: number, blocks: number, now: bigint): TaskAnswer {
    const empty = group !== ALL_GROUPS && this.table.list(group, now).length === 0;
    return empty ? this.answer('not-found') : super.read(task, group, blocks, now);
  }
}

/** Another page of the version. */
const withVersionPage = (page: (firmware: Firmware) => Buffer): DriveMutant['create'] => {
  class OtherVersionPage extends MutexCommands {
    override readonly vpdPages = new Map([[VERSION_PAGE, page(this.firmware)]]);
  }
  return (firmware) => new OtherVersionPage(firmware);
};

export const ASKING: readonly DriveMutant[] = [
  {
    name: 'unknown-op-is-good',
    breaks: 'IDM-15',
    description: 'operation 9 is GOOD',
    create: (firmware) => new UnknownOpIsGood(firmware),
  },
  {
    name: 'destroy-not-known',
    breaks: 'IDM-01',
    description: 'operation 7 is refused as one that there is none of',
    create: (firmware) => new DestroyNotKnown(firmware),
  },
  {
    name: 'write-length-in-blocks',
    breaks: 'IDM-01',
    description: 'a mutex write of 200h bytes is refused: its length field must say one block',
    alsoBreaks: 'anything',
    create: (firmware) => new WriteLengthInBlocks(firmware),
  },
  {
    name: 'reads-all-groups',
    breaks: 'IDM-02',
    description: 'a list gives the entries of all groups, without the profile that says so',
    alsoBreaks: ['IDM-11'],
    create: (firmware) => new MutexCommands({ ...firmware, readIgnoresGroup: true }),
  },
  {
    name: 'read-length-in-bytes',
    breaks: 'IDM-03',
    description: 'the length field of a read is taken for bytes',
    alsoBreaks: 'anything',
    create: (firmware) => new ReadLengthInBytes(firmware),
  },
  {
    name: 'direction-by-byte-1',
    breaks: 'IDM-04',
    description: 'byte 1 tells a read from a write, whichever way data goes',
    create: (firmware) => new DirectionByByte1(firmware),
  },
  {
    name: 'empty-table-not-found',
    breaks: 'IDM-10',
    description: 'a list of an empty table is answered with "LBA out of range"',
    create: (firmware) => new EmptyTableNotFound(firmware),
  },
  {
    name: 'version-page-short',
    breaks: 'IDM-14',
    description: 'the page of the version ends before the version',
    create: withVersionPage(({ majorVersion }) => versionPage(majorVersion).subarray(0, 0x60)),
  },
  {
    name: 'version-elsewhere',
    breaks: 'IDM-14',
    description: 'the major version stands one byte too far',
    create: withVersionPage(({ majorVersion }) => {
      const page = versionPage(0);
      page.writeUInt8(majorVersion, 0x61);
      return page;
    }),
  },
];
