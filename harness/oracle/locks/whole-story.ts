/** Whether what hosts asked and were told is all that befell a drive, as far as the drive's own trace tells. */
import type { DiskCommandEvent, LockCallEvent } from '../../history/index.js';
import { answerOf, commandOf } from './wire.js';

const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex');

/** Numbers of each operation on each resource; a wipe is of all of them. */
class Tally {
  readonly #numbers = new Map<string, number>();

  add(op: string, resource: string): void {
    const key = `${op} ${resource}`;
    this.#numbers.set(key, (this.#numbers.get(key) ?? 0) + 1);
  }

  /** True when `other` has at least as many of everything that is about these resources. */
  isWithin(other: Tally, resources: ReadonlySet<string>): boolean {
    return [...this.#numbers].every(([key, number]) => {
      const resource = key.slice(key.indexOf(' ') + 1);
      return !resources.has(resource) || number <= (other.#numbers.get(key) ?? 0);
    });
  }
}

/**
 * True when every command that changed one of the drive's mutexes is among the calls, and no fault made up an answer: only
 * then do the calls refute anything. A drive without a trace is taken at its word.
 * @param legacy the drive takes the commands of before 2022 too
 */
export function isWholeStory(
  drive: string,
  calls: readonly LockCallEvent[],
  commands: readonly DiskCommandEvent[],
  legacy = false,
): boolean {
  const told = new Tally();
  // Of everything: a wipe names no resource.
  const resources = new Set(['']);
  for (const { op, resource, drive: asked } of calls) {
    if (asked !== drive) continue;
    resources.add(op === 'wipe' ? '' : hex(resource));
    told.add(op, op === 'wipe' ? '' : hex(resource));
  }
  const seen = new Tally();
  for (const { drive: of, cdb, direction, dataOut, executed, outcome, status, sense, fault } of commands) {
    if (of !== drive) continue;
    const command = commandOf(cdb, direction, dataOut.bytes ?? new Uint8Array(0), legacy);
    if (command === undefined) continue;
    const heard = outcome === 'status' ? answerOf(status, sense) : undefined;
    // An error that a fault made up tells hosts nothing.
    if (fault !== null && heard !== undefined && heard.answer !== 'check' && heard.answer !== 'other')
      return false;
    // A unit attention: it did not reach the mutexes.
    if (executed === null || (outcome === 'status' && heard === undefined)) continue;
    if (command.kind === 'op') seen.add(command.call.op, command.resource);
    if (command.kind === 'wipe') seen.add('wipe', '');
  }
  return seen.isWithin(told, resources);
}
