/** An initiator for unit tests: commands as hex in, answers out, without a transport. */
import { ManualClock } from './clock.js';
import type { ArmedFault, FaultRule } from './faults.js';
import type { TraceRecord } from './trace.js';
import { EmulatedTarget, type TargetOptions } from './target.js';
import { MemoryStore } from './medium/memory-store.js';
import { STATUS } from './status.js';
import type { Nexus, ScsiTask, TaskAnswer } from './task.js';
import { LogicalUnit, type UnitOptions } from './unit.js';

/** What of a command may be other than usual. */
export interface Sending {
  readonly lun?: number | undefined;
  readonly dataOut?: Buffer;
  /** Room for data-in; by default 64 KiB without data-out. */
  readonly expected?: number;
  readonly direction?: ScsiTask['direction'];
  readonly signal?: AbortSignal;
}

let logins = 0;

/** Bytes from hex with spaces. Throws if that is not what it is. */
export function hex(text: string): Buffer {
  const digits = text.replaceAll(/\s/g, '');
  const bytes = Buffer.from(digits, 'hex');
  if (bytes.length * 2 !== digits.length) throw new Error(`no bytes: ${text}`);
  return bytes;
}

export class TestInitiator {
  readonly nexus: Nexus;

  constructor(
    readonly target: EmulatedTarget,
    name = 'a',
  ) {
    this.nexus = {
      initiator: `iqn.2026-11.test:${name}`,
      isid: '00023d000001',
      target: 'iqn.2026-11.test:disks',
      login: ++logins,
    };
  }

  /** Logs in. */
  begin(): boolean {
    return this.target.nexusBegan(this.nexus);
  }

  /** Logs in, and takes the unit attentions of all units. */
  static ready(target: EmulatedTarget, name = 'a', luns: readonly number[] = [0]): TestInitiator {
    const initiator = new TestInitiator(target, name);
    initiator.begin();
    for (const lun of luns)
      for (let left = 8; left > 0; left--) void initiator.send('00 00 0000 00 00', { lun });
    return initiator;
  }

  /** The task of a CDB in hex. */
  task(cdb: string, sending: Sending = {}): ScsiTask {
    const { dataOut = Buffer.alloc(0), lun = 0 } = sending;
    const direction = sending.direction ?? (dataOut.length > 0 ? 'write' : 'read');
    const padded = Buffer.alloc(16);
    hex(cdb).copy(padded);
    return {
      nexus: this.nexus,
      lun: 'lun' in sending ? sending.lun : lun,
      cdb: padded,
      direction,
      expectedLength: direction === 'write' ? dataOut.length : (sending.expected ?? 65536),
      expectedReadLength: 0,
      dataOut,
      signal: sending.signal ?? new AbortController().signal,
    };
  }

  send(cdb: string, sending: Sending = {}): Promise<TaskAnswer> {
    return this.target.execute(this.task(cdb, sending));
  }

  /** Data-in of a command that must end in GOOD. */
  async data(cdb: string, sending: Sending = {}): Promise<Buffer> {
    const answer = await this.send(cdb, sending);
    if (answer.kind !== 'status' || answer.status !== STATUS.good)
      throw new Error(`not GOOD: ${told(answer)}`);
    return answer.dataIn ?? Buffer.alloc(0);
  }

  /** How a command ended, in short: see {@link told}. */
  async says(cdb: string, sending: Sending = {}): Promise<string> {
    return told(await this.send(cdb, sending));
  }
}

/** `00` GOOD, `18` and so on; with sense `02 5/24/00`; otherwise the kind. */
export function told(answer: TaskAnswer): string {
  if (answer.kind !== 'status') return answer.kind;
  const status = answer.status.toString(16).padStart(2, '0');
  const { sense } = answer;
  if (sense === undefined) return status;
  const at = sense[0] === 0x72 ? [1, 2, 3] : [2, 12, 13];
  const [key = 0, asc = 0, ascq = 0] = at.map((offset) => sense[offset]);
  const two = (byte: number): string => byte.toString(16).padStart(2, '0');
  return `${status} ${key.toString(16)}/${two(asc)}/${two(ascq)}`;
}

/** A target with units in memory at LUN 0, 1, … */
export function memoryTarget(
  units: readonly (Partial<UnitOptions> & { readonly blocks?: number; readonly blockSize?: number })[] = [{}],
  options: TargetOptions = {},
): EmulatedTarget {
  const target = new EmulatedTarget({
    onDefect: (error) => {
      throw error;
    },
    ...options,
  });
  units.forEach(({ blocks = 2048, blockSize = 512, ...unit }, lun) => {
    const store = new MemoryStore(blocks, blockSize);
    target.addUnit(lun, new LogicalUnit({ serial: `DISK${lun}`, store, ...unit }));
  });
  return target;
}

/** A target with two units, two initiators that are logged in to both, a clock, and what was traced since. */
export interface Scene {
  readonly target: EmulatedTarget;
  readonly clock: ManualClock;
  readonly a: TestInitiator;
  readonly b: TestInitiator;
  readonly trace: TraceRecord[];
  /** Arms a fault of LUN 0. */
  readonly arm: (rule: Partial<FaultRule> & Pick<FaultRule, 'does'>) => ArmedFault;
}

/** See {@link Scene}. */
export function scene(): Scene {
  const clock = new ManualClock();
  const trace: TraceRecord[] = [];
  const target = memoryTarget([{}, {}], { clock, observe: (record) => trace.push(record) });
  const a = TestInitiator.ready(target, 'a', [0, 1]);
  const b = TestInitiator.ready(target, 'b', [0, 1]);
  trace.length = 0;
  return { target, clock, a, b, trace, arm: (rule) => target.arm(0, { name: 'fault', match: {}, ...rule }) };
}
