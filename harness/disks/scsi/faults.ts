/** Faults of a unit at a test's will: rules that say which commands fare how. */
import { namedExtent } from './cdb.js';
import type { Sense } from './sense.js';
import type { ScsiTask } from './task.js';

/** Which commands a rule is about; what is not given may be anything. */
export interface FaultMatch {
  /** iSCSI name of the initiator. */
  readonly initiator?: string;
  readonly opcodes?: readonly number[];
  /** Commands that name a block from `first` to `last`, both included. */
  readonly lbas?: { readonly first: number; readonly last: number };
}

/** Whether a command that is not answered as it should be takes effect all the same. */
interface MayTakeEffect {
  /** By default it does not. */
  readonly takesEffect?: boolean;
}

/** Another answer than the command's own. */
export interface StatusFault extends MayTakeEffect {
  readonly kind: 'status';
  readonly status: number;
  /** Laid out as D_SENSE asks, or sent as it is. */
  readonly sense?: Sense | Buffer;
}

/** The connection that the command came by is dropped. */
export interface DropFault extends MayTakeEffect {
  readonly kind: 'drop-connection';
}

/** How a command fares that a rule meets. */
export type Fault =
  /** As usual; for a rule that only delays. */
  | { readonly kind: 'none' }
  | StatusFault
  | DropFault
  /** It is never answered, until it is aborted, or all that is withheld is released. */
  | ({ readonly kind: 'hang' } & MayTakeEffect)
  /** Of a write only the first blocks land. */
  | { readonly kind: 'torn-write'; readonly blocks: number; readonly then: StatusFault | DropFault }
  /** SYNCHRONIZE CACHE and FUA succeed, and keep nothing: the data stays in the volatile cache. */
  | { readonly kind: 'lost-cache' };

export interface FaultRule {
  /** For the trace. */
  readonly name: string;
  readonly match: FaultMatch;
  /** Matching commands that it lets pass first; 0 by default. */
  readonly after?: number;
  /** Commands that it then meets; all by default. */
  readonly times?: number;
  /** Nanoseconds of the drive's clock before the command does anything; none by default. */
  readonly delay?: bigint;
  readonly does: Fault;
}

/** A rule in force. */
export interface ArmedFault {
  readonly rule: FaultRule;
  /** Commands that it has met. */
  readonly met: number;
  remove(): void;
}

class Armed implements ArmedFault {
  met = 0;
  #passed = 0;

  constructor(
    readonly rule: FaultRule,
    readonly remove: () => void,
  ) {}

  /** Counts a command that matches; true if the rule meets it. */
  meets(): boolean {
    if (this.#passed < (this.rule.after ?? 0)) {
      this.#passed++;
      return false;
    }
    if (this.met >= (this.rule.times ?? Infinity)) return false;
    this.met++;
    return true;
  }
}

function matches({ initiator, opcodes, lbas }: FaultMatch, { nexus, cdb }: ScsiTask): boolean {
  if (initiator !== undefined && initiator !== nexus.initiator) return false;
  if (opcodes !== undefined && !opcodes.includes(cdb.readUInt8(0))) return false;
  if (lbas === undefined) return true;
  const extent = namedExtent(cdb);
  return extent !== undefined && extent.lba <= lbas.last && extent.lba + extent.count > lbas.first;
}

/** The rules of one unit. */
export class FaultRules {
  readonly #armed = new Set<Armed>();

  arm(rule: FaultRule): ArmedFault {
    const armed: Armed = new Armed(rule, () => this.#armed.delete(armed));
    this.#armed.add(armed);
    return armed;
  }

  /** No rule is in force any more. */
  clear(): void {
    this.#armed.clear();
  }

  /** The oldest rule that meets the command; later ones do not see it then. */
  meeting(task: ScsiTask): FaultRule | undefined {
    for (const armed of this.#armed) if (matches(armed.rule.match, task) && armed.meets()) return armed.rule;
    return undefined;
  }
}
