/** Drives whose bytes are wrong: entries, counters, padding, sense, LVB. */
import type { TaskAnswer } from '../../scsi/task.js';
import type { MutexOutcome } from '../answers.js';
import { MutexCommands } from '../commands.js';
import { reversed, STATE } from '../data-block.js';
import type { Mutex, MutexRequest } from '../mutex.js';
import type { ListedEntry } from '../store.js';
import { MutexTable } from '../table.js';
import { withTable, type DriveMutant } from './mutant.js';

/** Changes the bytes of each entry that a list read gives. */
const editing = (edit: (block: Buffer, listed: ListedEntry) => void): DriveMutant['create'] => {
  class Editing extends MutexCommands {
    protected override encode(listed: ListedEntry): Buffer {
      const block = super.encode(listed);
      edit(block, listed);
      return block;
    }
  }
  return (firmware) => new Editing(firmware);
};

/** Gives entries that are reported as `from` the state `to`. */
const misnaming = (from: bigint, to: bigint) =>
  editing((block) => {
    if (block.readBigUInt64BE(0) === from) block.writeBigUInt64BE(to, 0);
  });

class LvbLost extends MutexTable {
  protected override storeLvb(): void {
    // Not stored.
  }
}

class LvbOfPayload extends MutexTable {
  protected override firstLvb({ lvb }: MutexRequest): Buffer {
    return lvb;
  }
}

class MetadataLost extends MutexTable {
  override trylock(request: MutexRequest, now: bigint): MutexOutcome {
    return super.trylock({ ...request, metadata: Buffer.alloc(64) }, now);
  }
}

class TopByteKept extends MutexCommands {
  readonly #top = new Map<string, number>();

  protected override operate(op: number, request: MutexRequest, now: bigint): MutexOutcome {
    const outcome = super.operate(op, request, now);
    if (outcome === 'good' && request.control !== 0) this.#top.set(request.resource, request.control);
    return outcome;
  }

