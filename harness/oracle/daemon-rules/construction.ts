/** Answers to CTR and GET_REGION_SIZE: CTR-03, CTR-05, CTR-06, CTR-08, DISK-09, RECOV-04 (spec 4, 5, 12). */
import { capabilities } from '../../ulog/index.js';
import { constructorText, isReconnect } from '../../history/index.js';
import { CORE, DISK, parseConstructor } from '../constructor-text.js';
import { u64 } from '../payloads.js';
import { deviate, succeeded, type Answered } from './answered.js';

const LONGEST_DEVICE = 128;

/** CTR-03: GET_REGION_SIZE tells the size that the log was constructed with. */
export function regionSize(answered: Answered): void {
  const { exchange, answer, life } = answered;
  if (exchange.name !== 'GET_REGION_SIZE' || !succeeded(answered)) return;
  const size = u64(answer.payload);
  const expected = life.parts?.regionSize;
  if (size === undefined || expected === undefined || size === expected) return;
  deviate(answered, 'CTR-03', `region size ${expected}, as in the constructor text`);
}

/**
 * CTR-05, CTR-06: a constructor text with an unknown type word or without a usable region size is refused. The
 * oracle knows two type words; a daemon that serves more breaks CTR-06 by its letter.
 */
export function refusal(answered: Answered): void {
  const { exchange } = answered;
  if (exchange.name !== 'CTR' || !succeeded(answered)) return;
  const text = constructorText(exchange);
  const fault = text === undefined ? undefined : parseConstructor(text)?.fault;
  if (fault === 'type') {
    deviate(answered, 'CTR-06', 'a negative errno: the type is neither clustered-core nor clustered-disk');
  } else if (fault === 'region size') {
    deviate(answered, 'CTR-05', 'a negative errno: the region size must be a power of two, in digits');
  }
}

/** More regions than the kernel's own disk log takes: their number must fit in 32 bits. */
const TOO_MANY_REGIONS = 2 ** 32;

/** DISK-09: a disk log of 2^32 regions and above is refused. */
export function tooManyRegions(answered: Answered): void {
  const { exchange } = answered;
  if (exchange.name !== 'CTR' || !succeeded(answered)) return;
  const text = constructorText(exchange);
  const parts = text === undefined ? undefined : parseConstructor(text);
  if (parts?.type !== DISK || parts.regionSize === undefined) return;
  if (Math.ceil(parts.length / parts.regionSize) < TOO_MANY_REGIONS) return;
  deviate(answered, 'DISK-09', `a negative errno: a log of ${TOO_MANY_REGIONS} regions or more`);
}

/**
 * CTR-08: protocol version 0 or 1 takes no data; from 2 on a disk log may return the path of its device with a
 * NUL, 128 bytes at most. RECOV-04: a CTR that ends in NUL is a reconnect and takes no data, else the kernel can
 * never reconnect (spec 2.6).
 */
export function deviceName(answered: Answered): void {
  const { exchange, answer, life } = answered;
  if (exchange.name !== 'CTR' || !succeeded(answered) || answer.dataSize === 0) return;
  if (isReconnect(exchange)) {
    deviate(answered, 'RECOV-04', 'no data in the answer to a CTR that ends in NUL');
    return;
  }
  const version = exchange.transmissions.at(-1)?.version ?? 0;
  if (!capabilities(version).deviceName) {
    deviate(answered, 'CTR-08', `no data: protocol version ${version} takes none`);
  } else if (life.parts?.type === CORE) {
    deviate(answered, 'CTR-08', 'no data: a core log has no device');
  } else if (answer.dataSize > LONGEST_DEVICE || answer.payload.at(-1) !== 0) {
    deviate(answered, 'CTR-08', `a device path that ends in NUL, at most ${LONGEST_DEVICE} bytes`);
  }
}
