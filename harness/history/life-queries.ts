import type { ObservationEvent } from './events.js';
import type { Exchange } from './exchange.js';
import type { History } from './history.js';

function placeOf(history: History, event: Exchange['answer'] | Exchange['request']): number {
  return event === undefined ? Infinity : history.place(event);
}

/** Place of the first sending of a request; Infinity when it was never sent. */
function sendingOf(history: History, { transmissions }: Exchange): number {
  const [first] = transmissions;
  return first === undefined ? Infinity : history.place(first);
}

/** The request of that type, of the same log, that came next after another one. */
function nextOf(history: History, name: Exchange['name'], after: Exchange): Exchange | undefined {
  const from = sendingOf(history, after);
  return history
    .exchanges()
    .find(
      (other) =>
        other.name === name &&
        other.luid === after.luid &&
        other.uuid === after.uuid &&
        sendingOf(history, other) > from,
    );
}

/** Requests of a log that were sent after its PRESUSPEND was answered, and answered before its POSTSUSPEND was sent. */
export function whileQuiescing(history: History): Exchange[] {
  return history.exchanges('PRESUSPEND').flatMap((presuspend) => {
    const from = placeOf(history, presuspend.answer);
    const postsuspend = nextOf(history, 'POSTSUSPEND', presuspend);
    const to = postsuspend === undefined ? Infinity : sendingOf(history, postsuspend);
    return history
      .exchanges()
      .filter(
        (exchange) =>
          exchange.luid === presuspend.luid &&
          sendingOf(history, exchange) > from &&
          (exchange.answer === undefined || placeOf(history, exchange.answer) < to) &&
          sendingOf(history, exchange) < to,
      );
  });
}

/** Requests of a log that were sent after its POSTSUSPEND was answered, and before its next RESUME or DTR. */
export function afterPostsuspend(history: History): Exchange[] {
  return history.exchanges('POSTSUSPEND').flatMap((postsuspend) => {
    const from = placeOf(history, postsuspend.answer);
    const ends = (['RESUME', 'DTR'] as const).flatMap((name) => nextOf(history, name, postsuspend) ?? []);
    const to = Math.min(Infinity, ...ends.map((end) => sendingOf(history, end)));
    return history.exchanges().filter((exchange) => {
      const place = sendingOf(history, exchange);
      return exchange.luid === postsuspend.luid && place > from && place < to;
    });
  });
}

/** What the comparisons of the legs said, in order. */
export function legComparisons(
  history: History,
): { readonly event: ObservationEvent; readonly equal: boolean }[] {
  return history.observations('legs-equal').map((event) => ({
    event,
    equal: (event.value as { equal?: unknown } | null)?.equal === true,
  }));
}
