/** Broken kernels that construct logs wrongly. */
import {
  constructorText,
  isReconnect,
  type CommandEvent,
  type Exchange,
  type History,
} from '../../harness/history/index.js';
import { decodeU64, encodeText, encodeU64, MAX_PAYLOAD, RequestType } from '../../harness/ulog/index.js';
import {
  commandAround,
  commandEnded,
  foreignRequest,
  insertedAfter,
  replaced,
  rewritten,
  without,
} from './edit.js';
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

const EINVAL_TEXT = 'device-mapper: reload ioctl failed: Invalid argument\n';

/** The command that was running when a request began. */
function commandOf(history: History, exchange: Exchange | undefined): CommandEvent | undefined {
  return exchange && commandAround(history, exchange);
}

/** A construction that the daemon refused. */
function refusal(history: History): Exchange | undefined {
  return constructions(history).find(({ answer }) => (answer?.error ?? 0) < 0);
}

const refusedLoads: HistoryMutant = {
  name: 'refused-ctr-loads',
  breaks: 'CTR-10',
  description: 'loads a table whose log the daemon refused',
  apply: (history) => commandEnded(history, commandOf(history, refusal(history)), { status: 0, stderr: '' }),
};

const afterRefusal: HistoryMutant = {
  name: 'request-after-a-refused-ctr',
  breaks: 'CTR-10',
  description: 'destroys a log that was refused, and so never was',
  apply: (history) => {
    const ctr = refusal(history);
    return ctr && insertedAfter(history, ctr, foreignRequest(history, ctr, { name: 'DTR' }));
  },
};

const positiveRefuses: HistoryMutant = {
  name: 'positive-ctr-error-refuses',
  breaks: 'CTR-16',
  description: 'takes a positive error of CTR for a refusal',
  apply: (history) => {
    const ctr = constructions(history).find(({ answer }) => (answer?.error ?? 0) > 0);
    const command = commandOf(history, ctr);
    if (ctr === undefined || command === undefined) return undefined;
    const later = history.exchanges().filter(({ uuid }) => uuid === ctr.uuid);
    const failed = commandEnded(history, command, { status: 1, stderr: EINVAL_TEXT });
    const numbers = new Set(
      later.filter((one) => one !== ctr).flatMap((one) => one.events().map(({ n }) => n)),
    );
    return failed && replaced(failed, (event) => (numbers.has(event.n) ? [] : undefined));
  },
};

const unterminatedAccepted: HistoryMutant = {
  name: 'unterminated-device-name-accepted',
  breaks: 'CTR-17',
  description: 'takes a device name without its NUL',
  apply: (history) => {
    const ctr = constructions(history).find(({ answer }) => (answer?.payload.at(-1) ?? 0) !== 0);
    return commandEnded(history, commandOf(history, ctr), { status: 0, stderr: '' });
  },
};

const dtrAfterFailure: HistoryMutant = {
  name: 'dtr-after-a-failed-construction',
  breaks: 'CTR-11q',
  description: 'destroys the log whose construction failed after its CTR',
  apply: (history) => {
    const size = history.exchanges('GET_REGION_SIZE').find(({ result }) => (result ?? 0) < 0);
    return size && insertedAfter(history, size, foreignRequest(history, size, { name: 'DTR' }));
  },
};

function creation(history: History, name: string): CommandEvent | undefined {
  return history.commands().find(({ argv }) => argv[1] === 'create' && argv[2] === name);
}

const longTextAccepted: HistoryMutant = {
  name: 'text-of-333-accepted',
  breaks: 'CTR-14',
  description: 'loads a table whose constructor text does not fit into a message',
  apply: (history) => commandEnded(history, creation(history, 'text333'), { status: 0, stderr: '' }),
};

const fittingTextRefused: HistoryMutant = {
  name: 'text-of-332-refused',
  breaks: 'CTR-14',
  description: 'refuses a constructor text that just fits into a message',
  apply: (history) => commandEnded(history, creation(history, 'text332'), { status: 1, stderr: EINVAL_TEXT }),
};

const longUuidAccepted: HistoryMutant = {
  name: 'uuid-of-129-accepted',
  breaks: 'CTR-22',
  description: 'takes a uuid that does not fit into its field',
  apply: (history) => commandEnded(history, creation(history, 'uuid129'), { status: 0, stderr: '' }),
};

const largePayload: HistoryMutant = {
  name: 'payload-over-332',
  breaks: 'TRN-14',
  description: 'sends a payload that is larger than its buffer',
  apply: (history) => {
    const ctr = constructions(history).find(({ payload }) => payload.length === MAX_PAYLOAD);
    return ctr && withPayload(history, ctr, Buffer.concat([ctr.payload, encodeText('x')]));
  },
};

const noDependency: HistoryMutant = {
  name: 'log-device-is-no-dependency',
  breaks: 'CTR-18',
  description: 'does not hold the device that the daemon returned',
  apply: (history) => {
    const deps = history.commands().find(({ stdout }) => stdout.includes('(loop0)'));
    return commandEnded(history, deps, { stdout: deps?.stdout.replace(/ ?\(loop0\)/, '') ?? '' });
  },
};

const deviceKept: HistoryMutant = {
  name: 'log-device-is-kept',
  breaks: 'CTR-18',
  description: 'does not release the device of a log that is gone',
  apply: (history) => {
    const looks = history.commands().filter(({ argv }) => argv.join(' ').endsWith('/loop0/holders'));
    return commandEnded(history, looks[1], { stdout: looks[0]?.stdout ?? '' });
  },
};

/** The constructions whose region size was answered to be no power of two. */
function oddSize(history: History): Exchange | undefined {
  return history.exchanges('GET_REGION_SIZE').find(({ answer }) => {
    const size = answer?.payload.length === 8 ? decodeU64(answer.payload) : 1n;
    return (size & (size - 1n)) !== 0n;
  });
}

const oddSizeRefused: HistoryMutant = {
  name: 'odd-region-size-refused',
  breaks: 'CTR-13q',
  description: 'refuses a region size that is no power of two',
  apply: (history) => {
    const size = oddSize(history);
    if (size === undefined) return undefined;
    const later = history
      .exchanges()
      .filter(({ luid, name }) => luid === size.luid && name !== 'CTR' && name !== 'GET_REGION_SIZE');
    return without(history, later);
  },
};

const oddSizeDivides: HistoryMutant = {
  name: 'odd-region-size-divides',
  breaks: 'CTR-13q',
  description: 'numbers regions by division by their size, whatever it is',
  apply: (history) => {
    if (oddSize(history) === undefined) return undefined;
    const asked = new Set(history.exchanges('IN_SYNC').flatMap((query) => query.events()));
    return asked.size === 0
      ? undefined
      : replaced(history, (event) =>
          asked.has(event) ? [rewritten(event, RequestType.IN_SYNC, encodeU64(5n))] : undefined,
        );
  },
};

/** All of this file. */
export const CONSTRUCTION_MUTANTS = [
  withNul,
  namesIntegratedFlush,
  refusedLoads,
  afterRefusal,
  positiveRefuses,
  unterminatedAccepted,
  dtrAfterFailure,
  longTextAccepted,
  fittingTextRefused,
  longUuidAccepted,
  largePayload,
  noDependency,
  deviceKept,
  oddSizeRefused,
  oddSizeDivides,
];
