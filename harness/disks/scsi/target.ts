import { absentUnitAnswer } from './absent-unit.js';
import { checkCondition } from './answer.js';
import { systemClock, type DriveClock } from './clock.js';
import { REPORT_LUNS } from './command-table.js';
import { ABORTED, ALL_EFFECT, DROPPED, suffer } from './fault-course.js';
import type { ArmedFault, FaultRule } from './faults.js';
import type { PowerCutReport, RandomSource, Survival } from './medium/write-journal.js';
import { initiatorPort } from './port.js';
import { Refusal } from './refusal.js';
import { reportLuns } from './report-luns.js';
import { SENSE_KEY, type Sense } from './sense.js';
import type { Nexus, ScsiTarget, ScsiTask, TaskAnswer } from './task.js';
import { UnitPlaces } from './places.js';
import { commandRecord, originOf, type Observer, type Passage, type TraceRecord } from './trace.js';
import type { LogicalUnit } from './unit.js';
import type { Effect } from './unit-state.js';
import { WithheldTasks } from './withheld.js';

/** What a target is made of. */
export interface TargetOptions {
  /** By default the clock of this process. */
  readonly clock?: DriveClock;
  /** Decides what a power cut leaves; by default all chance is Math.random's. */
  readonly random?: RandomSource;
  readonly observe?: Observer;
  /**
   * Told of an error in this program: one that a command ran into, whose initiator was answered 4/44/00, or one of the
   * observer. By default it becomes a warning of the process.
   */
  readonly onDefect?: (error: unknown, task?: ScsiTask) => void;
}

/** 4/44/00 INTERNAL TARGET FAILURE. */
const INTERNAL_FAILURE: Sense = { key: SENSE_KEY.hardwareError, asc: 0x44, ascq: 0x00 };

/** A target device with its logical units; owns them. */
export class EmulatedTarget implements ScsiTarget, Disposable {
  readonly #clock: DriveClock;
  readonly #random: RandomSource;
  readonly #observe: Observer | undefined;
  readonly #onDefect: (error: unknown, task?: ScsiTask) => void;
  readonly #places = new UnitPlaces();
  /** The nexus of each initiator port. */
  readonly #nexuses = new Map<string, Nexus>();
  readonly #downPaths = new Set<string>();
  readonly #cuts: ((initiator: string) => void)[] = [];
  readonly #withheld: WithheldTasks;
  #order = 0;

  constructor({ clock = systemClock, random = Math.random, observe, onDefect }: TargetOptions = {}) {
    this.#clock = clock;
    this.#random = random;
    this.#observe = observe;
    this.#onDefect =
      onDefect ?? ((error) => process.emitWarning(error instanceof Error ? error : String(error)));
    this.#withheld = new WithheldTasks(clock);
  }

  /** Puts a unit at a free LUN, 0 to 16383; all nexuses are told that the reported LUNs changed. Throws a RangeError. */
  addUnit(lun: number, unit: LogicalUnit): void {
    this.#places.add(lun, unit);
    unit.abortTasks = (ports) =>
      this.#withheld.settle('aborted', (task, port) => task.lun === lun && ports.has(port));
  }

  /** Removes a unit, whose withheld tasks drop their connections. It is not disposed of. Throws a RangeError. */
  removeUnit(lun: number): void {
    this.#places.remove(lun);
    this.#withheld.settle('drop-connection', (task) => task.lun === lun);
  }

  /** The unit of a LUN. Throws a RangeError if there is none. */
  unit(lun: number): LogicalUnit {
    return this.#places.at(lun).unit;
  }

  /** Puts a fault rule in force for a unit. */
  arm(lun: number, rule: FaultRule): ArmedFault {
    return this.#places.at(lun).faults.arm(rule);
  }

  /** Tasks that faults withhold now. */
  get withheldCount(): number {
    return this.#withheld.count;
  }

