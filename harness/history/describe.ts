/** Requests and answers in words, for timelines and for what the oracle says. */
import {
  decodeRegions,
  decodeRegionSync,
  decodeRemoteRecovering,
  decodeResyncWork,
  decodeS64,
  decodeText,
  decodeU64,
  UlogFormatError,
} from '../ulog/index.js';
import type { ReplyEvent } from './events.js';
import type { Exchange } from './exchange.js';
import { constructorText, isReconnect } from './instance.js';

/** Errnos that daemons and the kernel's transfer code use (asm-generic/errno-base.h, errno.h). */
const ERRNO: Readonly<Record<number, string>> = {
  1: 'EPERM',
  2: 'ENOENT',
  3: 'ESRCH',
  4: 'EINTR',
  5: 'EIO',
  7: 'E2BIG',
  11: 'EAGAIN',
  12: 'ENOMEM',
  14: 'EFAULT',
  16: 'EBUSY',
  17: 'EEXIST',
  19: 'ENODEV',
  22: 'EINVAL',
  28: 'ENOSPC',
  38: 'ENOSYS',
  61: 'ENODATA',
  95: 'EOPNOTSUPP',
  105: 'ENOBUFS',
  110: 'ETIMEDOUT',
  111: 'ECONNREFUSED',
};

/** -22 -> '-EINVAL', 0 -> '0', -4711 -> '-4711'. */
function errnoName(error: number): string {
  const name = ERRNO[Math.abs(error)];
  return name === undefined ? `${error}` : `${error < 0 ? '-' : '+'}${name}`;
}

/** 'IN_SYNC', or 'type 42' for a number that is no request type. */
function typeName(exchange: Exchange): string {
  return exchange.name ?? `type ${exchange.type & 0xff}`;
}

/** '[3 4 9]'; runs of three and more are shortened: '[0..31 40]', '[31..0]'. */
function formatRegions(regions: readonly bigint[]): string {
  const parts: string[] = [];
  for (let at = 0; at < regions.length;) {
    const first = regions[at] ?? 0n;
    const step = (regions[at + 1] ?? first) - first;
    let last = at;
    if (step === 1n || step === -1n) while (regions[last + 1] === (regions[last] ?? 0n) + step) last += 1;
    if (last - at < 2) last = at;
    parts.push(last === at ? `${first}` : `${first}..${regions[last]}`);
    at = last + 1;
  }
  return `[${parts.join(' ')}]`;
}

/** The request with its payload in words, such as `MARK_REGION [3 4]` or `SET_REGION_SYNC 5 = 1`. */
export function describeRequest(exchange: Exchange): string {
  const name = typeName(exchange);
  if (exchange.transmissions.length === 0) return name;
  const detail = readable(() => requestDetail(exchange), exchange.payload);
  return detail === '' ? name : `${name} ${detail}`;
}

function requestDetail(exchange: Exchange): string {
  const { name, payload } = exchange;
  switch (name) {
    case 'CTR':
      return `"${constructorText(exchange) ?? hex(payload)}"${isReconnect(exchange) ? ' (reconnect)' : ''}`;
    case 'IS_CLEAN':
    case 'IN_SYNC':
    case 'IS_REMOTE_RECOVERING':
      return `${decodeU64(payload)}`;
    case 'FLUSH':
    case 'MARK_REGION':
    case 'CLEAR_REGION':
      return payload.length === 0 ? '' : formatRegions(decodeRegions(payload));
    case 'SET_REGION_SYNC': {
      const { region, inSync } = decodeRegionSync(payload);
      return `${region} = ${inSync}`;
    }
    case 'DTR':
    case 'PRESUSPEND':
    case 'POSTSUSPEND':
    case 'RESUME':
    case 'GET_REGION_SIZE':
    case 'GET_RESYNC_WORK':
    case 'GET_SYNC_COUNT':
    case 'STATUS_INFO':
    case 'STATUS_TABLE':
    case undefined:
      return hex(payload);
  }
}

/** The reply in words: `0` or `ok` for success without data, `-EINVAL`, `{have_work 1, region 5}`, `"1 clustered-core"`. */
export function describeReply(exchange: Exchange, reply: ReplyEvent): string {
  if (reply.form === 'malformed') return `malformed (${reply.connector.len} bytes)`;
  if (reply.error !== 0) {
    const data = reply.form === 'full' && reply.dataSize > 0 ? ` with ${reply.dataSize} bytes` : '';
    return `${errnoName(reply.error)}${data}`;
  }
  if (reply.form === 'ack' || reply.dataSize === 0) return 'ok';
  return readable(() => replyDetail(exchange, reply.payload), reply.payload);
}

function replyDetail({ name }: Exchange, payload: Uint8Array): string {
  switch (name) {
    case 'CTR':
    case 'STATUS_INFO':
    case 'STATUS_TABLE':
      return `"${decodeText(payload)}"`;
    case 'GET_REGION_SIZE':
    case 'GET_SYNC_COUNT':
      return `${decodeU64(payload)}`;
    case 'IS_CLEAN':
    case 'IN_SYNC':
      return `${decodeS64(payload)}`;
    case 'GET_RESYNC_WORK': {
      const { haveWork, region } = decodeResyncWork(payload);
      return BigInt.asIntN(32, haveWork) > 0n ? `work ${region}` : 'no work';
    }
    case 'IS_REMOTE_RECOVERING': {
      const { recovering, inSyncHint } = decodeRemoteRecovering(payload);
      return `recovering ${recovering}, hint ${inSyncHint}`;
    }
    case 'DTR':
    case 'PRESUSPEND':
    case 'POSTSUSPEND':
    case 'RESUME':
    case 'FLUSH':
    case 'MARK_REGION':
    case 'CLEAR_REGION':
    case 'SET_REGION_SYNC':
    case undefined:
      return hex(payload);
  }
}

/** What the kernel's caller got in the end, or how far the request came. */
export function describeOutcome(exchange: Exchange): string {
  if (exchange.answer !== undefined) {
    const seen = describeReply(exchange, exchange.answer);
    const { result } = exchange;
    // The kernel refuses data that it has no room for (spec 2.4).
    return result === undefined || result === exchange.answer.error
      ? seen
      : `${seen}, returned ${errnoName(result)}`;
  }
  if (exchange.result !== undefined) return `no answer, returned ${errnoName(exchange.result)}`;
  return 'no answer';
}

function readable(words: () => string, payload: Uint8Array): string {
  try {
    return words();
  } catch (error) {
    if (error instanceof UlogFormatError) return `${hex(payload)} (${payload.length} bytes)`;
    throw error;
  }
}

function hex(payload: Uint8Array): string {
  const text = Buffer.from(payload).toString('hex');
  return text.length > 64 ? `${text.slice(0, 64)}...` : text;
}
