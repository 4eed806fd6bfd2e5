/**
 * Scenarios as lines of text, run against a drive on the desk:
 *
 *   `A trylock ex lease=5000 = GOOD`   host, operation, mode, more of the wish, and how it must end
 *   `B break = -16`                    or the errno that the host makes of it (spec idm 5)
 *   `list = r A ex 101, s B sh 104`    the entries that a list read shows
 *   `& B trylock = RC`                 arrived before the one before was answered
 *   `wait 5001`                        milliseconds
 *   `count = 2`                        entries by the inquiry group
 *   `op9 A = 07/31`                    an operation that there is none of
 *   `A trylock byte1=21`    byte 1 of the CDB, in hex, instead of the operation's; `list byte1=20 group=2` too
 *   `dataless = 05/24`      a mutex command without data
 *   `version = 112 1`       bytes of VPD page C3h, and the major version in it
 *   `relogin A`                        the session of that host's path ends, and another begins
 *   `wipe` `power-cut` `unit-reset` `target-reset`
 *
 * Hosts come by a path of their own, `via=2` by another one. Without `= ...` the line only acts.
 */
import assert from 'node:assert/strict';
import type { VendorEvent } from '../../scsi/vendor.js';
import { mutexWriteCdb } from '../cdb.js';
import { wishBlock, type Ended, type OpName, type TestDrive, type Wish } from './drive.js';
import { errnoOf } from './host.js';

/** How an operation ended, in the words of spec idm 6.2: OOR, RC, CT, and for full tables the ASC. */
export function wordFor({ status, sense }: Ended): string {
  if (status !== 0x02)
    return { 0x00: 'GOOD', 0x08: 'BUSY', 0x18: 'RC', 0x22: 'CT' }[status] ?? status.toString(16);
  const [key, asc] =
    sense.readUInt8(0) === 0x72
      ? [sense.readUInt8(1), sense.readUInt8(2)]
      : [sense.readUInt8(2), sense.readUInt8(12)];
  if (key === 5 && asc === 0x21) return 'OOR';
  return `${key.toString(16).padStart(2, '0')}/${asc.toString(16)}`;
}

function wishOf(words: readonly string[]): Wish {
  const wish: { -readonly [K in keyof Wish]: Wish[K] } = {};
  for (const word of words) {
    const [name = '', value = ''] = word.split('=');
    switch (name) {
      case 'ex':
      case 'pw':
      case 'sh':
        wish.mode = name;
        break;
      case 'on':
        wish.resource = value;
        break;
      case 'lease':
        wish.lease = value === 'endless' ? 0xffff_ffff_ffff_ffffn : BigInt(value);
        break;
      case 'time':
        wish.time = BigInt(value);
        break;
      case 'lvb':
        wish.lvb = Buffer.from(value, 'hex');
        break;
      case 'control':
        wish.control = Number(value);
        break;
      case 'meta':
        wish.metadata = Buffer.alloc(64, value, 'hex');
        break;
      case 'group':
        wish.group = Number(value);
        break;
      case 'byte1':
        wish.byte1 = parseInt(value, 16);
        break;
      default:
        throw new Error(`no such word in a step: ${word}`);
    }
  }
  return wish;
}

const OPS: ReadonlySet<string> = new Set<OpName>([
  'init',
  'trylock',
  'lock',
  'unlock',
  'refresh',
  'break',
  'destroy',
]);
const isOp = (word: string): word is OpName => OPS.has(word);

const EVENTS: ReadonlySet<string> = new Set<VendorEvent>(['power-cut', 'unit-reset', 'target-reset']);
const isEvent = (word: string): word is VendorEvent => EVENTS.has(word);

/** Name of the initiator by which a host comes. */
const pathOf = (host: string, via = '1') => `iqn.${host}.${via}`;

/** Does what one line says; gives what came out, as the line would have to say it, if the line asks. */
function act(drive: TestDrive, words: readonly string[], wanted: string | undefined): string | undefined {
  if (words[0] === '&') {
    drive.overlapNext = true;
    return act(drive, words.slice(1), wanted);
  }
  const [first = '', second = '', ...rest] = words;
  if (isEvent(first)) {
    drive.happens(first);
    return undefined;
  }
  switch (first) {
    case 'wait':
      drive.wait(Number(second));
      return undefined;
    case 'relogin':
      drive.relogin(pathOf(second));
      return undefined;
    case 'op9':
      return wordFor(drive.write(mutexWriteCdb(9), wishBlock('trylock', { host: second })));
    case 'wipe':
      return wordFor(drive.wipe());
    case 'list': {
      const { group, byte1 } = wishOf(second === '' ? [] : [second, ...rest]);
      return drive.shown(group, byte1).join(', ');
    }
    case 'dataless':
      return wordFor(drive.dataless());
    case 'version': {
      const { dataIn } = drive.version();
      return `${dataIn.length} ${dataIn[0x60] ?? 'none'}`;
    }
    case 'count':
      return String(drive.count());
  }
  if (!isOp(second)) throw new Error(`no such step: ${words.join(' ')}`);
  const via = rest.find((word) => word.startsWith('via='))?.slice(4);
  const wish = wishOf(rest.filter((word) => !word.startsWith('via=')));
  const ended = drive.op(second, { host: first, ...wish }, pathOf(first, via));
  return wanted !== undefined && /^(0|-\d+)$/.test(wanted) ? String(errnoOf(second, ended)) : wordFor(ended);
}

/** Runs the lines in order, whatever comes of it. */
export function actSteps(drive: TestDrive, lines: readonly string[]): void {
  for (const line of lines) act(drive, (line.split(/ =/)[0] ?? '').trim().split(/\s+/), undefined);
}

/** Runs the lines in order; fails at the first that ends otherwise than it says. */
export function runSteps(drive: TestDrive, lines: readonly string[]): void {
  for (const [index, line] of lines.entries()) {
    const [what = '', wanted] = line.split(/ = ?/);
    const seen = act(drive, what.trim().split(/\s+/), wanted);
    if (wanted !== undefined) assert.equal(seen, wanted, `step ${index + 1} of ${lines.length}: ${line}`);
  }
}
