import { ATTENTION } from './attentions.js';
import { FaultRules } from './faults.js';
import type { LogicalUnit } from './unit.js';

/** A unit, where it is, and what faults it has. */
export interface Place {
  readonly lun: number;
  readonly unit: LogicalUnit;
  readonly faults: FaultRules;
}

/** Where the units of a target are, and which nexuses they know. */
export class UnitPlaces {
  readonly #places = new Map<number, Place>();
  readonly #ports = new Set<string>();

  /** In the order of their LUNs. */
  get luns(): readonly number[] {
    return [...this.#places.keys()].sort((a, b) => a - b);
  }

  [Symbol.iterator](): Iterator<Place> {
    return this.#places.values();
  }

  find(lun: number | undefined): Place | undefined {
    return lun === undefined ? undefined : this.#places.get(lun);
  }

  /** Throws a RangeError if there is no unit. */
  at(lun: number): Place {
    const place = this.#places.get(lun);
    if (place === undefined) throw new RangeError(`no unit at LUN ${lun}`);
    return place;
  }

  /** Puts a unit at a free LUN, 0 to 16383; all nexuses are told. Throws a RangeError. */
  add(lun: number, unit: LogicalUnit): void {
    if (!Number.isInteger(lun) || lun < 0 || lun > 0x3fff) throw new RangeError(`no LUN: ${lun}`);
    if (this.#places.has(lun)) throw new RangeError(`LUN ${lun} has a unit`);
    this.#places.set(lun, { lun, unit, faults: new FaultRules() });
    for (const port of this.#ports) unit.nexusBegan(port);
    this.#tell();
  }

  /** Takes the unit away; all nexuses are told. Throws a RangeError. */
  remove(lun: number): void {
    const { unit } = this.at(lun);
    this.#places.delete(lun);
    for (const port of this.#ports) unit.nexusEnded(port);
    this.#tell();
  }

  nexusBegan(port: string): void {
    this.#ports.add(port);
    for (const { unit } of this) unit.nexusBegan(port);
  }

  nexusEnded(port: string): void {
    this.#ports.delete(port);
    for (const { unit } of this) unit.nexusEnded(port);
  }

  /** A nexus was told which LUNs there are. */
  lunsReported(port: string): void {
    for (const { unit } of this) unit.attentions.clear(port, ATTENTION.reportedLunsChanged);
  }

  #tell(): void {
    for (const { unit } of this) unit.attentions.establishForAll(ATTENTION.reportedLunsChanged);
  }
}
