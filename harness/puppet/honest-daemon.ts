/** The daemon that the puppet is when no rule says otherwise: section 10 of the protocol facts, for one host. */
import {
  decodeConstructorText,
  encodeRemoteRecovering,
  encodeResyncWork,
  encodeS64,
  encodeText,
  encodeU64,
  expectedReplySize,
  requestName,
  UlogFormatError,
  type RequestName,
  type UlogMessage,
} from '../ulog/index.js';
import { EINVAL, ESRCH, parseConstructor, payloads } from '../oracle/index.js';
import type { PuppetAnswer } from './api.js';
import { HonestLog } from './honest-log.js';

const NOTHING = new Uint8Array(0);
const SUCCESS = full(0);
const REFUSAL = full(EINVAL);
/** Room for any status text in the repeated request: the kernel takes the size of this answer for it (spec 2.5). */
const STATUS_ROOM = 64;

/** Requests about a log that is not known and is not to be rebuilt either: merely refused (spec 10, item 11). */
const LIFE_CYCLE: readonly (RequestName | undefined)[] = [
  'DTR',
  'PRESUSPEND',
  'POSTSUSPEND',
  'RESUME',
  'GET_REGION_SIZE',
];

function full(error: number, payload: Uint8Array = NOTHING): PuppetAnswer {
  return { form: 'full', error, payload };
}

/** Answers every request, and moves its logs by it. Logs are known by (uuid, luid). */
export class HonestDaemon {
  readonly #logs = new Map<string, HonestLog>();

  /** The answer to a request, whose effect has happened then. */
  answer(request: UlogMessage): PuppetAnswer {
    const name = requestName(request.requestType);
    if (name === undefined) return REFUSAL;
    if (name === 'CTR') return this.#construct(request);
    const log = this.#logs.get(keyOf(request));
    if (log === undefined) return unknown(name, request);
    if (name === 'DTR') {
      this.#logs.delete(keyOf(request));
      return SUCCESS;
    }
    return serve(name, log, request.payload) ?? REFUSAL;
  }

  /** Loses every log, as a daemon does that dies. */
  forget(): void {
    this.#logs.clear();
  }

  #construct(request: UlogMessage): PuppetAnswer {
    const told = constructorOf(request.payload);
    if (told === undefined) return REFUSAL;
    const key = keyOf(request);
    const known = this.#logs.get(key);
    // A log that was resumed is alive in the kernel: this is a resend or a reconnect, and changes nothing. One that
    // never was is the orphan of a failed load (spec 6.2, item 6).
    if (known?.wasResumed === true && known.text === told.text) return SUCCESS;
    const log = HonestLog.construct(told.text, parseConstructor(told.text), told.reconnect);
    if (log === undefined) return REFUSAL;
    this.#logs.set(key, log);
    return SUCCESS;
  }
}

function keyOf({ uuid, luid }: UlogMessage): string {
  return `${luid} ${uuid}`;
}

function constructorOf(
  payload: Uint8Array,
): { readonly text: string; readonly reconnect: boolean } | undefined {
  try {
    return decodeConstructorText(payload);
  } catch (error) {
    if (error instanceof UlogFormatError) return undefined;
    throw error;
  }
}

/** -ESRCH with the size of a good answer makes the kernel build the log anew and keeps its room (spec 2.5, 2.6). */
function unknown(name: RequestName, { requestType }: UlogMessage): PuppetAnswer {
  if (LIFE_CYCLE.includes(name)) return REFUSAL;
  const { expected } = expectedReplySize(requestType);
  return full(ESRCH, new Uint8Array(typeof expected === 'number' ? expected : STATUS_ROOM));
}

/** The answer of a known log; undefined: refused for its payload. */
function serve(
  name: Exclude<RequestName, 'CTR' | 'DTR'>,
  log: HonestLog,
  payload: Uint8Array,
): PuppetAnswer | undefined {
  switch (name) {
    case 'PRESUSPEND':
      log.presuspend();
      return SUCCESS;
    case 'POSTSUSPEND':
      log.postsuspend();
      return SUCCESS;
    case 'RESUME':
      log.resume();
      return SUCCESS;
    case 'GET_REGION_SIZE':
      return full(0, encodeU64(BigInt(log.regionSize)));
    case 'IS_CLEAN':
      return withRegion(log, payload, (region) => encodeS64(log.isClean(region) ? 1n : 0n));
    case 'IN_SYNC':
      return withRegion(log, payload, (region) => encodeS64(log.inSync(region) ? 1n : 0n));
    case 'FLUSH':
    case 'MARK_REGION':
    case 'CLEAR_REGION': {
      const regions = payloads.regions(payload);
      // A refusal has no partial effect.
      if (regions?.every((region) => region < log.regionCount) !== true) return undefined;
      if (regions.length === 0 && name !== 'FLUSH') return undefined;
      if (name === 'CLEAR_REGION') log.clear(regions);
      else log.mark(regions);
      return SUCCESS;
    }
    case 'GET_RESYNC_WORK': {
      const region = log.resyncWork();
      const haveWork = region === undefined ? 0n : 1n;
      return full(0, encodeResyncWork({ haveWork, region: BigInt(region ?? 0) }));
    }
    case 'SET_REGION_SYNC': {
      const change = payloads.regionSync(payload);
      if (change === undefined || change.region >= log.regionCount) return undefined;
      log.setSync(change.region, change.inSync);
      return SUCCESS;
    }
    case 'GET_SYNC_COUNT':
      return full(0, encodeU64(BigInt(log.syncCount())));
    case 'STATUS_INFO':
      return full(0, encodeText(log.statusInfo(), true));
    case 'STATUS_TABLE':
      return full(0, encodeText(log.statusTable(), true));
    case 'IS_REMOTE_RECOVERING':
      // One host: its kernel orders its own recovery against its own writes.
      return withRegion(log, payload, () =>
        encodeRemoteRecovering({ recovering: 0n, inSyncHint: BigInt(log.inSyncHint()) }),
      );
  }
}

function withRegion(
  log: HonestLog,
  payload: Uint8Array,
  answer: (region: number) => Uint8Array,
): PuppetAnswer | undefined {
  const region = payloads.u64(payload);
  return region === undefined || region >= log.regionCount ? undefined : full(0, answer(region));
}
