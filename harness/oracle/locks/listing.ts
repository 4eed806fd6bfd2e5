/** Compares the entries of a list read with what one mutex should show (spec idm 3, 6.6, 7). */
import type { Echo, Holder, MutexState } from './mutex-state.js';
import type { LockProfile } from './profile.js';
import { ENDLESS_COUNTDOWN, type RuleId } from './vocabulary.js';
import { END, type Block } from './wire.js';

/** A rule that a list breaks. */
export interface Mismatch {
  readonly rule: RuleId;
  readonly expected: string;
  readonly seen: string;
}

/** What surrounds a list. */
export interface ListView {
  readonly profile: LockProfile;
  readonly expired: (holder: Holder) => boolean;
  /** Drive's time in ns. */
  readonly now: bigint;
  /** The list ends without an end marker: entries may be behind it. */
  readonly cut: boolean;
  /** The rule of the last operation on the mutex. */
  readonly last: RuleId | undefined;
}

const LOCKED = 0x0101n;
const UNLOCKED = 0x0102n;
const MULTIPLE = 0x0103n;
const TIMEOUT = 0x0104n;

const word = (state: bigint) => `state ${state.toString(16).padStart(4, '0')}h`;

/** An entry that should be listed. */
interface Wanted {
  readonly host: string;
  readonly states: readonly bigint[];
  /** Rule for a state that is none of them, given the one that is seen. */
  readonly stateRule: (seen: bigint) => RuleId;
  readonly echo: Echo;
  /** When the lease began; undefined: it holds none. */
  readonly granted: bigint | undefined;
  readonly made: number | undefined;
  readonly because: RuleId;
}

function wantedOf(state: MutexState, { profile, expired }: ListView): Wanted[] {
  if (state.kind === 'absent') return [];
  if (state.kind === 'released') {
    const { host, echo, made, because } = state;
    return [{ host, states: [UNLOCKED], stateRule: () => because, echo, granted: undefined, made, because }];
  }
  const live = state.holders.filter((holder) => !expired(holder)).length;
  const several = profile.multipleLocked.map((tells) => (tells ? MULTIPLE : LOCKED));
  return state.holders.map((holder) => {
    const over = expired(holder);
    return {
      host: holder.host,
      states: over ? [TIMEOUT] : live > 1 ? several : [LOCKED],
      stateRule: (seen) => stateRule(holder, over, seen),
      echo: holder.echo,
      granted: holder.granted,
      made: holder.made,
      because: holder.because,
    };
  });
}

/** Which rule a wrong state breaks. */
function stateRule({ countdown, because }: Holder, over: boolean, seen: bigint): RuleId {
  if (over) return countdown === 0n ? 'IDM-39' : 'IDM-38';
  if (seen === LOCKED || seen === MULTIPLE) return 'IDM-37';
  if (seen !== TIMEOUT) return because;
  if (countdown === ENDLESS_COUNTDOWN) return 'IDM-56';
  return because === 'IDM-40' || because === 'IDM-41' || because === 'IDM-55' ? because : 'IDM-38';
}

/** Everything in which the entries of one mutex differ from what its state shows; `blocks` are those of its resource. */
export function compareEntries(state: MutexState, blocks: readonly Block[], view: ListView): Mismatch[] {
  const wanted = wantedOf(state, view);
  const present = comparePresence(state, wanted, blocks, view);
  if (present.length > 0) return present;
  const found = wanted.flatMap((entry) => {
    const block = blocks.find(({ host }) => host === entry.host);
    return block === undefined
      ? []
      : [...compareFields(state, entry, block, view), ...compareLvb(state, block, blocks)];
  });
  return [...found, ...compareOrder(wanted, blocks)];
}

/** Hosts that have an entry and should not, and the other way round. */
function comparePresence(
  state: MutexState,
  wanted: readonly Wanted[],
  blocks: readonly Block[],
  view: ListView,
): Mismatch[] {
  const missing = wanted.flatMap((entry): Mismatch[] => {
    const number = blocks.filter(({ host }) => host === entry.host).length;
    if (number === 1 || (number === 0 && view.cut)) return [];
    if (number > 1) return [{ rule: 'IDM-11', expected: 'one entry of the host', seen: String(number) }];
    const otherWay = blocks.some(({ host }) => otherOrder(host) === entry.host);
    const rule = otherWay ? 'IDM-06' : lossRule(state, entry, view);
    return [{ rule, expected: `an entry of ${brief(entry.host)}`, seen: 'none' }];
  });
  const strangers = blocks.filter(({ host }) => wanted.every((entry) => entry.host !== host));
  const extra = strangers.map((block): Mismatch => ({
    rule: state.reasons.get(block.host) ?? (state.kind === 'absent' ? state.because : 'IDM-06'),
    expected: `no entry of ${brief(block.host)}`,
    seen: `one, ${word(block.state)}`,
  }));
  return [...missing, ...extra];
}

/** The rule by which an entry that is missing should be there: the last operation must not have removed it. */
function lossRule(state: MutexState, { because }: Wanted, { last }: ListView): RuleId {
  const unlocked = last === 'IDM-29' || last === 'IDM-30';
  if (unlocked) return state.kind === 'held' ? 'IDM-36' : because;
  return last ?? because;
}

const otherOrder = (id: string) => Buffer.from(Buffer.from(id, 'hex').toReversed()).toString('hex');
/** An id for messages: hex without the zeros that it begins with. */
const brief = (id: string) => id.replace(/^(00)+(?=..)/, '');

