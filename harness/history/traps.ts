/** Traps around the daemon, as observations carry them (docs/faults.md). */
import { z } from 'zod';
import type { ObservationEvent } from './events.js';
import type { Exchange } from './exchange.js';
import type { History } from './history.js';

/** Name of the observation of what became of a trap; its value is a {@link TrapValue}. */
export const TRAP = 'trap';

const trap = z.int().describe('Number of the trap, unique on its node');
const trapSchema = z.discriminatedUnion('state', [
  z.strictObject({
    state: z.literal('set'),
    trap,
    /** It springs at this request of those that count, from 1. */
    request: z.int().positive(),
    /** Names of the types that count; none: all do. */
    of: z.array(z.string()),
    does: z.enum(['kill', 'freeze']),
  }),
  /** `call` is that of the request that sprang it. */
  z.strictObject({ state: z.literal('sprung'), trap, call: z.int() }),
  /** It was taken away before it sprang, when so many requests had counted. */
  z.strictObject({ state: z.literal('removed'), trap, seen: z.int() }),
]);

/** What became of a trap. Plain JSON. */
export type TrapValue = z.output<typeof trapSchema>;

/** One trap of a history. */
export interface TrapStory {
  readonly node: string;
  /** It springs at this request of those that count, from 1. */
  readonly request: number;
  /** Names of the types that count; none: all do. */
  readonly of: readonly string[];
  readonly does: 'kill' | 'freeze';
  /** From its time on requests count. */
  readonly set: ObservationEvent;
  /** When it sprang: at the time of the request, whose first transmission is later. */
  readonly sprung: ObservationEvent | undefined;
  /** The request that sprang it. */
  readonly by: Exchange | undefined;
}

/** Every trap that a test set, in order; one whose `sprung` is undefined never did anything. */
export function traps(history: History): TrapStory[] {
  const events = history.observations(TRAP).map((event) => ({ event, value: trapSchema.parse(event.value) }));
  return events.flatMap(({ event: set, value }) => {
    if (value.state !== 'set') return [];
    const { request, of, does } = value;
    const spring = events.find(
      (other) =>
        other.value.state === 'sprung' && other.event.node === set.node && other.value.trap === value.trap,
    );
    const call = spring?.value.state === 'sprung' ? spring.value.call : undefined;
    const by = history
      .exchanges()
      .find(
        (exchange) => exchange.node === set.node && call !== undefined && exchange.request?.call === call,
      );
    return [{ node: set.node, request, of, does, set, sprung: spring?.event, by }];
  });
}
