import { checkCondition, CONFLICT } from './answer.js';
import { ATTENTION, UnitAttentions } from './attentions.js';
import { CommandTable, requireKnownBits, REPORT_LUNS } from './command-table.js';
import { naaOf, type Identity } from './identity.js';
import { Medium } from './medium/medium.js';
import type { BlockStore } from './medium/store.js';
import type { PowerCutReport, RandomSource, Survival } from './medium/write-journal.js';
import { ModePages } from './mode-pages.js';
import { notReady, Refusal } from './refusal.js';
import { PersistentReservations } from './reservations/persistent.js';
import type { ScsiTask, TaskAnswer } from './task.js';
import type { Command, Effect, UnitState } from './unit-state.js';
import type { VendorCommands, VendorContext } from './vendor.js';

/** What a logical unit is made of. */
export interface UnitOptions {
  /** Unique among all disks that a host may see; the NAA id is derived from it unless given. */
  readonly serial: string;
  readonly vendor?: string;
  readonly product?: string;
  readonly revision?: string;
  readonly naa?: Buffer;
  /** Belongs to the unit from now on. */
  readonly store: BlockStore;
  /** The store held data before. */
  readonly written?: boolean;
  /** Unmapping is supported; by default it is. */
  readonly thin?: boolean;
  /** Bytes that the model of the volatile write cache may take, 4 MiB by default; 0: no such cache. */
  readonly cacheLimit?: number;
  readonly readOnly?: boolean;
  /** A physical block has two to the power of this logical ones, 0 to 15; 0 by default, 3 for a 512e drive. */
  readonly physicalExponent?: number;
  readonly vendorCommands?: VendorCommands;
}

const DEFAULT_CACHE_LIMIT = 4 * 1024 * 1024;
const INQUIRY = 0x12;
const REQUEST_SENSE = 0x03;

/** A disk: commands in, answers out, each in one step. */
export class LogicalUnit implements UnitState, Disposable {
  readonly identity: Identity;
  readonly medium: Medium;
  readonly modes: ModePages;
  readonly attentions = new UnitAttentions();
  readonly persistent = new PersistentReservations(this.attentions);
  readonly preventing = new Set<string>();
  readonly readOnly: boolean;
  readonly physicalExponent: number;
  readonly vendor: VendorCommands | undefined;
  reservedBy: string | undefined;
  stopped = false;
  /** Set by the target, which knows the tasks that wait. */
  abortTasks: (ports: ReadonlySet<string>) => void = () => undefined;
  readonly #table: CommandTable;

  constructor(options: UnitOptions) {
    const { serial, store, thin = true, cacheLimit = DEFAULT_CACHE_LIMIT, written = false } = options;
    this.identity = {
      vendor: options.vendor ?? 'ULOGCHK',
      product: options.product ?? 'EMULATED DISK',
      revision: options.revision ?? '0001',
      serial,
      naa: options.naa ?? naaOf(serial),
    };
    this.medium = new Medium({ store, thin, written, cacheLimit });
    this.modes = new ModePages(this.medium.hasVolatileCache);
    this.readOnly = options.readOnly ?? false;
    this.physicalExponent = options.physicalExponent ?? 0;
    this.vendor = options.vendorCommands;
    this.#table = new CommandTable(thin);
  }

  /** Runs a command that came by the nexus of `port`, at `now` of the drive's clock. */
  execute(task: ScsiTask, port: string, now: bigint, effect: Effect): TaskAnswer {
    try {
      return this.#execute(task, port, now, effect);
    } catch (error) {
      if (error instanceof Refusal) return checkCondition(error.sense, this.modes.descriptorSense);
      throw error;
    }
  }

  /** The CDB is one of the vendor's own commands. */
  isVendorCommand(task: ScsiTask, now: bigint): boolean {
    const { vendor } = this;
    if (vendor?.opcodes.includes(task.cdb.readUInt8(0)) !== true) return false;
    return vendor.claims?.(task, this.#context(now)) ?? true;
  }

  /** The command's name, for traces. */
  nameOf(cdb: Buffer): string | undefined {
    const known = this.#table.find(cdb);
    return known instanceof Refusal ? undefined : known.name;
  }

  /** A nexus came into being: it is told of the power on. */
  nexusBegan(port: string): void {
    this.attentions.began(port);
    this.attentions.establish(port, ATTENTION.powerOn);
  }

  /** A nexus was lost, and what belongs to it only. */
  nexusEnded(port: string): void {
    this.attentions.ended(port);
    this.preventing.delete(port);
    if (this.reservedBy === port) this.reservedBy = undefined;
  }

  /** LOGICAL UNIT RESET, or reset of the whole target: all nexuses are told; the cache keeps what it holds. */
  reset(event: 'unit-reset' | 'target-reset'): void {
    this.reservedBy = undefined;
    this.preventing.clear();
    this.modes.reset();
    this.attentions.establishForAll(ATTENTION.busDeviceReset);
    this.vendor?.happened(event);
  }

  /** The power fails and comes back. What of the unsynchronised writes is on the medium says the random source. */
  powerCut(survival: Survival, random: RandomSource): PowerCutReport {
    const report = this.medium.powerCut(survival, random);
    this.reservedBy = undefined;
    this.preventing.clear();
    this.stopped = false;
    this.modes.reset();
    this.persistent.powerLoss();
    this.attentions.establishForAll(ATTENTION.powerOn);
    this.vendor?.happened('power-cut');
    return report;
  }

  /** The capacity is another one from now on; all nexuses are told. */
  resize(blocks: number): void {
    this.medium.resize(blocks);
    this.attentions.establishForAll(ATTENTION.capacityChanged);
  }

  [Symbol.dispose](): void {
    this.medium[Symbol.dispose]();
  }

  #context(now: bigint): VendorContext {
    return { now, blocks: this.medium.blocks, blockSize: this.medium.blockSize };
  }

  #execute(task: ScsiTask, port: string, now: bigint, effect: Effect): TaskAnswer {
    const { cdb } = task;
    const opcode = cdb.readUInt8(0);
    if (this.vendor !== undefined && this.isVendorCommand(task, now)) {
      this.#requireNoAttention(port);
      return this.vendor.execute(task, this.#context(now));
    }
    const found = this.#table.find(cdb);
    // RESERVATION CONFLICT has precedence over a unit attention, which stays pending (SAM-5, status precedence).
    if (!(found instanceof Refusal) && this.#conflicts(found, cdb, port)) return CONFLICT;
    if (opcode !== INQUIRY && opcode !== REQUEST_SENSE && opcode !== REPORT_LUNS)
      this.#requireNoAttention(port);
    if (found instanceof Refusal) throw found;
    requireKnownBits(found, cdb);
    if (this.stopped && found.medium) throw notReady();
    return found.run({ unit: this, task, port, effect });
  }

  #conflicts({ access }: Command, cdb: Buffer, port: string): boolean {
    const needs = typeof access === 'function' ? access(cdb) : access;
    if (needs === 'always' || needs === 'reserve') return false;
    if (this.reservedBy !== undefined && this.reservedBy !== port) return true;
    return this.persistent.conflicts(port, needs);
  }

  #requireNoAttention(port: string): void {
    const attention = this.attentions.take(port);
    if (attention !== undefined) throw new Refusal(attention);
  }
}