function compareFields(state: MutexState, entry: Wanted, block: Block, { now }: ListView): Mismatch[] {
  const found: Mismatch[] = [];
  const { states, echo, because } = entry;
  if (!states.includes(block.state))
    found.push({
      rule: swapped(block.state, states) ? 'IDM-05' : entry.stateRule(block.state),
      expected: states.map(word).join(' or '),
      seen: word(block.state),
    });
  const compare = (
    name: string,
    rule: RuleId,
    allowed: readonly (bigint | string)[],
    seen: bigint | string,
  ) => {
    if (allowed.includes(seen)) return;
    const wrongOrder = typeof seen === 'bigint' && swapped(seen, allowed);
    const expected = `${name} ${allowed.map(String).join(' or ')}`;
    found.push({ rule: wrongOrder ? 'IDM-05' : rule, expected, seen: `${name} ${String(seen)}` });
  };
  const renewed = because === 'IDM-40' || because === 'IDM-41';
  const converted = because === 'IDM-45' || because === 'IDM-46';
  const ms = entry.granted === undefined ? 0n : (now - entry.granted) / 1_000_000n;
  const ticks =
    ms > 0n && echo.countdown.some((length) => block.countdown === (ms > length ? 0n : length - ms));
  compare('countdown', ticks ? 'IDM-08' : renewed ? 'IDM-44' : 'IDM-07', echo.countdown, block.countdown);
  compare('time', 'IDM-07', echo.timeNow, block.timeNow);
  compare('metadata', 'IDM-07', echo.metadata, block.metadata);
  if (state.kind !== 'absent')
    compare('class', converted ? because : 'IDM-07', [state.lockClass], block.lockClass);
  return found;
}

function compareLvb(state: MutexState, block: Block, all: readonly Block[]): Mismatch[] {
  if (state.kind === 'absent') return [];
  const found: Mismatch[] = [];
  if (block.lvbTop !== 0)
    found.push({
      rule: 'IDM-65',
      expected: 'wire byte 20h 0',
      seen: `wire byte 20h ${String(block.lvbTop)}`,
    });
  if (block.lvb !== state.lvb) {
    const others = all.filter((other) => other !== block);
    const rule = others.some(({ lvb }) => lvb === state.lvb) ? 'IDM-67' : state.lvbBecause;
    found.push({ rule, expected: `LVB ${state.lvb}`, seen: `LVB ${block.lvb}` });
  }
  return found;
}

/** True when a 64-bit field is one of the allowed values with its bytes in the other order. */
function swapped(seen: bigint, allowed: readonly (bigint | string)[]): boolean {
  const other = BigInt(`0x${otherOrder(seen.toString(16).padStart(16, '0'))}`);
  return other !== seen && allowed.includes(other);
}

/** Entries stand in the order in which they were made (spec idm 6.6). */
function compareOrder(wanted: readonly Wanted[], blocks: readonly Block[]): Mismatch[] {
  const made = blocks.flatMap(({ host }) => wanted.find((entry) => entry.host === host)?.made ?? []);
  return orderMismatch(made);
}

/** The numbers must rise. */
export function orderMismatch(made: readonly number[]): Mismatch[] {
  const wrong = made.some((number, index) => index > 0 && number < (made[index - 1] ?? 0));
  return wrong
    ? [{ rule: 'IDM-07', expected: 'entries in the order in which they were made', seen: made.join(' ') }]
    : [];
}

/** Bytes that no drive need give at once: nobody has so many entries (spec idm 6.4). */
const MOST_BYTES = 4 * 1024 * 1024;

/** What was asked for. */
export interface Frame {
  /** Blocks that the command names. */
  readonly asked: number;
  /** Bytes that the initiator has room for. */
  readonly room: number;
  readonly anyPadding: boolean;
}

/** What must hold of the list as a whole: its size, and end markers behind the last entry. */
export function compareFrame(blocks: readonly Block[], { asked, room, anyPadding }: Frame): Mismatch[] {
  const found: Mismatch[] = [];
  const least = Math.min(asked, Math.floor(Math.min(room, MOST_BYTES) / 512));
  if (blocks.length > asked || blocks.length < least)
    found.push({
      rule: 'IDM-03',
      expected: `${String(least)} to ${String(asked)} blocks`,
      seen: String(blocks.length),
    });
  const end = blocks.findIndex(({ state, blank }) => state === END || (state === 0n && blank));
  if (end === -1 || anyPadding) return found;
  const rule: RuleId = end === 0 ? 'IDM-10' : 'IDM-09';
  if (!blocks.slice(end).every(({ state, blank }) => state === END && blank))
    found.push({ rule, expected: 'end markers and zeros behind the last entry', seen: 'something else' });
  return found;
}

/** Where VPD page C3h has the major version (spec idm 4). */
const VERSION_AT = 0x60;

/** VPD page C3h reaches to the version at least, as far as the command has room; `major` is it, undefined: any but 0. */
export function compareVersion(
  page: Uint8Array = new Uint8Array(0),
  room: number,
  major: number | undefined,
): Mismatch[] {
  const rule = 'IDM-14';
  const wanted = Math.min(room, VERSION_AT + 1);
  if (page.length < wanted)
    return [{ rule, expected: `${String(wanted)} bytes at least`, seen: String(page.length) }];
  const version = page[VERSION_AT];
  if (version === undefined || version === major || (major === undefined && version > 0)) return [];
  return [{ rule, expected: `major version ${String(major ?? 'above 0')}`, seen: String(version) }];
}
