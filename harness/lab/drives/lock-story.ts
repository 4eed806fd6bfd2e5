/** What calls about locks and their answers must have been, told line by line. */
import { lockExchanges, type History, type HistoryEvent } from '../../history/index.js';
import type { Check } from '../../plan/definition.js';

/** A line of {@link lockExchanges}; with the requirement that it shows broken when it differs. */
export type StoryLine = string | readonly [id: string, line: string];

/** Checks that calls and answers were these, in the order in which the test made the calls; the first difference counts. */
export function checkLockStory(history: History, check: Check, story: readonly StoryLine[]): void {
  const seen = lockExchanges(history);
  for (const [index, told] of story.entries()) {
    const [id, expected] = typeof told === 'string' ? [undefined, told] : told;
    const exchange = seen[index];
    const holds = exchange?.line === expected;
    check(holds, {
      ...(id !== undefined && { id }),
      expected,
      seen: exchange?.line ?? 'no such call',
      // What led to it is part of what shows it.
      events: seen.slice(0, index + 1).flatMap((one) => one.events()),
    });
    if (!holds) return;
  }
}

/** The calls with these lines and their answers, if all of them are there; else nothing. */
export function lockEvents(history: History, ...lines: readonly string[]): readonly HistoryEvent[] {
  const found = lines.map((line) => lockExchanges(history).filter((exchange) => exchange.line === line));
  return found.some((some) => some.length === 0) ? [] : found.flat().flatMap((exchange) => exchange.events());
}