  protected override encode(listed: ListedEntry): Buffer {
    const block = super.encode(listed);
    block.writeUInt8(this.#top.get(listed.mutex.resource) ?? 0, 0x20);
    return block;
  }
}

class TickingCountdown extends MutexCommands {
  protected override listBlocks(group: number, now: bigint): Buffer[] {
    return this.table.list(group, now).map((listed) => {
      const { grantedAt, countdown } = listed.entry;
      const gone = (now - grantedAt) / 1_000_000n;
      const block = this.encode(listed);
      block.writeBigUInt64BE(gone > countdown ? 0n : countdown - gone, 0x10);
      return block;
    });
  }
}

class CountsMutexes extends MutexCommands {
  protected override inquiryBlock(): Buffer {
    const block = super.inquiryBlock();
    const seen = new Set<Mutex>();
    for (const { mutex } of this.table.list(1, 0n)) seen.add(mutex);
    block.writeUInt16BE(seen.size, 0);
    return block;
  }
}

class CountsGroupsWrongly extends MutexCommands {
  protected override inquiryBlock(): Buffer {
    const block = super.inquiryBlock();
    return Buffer.concat([block.subarray(0, 2), Buffer.alloc(2), block.subarray(2, 510)]);
  }
}

class PadsWithZeros extends MutexCommands {
  protected override padding(): Buffer {
    return Buffer.alloc(512);
  }
}

/** Sense without a field replaceable unit. */
const withoutFru = (wrong: readonly MutexOutcome[]): DriveMutant['create'] => {
  class WithoutFru extends MutexCommands {
    protected override answer(outcome: MutexOutcome): TaskAnswer {
      const answer = super.answer(outcome);
      if (answer.kind === 'status' && wrong.includes(outcome)) answer.sense?.writeUInt8(0, 14);
      return answer;
    }
  }
  return (firmware) => new WithoutFru(firmware);
};

/** Limits beside those that the firmware is said to have. */
const roomier = (by: number): DriveMutant['create'] => {
  return (firmware) => {
    const { entries, hosts, hostsOfMutex } = firmware.limits;
    const limits = { entries: entries + by, hosts: hosts + by, hostsOfMutex: hostsOfMutex + by };
    return new MutexCommands({ ...firmware, limits });
  };
};

export const TELLING: readonly DriveMutant[] = [
  {
    name: 'lvb-lost',
    breaks: 'IDM-64',
    description: 'UNLOCK does not store the LVB',
    alsoBreaks: ['IDM-66'],
    create: withTable(LvbLost),
  },
  {
    name: 'lvb-of-payload',
    breaks: 'IDM-63',
    description: 'a lock takes the LVB from its payload, as in 2020, without the profile that says so',
    alsoBreaks: ['IDM-64', 'IDM-66'],
    create: withTable(LvbOfPayload),
  },
  {
    name: 'lvb-top-byte-kept',
    breaks: 'IDM-65',
    description: 'wire byte 20h of entries is the control code of the UNLOCK that stored the LVB',
    create: (firmware) => new TopByteKept(firmware),
  },
  {
    name: 'lvb-in-last-entry-only',
    breaks: 'IDM-67',
    description: 'of several sharers only the last one finds the LVB in its entry',
    create: editing((block, { mutex, entry }) => {
      if (mutex.entries.at(-1) !== entry) block.fill(0, 0x20, 0x28);
    }),
  },
  {
    name: 'metadata-lost',
    breaks: 'IDM-07',
    description: 'the metadata of a lock is not echoed',
    create: withTable(MetadataLost),
  },
  {
    name: 'countdown-ticks',
    breaks: 'IDM-08',
    description: 'a list gives the rest of the lease instead of its length',
    create: (firmware) => new TickingCountdown(firmware),
  },
  {
    name: 'countdown-little-endian',
    breaks: 'IDM-05',
    description: 'the countdown of entries has its bytes in the other order',
    create: editing((block) => block.subarray(0x10, 0x18).swap64()),
  },
  {
    name: 'resource-not-reversed',
    breaks: 'IDM-06',
    description: 'entries have the resource id as hosts know it, not as they sent it',
    create: editing((block) => reversed(block.subarray(0x40, 0x80)).copy(block, 0x40)),
  },
  {
    name: 'host-not-reversed',
    breaks: 'IDM-06',
    description: 'entries have the host id as hosts know it, not as they sent it',
    create: editing((block) => reversed(block.subarray(0xc0, 0xe0)).copy(block, 0xc0)),
  },
  {
    name: 'timeout-told-as-locked',
    breaks: 'IDM-38',
    description: 'an expired holder is reported as a live one',
    alsoBreaks: ['IDM-39'],
    create: misnaming(STATE.timeout, STATE.locked),
  },
  {
    name: 'unlocked-told-as-uninitialised',
    breaks: 'IDM-33',
    description: 'an unlocked record is reported as 0000h',
    create: misnaming(STATE.unlocked, STATE.uninitialised),
  },
  {
    name: 'multiple-told-as-locked',
    breaks: 'IDM-37',
    description: 'several live sharers are reported as 0101h, without the profile that says so',
    create: misnaming(STATE.multipleLocked, STATE.locked),
  },
  {
    name: 'counts-mutexes',
    breaks: 'IDM-11',
    description: 'the inquiry counts mutexes instead of entries',
    create: (firmware) => new CountsMutexes(firmware),
  },
  {
    name: 'counts-groups-wrongly',
    breaks: 'IDM-12',
    description: 'the counters of groups stand one place too far',
    create: (firmware) => new CountsGroupsWrongly(firmware),
  },
  {
    name: 'pads-with-zeros',
    breaks: 'IDM-09',
    description: 'blocks behind the last entry are zeros, which look like the global lock',
    alsoBreaks: ['IDM-10'],
    create: (firmware) => new PadsWithZeros(firmware),
  },
  {
    name: 'not-found-without-fru',
    breaks: 'IDM-16',
    description: 'the sense of "not found" differs in one byte, which hosts take for EINVAL',
    create: withoutFru(['not-found']),
  },
  {
    name: 'full-without-fru',
    breaks: 'IDM-17',
    description: 'the sense of a full table differs in one byte',
    create: withoutFru(['entries-full', 'hosts-full', 'hosts-of-mutex-full']),
  },
  {
    name: 'one-entry-too-many',
    breaks: 'IDM-60',
    description: 'limits are off by one upwards',
    create: roomier(1),
  },
  {
    name: 'one-entry-too-few',
    breaks: 'IDM-60',
    description: 'limits are off by one downwards',
    create: roomier(-1),
  },
];