  /**
   * No fault withholds anything any more: all rules of all units are gone, and what waits is answered as if there had
   * been none, or drops its connection.
   */
  release(how: 'answer' | 'drop' = 'answer'): void {
    for (const { faults } of this.#places) faults.clear();
    this.#withheld.settle(how === 'answer' ? 'released' : 'drop-connection', () => true);
  }

  /**
   * The path of an initiator is down: its connections are cut, idle ones too, what waits is dropped, and its logins are
   * refused.
   */
  pathDown(initiator: string): void {
    this.#downPaths.add(initiator);
    this.#withheld.settle('drop-connection', ({ nexus }) => nexus.initiator === initiator);
    for (const cut of this.#cuts) cut(initiator);
  }

  whenPathFails(cut: (initiator: string) => void): void {
    this.#cuts.push(cut);
  }

  pathUp(initiator: string): void {
    this.#downPaths.delete(initiator);
  }

  /** The power of a unit fails and comes back; its withheld tasks drop their connections. */
  powerCut(lun: number, survival: Survival): PowerCutReport {
    const { unit } = this.#places.at(lun);
    this.#withheld.settle('drop-connection', (task) => task.lun === lun);
    const report = unit.powerCut(survival, this.#random);
    const { serial } = unit.identity;
    this.#tell({ kind: 'power-cut', drive: serial, lun, survival, ...this.#moment(), ...report });
    return report;
  }

  execute(task: ScsiTask): Promise<TaskAnswer> {
    const place = this.#places.find(task.lun);
    const passage: Passage = {
      task,
      port: initiatorPort(task.nexus),
      unit: place?.unit,
      arrived: this.#order++,
      arrivedAt: this.#clock.now(),
    };
    if (task.aborted ?? task.signal.aborted) return Promise.resolve(this.#end(passage, ABORTED));
    if (this.#downPaths.has(task.nexus.initiator)) return Promise.resolve(this.#end(passage, DROPPED));
    const rule = place?.faults.meeting(task);
    if (rule === undefined) return Promise.resolve(this.#end(passage, this.#run(passage, ALL_EFFECT)));
    passage.rule = rule;
    const course = {
      run: (effect: Effect) => this.#run(passage, effect),
      wait: (delay: bigint | undefined) => this.#withheld.wait(task, passage.port, delay),
      descriptorSense: passage.unit?.modes.descriptorSense ?? false,
    };
    return suffer(rule, course).then((answer) => this.#end(passage, answer));
  }

  nexusBegan(nexus: Nexus): boolean {
    if (this.#downPaths.has(nexus.initiator)) {
      this.#tell({ kind: 'nexus', what: 'refused', ...originOf(nexus), ...this.#moment() });
      return false;
    }
    const port = initiatorPort(nexus);
    // A session that takes the place of another ends that one's nexus first (RFC 7143 6.3.5).
    const before = this.#nexuses.get(port);
    if (before !== undefined) this.nexusEnded(before);
    this.#tell({ kind: 'nexus', what: 'began', ...originOf(nexus), ...this.#moment() });
    this.#nexuses.set(port, nexus);
    this.#places.nexusBegan(port);
    return true;
  }

  nexusEnded(nexus: Nexus): void {
    const port = initiatorPort(nexus);
    // It ended already when another took its place.
    if (this.#nexuses.get(port)?.login !== nexus.login) return;
    this.#tell({ kind: 'nexus', what: 'ended', ...originOf(nexus), ...this.#moment() });
    this.#nexuses.delete(port);
    this.#places.nexusEnded(port);
  }

  resetUnit(lun: number | undefined, by: Nexus): boolean {
    const place = this.#places.find(lun);
    if (place === undefined) return false;
    this.#withheld.settle('aborted', (task) => task.lun === lun);
    place.unit.reset('unit-reset');
    this.#tell({ kind: 'reset', lun: place.lun, ...originOf(by), ...this.#moment() });
    return true;
  }

  resetTarget(by: Nexus): void {
    this.#withheld.settle('aborted', () => true);
    for (const { unit } of this.#places) unit.reset('target-reset');
    this.#tell({ kind: 'reset', lun: null, ...originOf(by), ...this.#moment() });
  }

  hasUnit(lun: number | undefined): boolean {
    return this.#places.find(lun) !== undefined;
  }

  /** Drops what is withheld, and gives up the units' stores. */
  [Symbol.dispose](): void {
    this.release('drop');
    for (const { unit } of this.#places) unit[Symbol.dispose]();
  }

  #moment(): { order: number; at: bigint } {
    return { order: this.#order++, at: this.#clock.now() };
  }

  /** Executes the command, once. */
  #run(passage: Passage, effect: Effect): TaskAnswer {
    const { task, unit } = passage;
    const { order, at } = this.#moment();
    const before = unit?.medium.destaged ?? 0;
    try {
      return this.#route(passage, at, effect);
    } catch (error) {
      if (!(error instanceof Refusal)) this.#onDefect(error, task);
      const sense = error instanceof Refusal ? error.sense : INTERNAL_FAILURE;
      return checkCondition(sense, unit?.modes.descriptorSense ?? false);
    } finally {
      passage.executed = { order, at, destaged: (unit?.medium.destaged ?? 0) - before };
    }
  }

  #route({ task, port, unit }: Passage, at: bigint, effect: Effect): TaskAnswer {
    const { cdb, lun } = task;
    if (cdb.readUInt8(0) === REPORT_LUNS && (unit !== undefined || lun === 0)) {
      const answer = reportLuns(cdb, this.#places.luns);
      this.#places.lunsReported(port);
      return answer;
    }
    return unit === undefined ? absentUnitAnswer(cdb) : unit.execute(task, port, at, effect);
  }

  /** Writes the trace, and passes the answer on. */
  #end(passage: Passage, answer: TaskAnswer): TaskAnswer {
    if (this.#observe !== undefined) this.#tell(commandRecord(passage, answer, this.#moment()));
    return answer;
  }

  #tell(record: TraceRecord): void {
    try {
      this.#observe?.(record);
    } catch (error) {
      this.#onDefect(error);
    }
  }
}
