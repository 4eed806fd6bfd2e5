/** Questions that tests of the kernel ask: what was sent in which order, what its log said, what commands said. */
import { decodeRegions, decodeU64 } from '../ulog/index.js';
import type { CommandEvent, HistoryEvent } from './events.js';
import type { Exchange } from './exchange.js';
import type { History } from './history.js';
import {
  DATAGRAMS,
  GROUP_JOIN,
  KERNEL_LOG,
  LEG_BLOCKS,
  type DatagramHeaders,
  type GroupJoin,
  type KernelLogLook,
  type LegBlocksLook,
} from './observations.js';

/** All events of some requests. */
export function eventsOf(exchanges: readonly (Exchange | undefined)[]): HistoryEvent[] {
  return exchanges.flatMap((exchange) => [...(exchange?.events() ?? [])]);
}

/** Requests with what their callers got, for texts: 'MARK_REGION 0, FLUSH -5'; 'open' while a caller waits. */
export function outcomesOf(exchanges: readonly (Exchange | undefined)[]): string {
  if (exchanges.length === 0) return 'nothing';
  return exchanges
    .map((exchange) =>
      exchange === undefined ? 'nothing' : `${String(exchange.name)} ${exchange.result ?? 'open'}`,
    )
    .join(', ');
}

/** Commands whose words contain all of these. */
export function commandsWith(history: History, ...words: readonly string[]): CommandEvent[] {
  return history.commands().filter(({ argv }) => words.every((word) => argv.includes(word)));
}

/** Requests that began while a command ran. */
export function exchangesDuring(history: History, command: CommandEvent | undefined): Exchange[] {
  if (command === undefined) return [];
  return history.exchanges().filter((exchange) => {
    const at = exchange.events()[0]?.t;
    return at !== undefined && at >= command.t && at <= command.end;
  });
}

/** The region that IN_SYNC, IS_CLEAN or IS_REMOTE_RECOVERING asks about; undefined without one. */
export function regionAsked({ payload }: Exchange): number | undefined {
  return payload.length === 8 ? Number(decodeU64(payload)) : undefined;
}

/** The regions of a MARK_REGION, a CLEAR_REGION or a FLUSH. */
export function regionsListed({ payload }: Exchange): number[] {
  return decodeRegions(payload).map(Number);
}

/** True when one request began before another did. */
export function beganBefore(history: History, one: Exchange, other: Exchange): boolean {
  const [a, b] = [one.events()[0], other.events()[0]];
  return a !== undefined && b !== undefined && history.place(a) < history.place(b);
}

/** How long something took, and whether that is within limits; see {@link waited}. */
export interface Waited {
  /** Infinity when it did not happen. */
  readonly ms: number;
  readonly inTime: boolean;
}

/** So many whole commands after a limit show that the guest was not held up. */
const SIGNS_OF_LIFE = 2;

/**
 * Whether `to` lies as many ms after `from` as it should. A guest that stood still or crept is not blamed: too late
 * counts only when the guest ran whole commands between the limit and `to`. See `TestLab.ticking`.
 */
export function waited(
  history: History,
  from: bigint | undefined,
  to: bigint | undefined,
  [atLeast, atMost]: readonly [number, number],
): Waited {
  if (from === undefined || to === undefined) return { ms: Infinity, inTime: false };
  const ms = Number(to - from) / 1e6;
  const limit = from + BigInt(atMost) * 1_000_000n;
  const signs = history.commands().filter(({ t, end }) => t > limit && end < to);
  const late = signs.length >= SIGNS_OF_LIFE;
  return { ms, inTime: ms >= atLeast && !late };
}

/** Lines of the kernel's log that match and that the test looked up, with the looks that hold them. */
export function kernelLogLines(
  history: History,
  pattern: RegExp,
): { readonly lines: readonly string[]; readonly events: readonly HistoryEvent[] } {
  const looks = history.observations(KERNEL_LOG);
  const lines = looks.flatMap(({ value }) => (value as Partial<KernelLogLook>).lines ?? []);
  return { lines: lines.filter((line) => pattern.test(line)), events: looks };
}

/** The looks at the legs, in order. */
export function legLooks(
  history: History,
): { readonly region: number; readonly written: readonly boolean[]; readonly event: HistoryEvent }[] {
  return history.observations(LEG_BLOCKS).map((event) => {
    const { region = -1, written = [] } = event.value as Partial<LegBlocksLook>;
    return { region, written, event };
  });
}

/** Headers of the datagrams that a second listener received. */
export function datagrams(
  history: History,
): { readonly headers: DatagramHeaders; readonly event: HistoryEvent }[] {
  return history
    .observations(DATAGRAMS)
    .flatMap((event) => (event.value as DatagramHeaders[]).map((headers) => ({ headers, event })));
}

/** The tries to join the connector group, in order. */
export function groupJoins(history: History): { readonly join: GroupJoin; readonly event: HistoryEvent }[] {
  return history.observations(GROUP_JOIN).map((event) => ({ join: event.value as GroupJoin, event }));
}
