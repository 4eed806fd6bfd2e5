/**
 * What hosts do to locks in a random workload, and what befalls them meanwhile: a pure function of a seed, so that the seed
 * of a run replays it. Who is quicker within a round is not part of it, nor what drives answer.
 */
import {
  FLAVOURS,
  HOSTS,
  MAJORITY,
  type Deed,
  type Flavour,
  type LockSchedule,
  type Mishap,
  type Round,
} from './deeds.js';
import { Drawing, ofAll } from './drawing.js';

/** Before the last ones. */
const ROUNDS = 30;
const DAY_MS = 86_400_000;

const at = (afterCalls: number, mishap: Mishap): Round['mishaps'][number] => ({ afterCalls, mishap });
const elapsed = (afterCalls: number, ms: number) => at(afterCalls, { kind: 'elapse', ms });

/** The schedule of a seed. */
export function lockSchedule(seed: number, flavour: Flavour): LockSchedule {
  // Flavours differ in more than their mishaps.
  const draw = new Drawing(seed * FLAVOURS.length + FLAVOURS.indexOf(flavour), 1 + (seed % 3));
  const rounds = staples(draw, '1');
  while (rounds.length < ROUNDS) rounds.push(...ordinary(draw), ...special(draw, flavour, rounds.length));
  return { seed, flavour, drives: draw.drives, rounds: [...rounds, ...staples(draw, '2')] };
}

/** What every workload has: a majority that all want at once, a lock whose lease runs out, and one that all share. */
function staples(draw: Drawing, number: string): Round[] {
  return [...contest(), ...expiry(draw, `e${number}`), ...sharing(draw, `f${number}`)];
}

const all = (...deeds: readonly Deed[]) => Array.from({ length: HOSTS }, () => deeds);
const calm = (deeds: Round['deeds']): Round => ({ deeds, mishaps: [] });

/** One takes the majority where it is free; all others go on wanting it as managers do, and try to break it. */
function contest(): Round[] {
  const vote = ofAll('vote', MAJORITY, 'exclusive');
  const votes = [vote, vote, vote, vote];
  return [
    calm([[vote], [], []]),
    calm([[], votes, votes]),
    calm(all(ofAll('break', MAJORITY, 'exclusive'), vote)),
  ];
}

/** One locks, the others want it: when two thirds of its lease are over, and when all of it is. */
function expiry(draw: Drawing, resource: string): Round[] {
  const host = draw.below(HOSTS);
  const lock = sureLock(draw, resource);
  const beside = (own: readonly Deed[], ...others: readonly Deed[]) =>
    Array.from({ length: HOSTS }, (_unused, index) => (index === host ? own : others));
  const wants: readonly Deed[] = [lock, { ...lock, op: 'list' }, { ...lock, op: 'break' }];
  return [
    calm(beside([lock], ...draw.deeds())),
    { deeds: beside([draw.call()]), mishaps: [elapsed(0, 40_000)] },
    calm(beside([], ...wants)),
    { deeds: beside([draw.call()]), mishaps: [elapsed(0, 20_001)] },
    calm(beside(draw.deeds(), ...wants)),
  ];
}

/** All share a lock, want it for themselves, and leave it one after the other. */
function sharing(draw: Drawing, resource: string): Round[] {
  const lock: Deed = { ...sureLock(draw, resource), mode: 'shared' };
  const look: Deed = { ...lock, op: 'list' };
  return [
    calm(all(lock, look)),
    calm(all({ ...lock, op: 'refresh', mode: 'exclusive' }, { ...lock, op: 'refresh' })),
    calm([[{ ...lock, op: 'unlock' }], [look], [look]]),
    calm(all(look, { ...lock, op: 'unlock' })),
  ];
}

/** Rounds in which nothing befalls anybody but time. */
function ordinary(draw: Drawing): Round[] {
  const ms = draw.of([1, 2_500, 5_001, 20_001, 60_001]);
  return [draw.round(), draw.round(elapsed(draw.below(6), ms))];
}

function special(draw: Drawing, flavour: Flavour, number: number): Round[] {
  const host = draw.below(HOSTS);
  switch (flavour) {
    case 'kills':
      // A node takes seconds to come up: there are two of them.
      return number < 14 || (number > 20 && number < 24) ? kill(draw, host, `k${number}`) : [];
    case 'paths':
      return number < 14
        ? sessionLoss(draw, host, `s${number}`)
        : [draw.round(at(draw.below(4), pathLoss(draw, host)))];
    case 'clocks':
      return [
        draw.round(
          at(0, { kind: 'wall-clock', host, ms: (draw.below(21) - 10) * DAY_MS - 1 }),
          elapsed(1 + draw.below(5), draw.of([1, 4_999, 59_999, 60_001, 20 * DAY_MS])),
        ),
      ];
  }
}

function pathLoss(draw: Drawing, host: number): Mishap {
  const kind = draw.of(['drop', 'drop', 'drop', 'reset', 'silence'] as const);
  return kind === 'drop'
    ? { kind, host, drive: draw.below(draw.drives), takesEffect: !draw.oneIn(3) }
    : { kind, host };
}

/** A host loses its session, and an answer with it, while it holds a lock for certain, which it has still. */
function sessionLoss(draw: Drawing, host: number, resource: string): Round[] {
  const lock = sureLock(draw, resource);
  const look: Deed = { ...lock, op: 'list' };
  const own = (deed: Deed, others: () => readonly Deed[]) =>
    Array.from({ length: HOSTS }, (_unused, index) => (index === host ? [deed] : others()));
  const drop: Mishap = { kind: 'drop', host, drive: lock.drive ?? 0, takesEffect: true };
  return [
    { deeds: own(lock, () => draw.deeds()), mishaps: [] },
    { deeds: own(look, () => draw.deeds()), mishaps: [at(0, drop)] },
    { deeds: own({ ...lock, op: 'refresh' }, () => [lock, look]), mishaps: [] },
  ];
}

/** A lock of a resource that nobody has asked for yet. */
const sureLock = (draw: Drawing, resource: string): Deed => ({
  ...{
    op: 'trylock',
    drive: draw.below(draw.drives),
    resource,
    mode: 'exclusive',
    lease: 60_000,
    lvb: undefined,
  },
});

/** A host is killed that holds a lock for certain; the others cannot have it before the lease is over. */
function kill(draw: Drawing, host: number, resource: string): Round[] {
  const lock = sureLock(draw, resource);
  const others = (...deeds: readonly Deed[]) =>
    Array.from({ length: HOSTS }, (_unused, index) => (index === host ? draw.deeds() : deeds));
  const breaks: Deed = { ...lock, op: 'break' };
  const last = draw.round(at(2 + draw.below(4), { kind: 'kill', host }));
  return [
    {
      deeds: Array.from({ length: HOSTS }, (_unused, index) => (index === host ? [lock] : draw.deeds())),
      mishaps: [],
    },
    last,
    { deeds: others(lock, breaks), mishaps: [] },
    { deeds: others(draw.call()), mishaps: [elapsed(0, 60_001)] },
    { deeds: others(lock, breaks), mishaps: [] },
  ];
}
