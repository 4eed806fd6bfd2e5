/** Broken kernels that construct logs wrongly. */
import { constructorText, isReconnect, type Exchange, type History } from '../../harness/history/index.js';
import { encodeText, RequestType } from '../../harness/ulog/index.js';
import { replaced, rewritten } from './edit.js';
import type { HistoryMutant } from './mutant.js';

function constructions(history: History): Exchange[] {
  return history.exchanges('CTR').filter((ctr) => !isReconnect(ctr) && ctr.transmissions.length > 0);
}

/** The history in which a CTR carried another payload. */
function withPayload(history: History, ctr: Exchange, payload: Uint8Array): History {
  const events = new Set(ctr.events());
  return replaced(history, (event) =>
    events.has(event) ? [rewritten(event, RequestType.CTR, payload)] : undefined,
  );
}

const withNul: HistoryMutant = {
  name: 'ctr-with-nul',
  breaks: 'CTR-01',
  description: 'sends the constructor text with a NUL at its end, as kernels only do when they reconnect',
  apply: (history) => {
    const [ctr] = constructions(history);
    return ctr && withPayload(history, ctr, encodeText(constructorText(ctr) ?? '', true));
  },
};

const namesIntegratedFlush: HistoryMutant = {
  name: 'ctr-names-integrated-flush',
  breaks: 'CTR-01',
  description: 'leaves the word integrated_flush in the text for the daemon, as kernels before 3.14 did',
  apply: (history) => {
    const [ctr] = constructions(history).toReversed();
    const [length = '', ...words] = (ctr && constructorText(ctr)?.split(' ')) ?? [];
    const text = [length, 'integrated_flush', ...words].join(' ');
    return ctr && withPayload(history, ctr, encodeText(text));
  },
};

/** All of this file. */
export const CONSTRUCTION_MUTANTS = [withNul, namesIntegratedFlush];
