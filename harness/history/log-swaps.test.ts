import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { History } from './history.js';
import {
  allShown,
  copyingDefect,
  endOf,
  handedOver,
  handover,
  marksBetween,
  marksDuring,
  SWAP,
} from './log-swaps.js';
import { Scenario } from './scenario/index.js';

const TEXT = '384 clustered-core 128';

/** A log that gives way to another one, in the order of kernels since 2.6.33, or destroyed too early. */
function swapped(early = false): History {
  const s = new Scenario();
  const [old, fresh] = [s.log('U', TEXT), s.log('U', TEXT)];
  old.construct(128).resume();
  old.mark([1]);
  fresh.construct(128);
  old.presuspend();
  old.postsuspend();
  if (early) old.dtr();
  fresh.resume();
  if (!early) old.dtr();
  for (const region of [0, 2, 2]) fresh.setSync(region, 1);
  fresh.presuspend();
  return s.history();
}

describe('logs that take one another’s place', () => {
  it('are told with the order of their requests, up to the end of the old one and the first resume of the new', () => {
    const history = swapped();
    const [old, fresh] = history.instances();
    assert.ok(old && fresh);
    assert.equal(handover(history, old, fresh).order, SWAP);
  });

  it('show nothing when the order was another one than asked for', () => {
    const history = swapped(true);
    const [old, fresh] = history.instances();
    const other = 'CTR new, PRESUSPEND old, POSTSUSPEND old, DTR old, RESUME new';
    assert.deepEqual(handedOver(history, old, fresh), []);
    assert.deepEqual(handedOver(history, old, undefined, other), []);
    const shown = handedOver(history, old, fresh, other);
    assert.ok(shown.length > 0);
    assert.deepEqual(allShown(shown, []), []);
    assert.equal(allShown(shown, shown).length, 2 * shown.length);
  });
});

describe('the end of a log', () => {
  it('is shown when nothing but late requests came in between', () => {
    const s = new Scenario();
    const log = s.log('U', TEXT);
    log.construct(128).resume();
    log.presuspend();
    log.postsuspend();
    log.clear([1]);
    log.dtr();
    const other = s.log('V', TEXT);
    other.construct(128).resume();
    other.presuspend();
    other.postsuspend();
    other.resume();
    other.dtr();
    const [ended, resumed] = s.history().instances();
    assert.notDeepEqual(endOf(ended), []);
    assert.deepEqual(endOf(resumed), []);
    assert.deepEqual(endOf(undefined), []);
  });
});

describe('what a log had copied', () => {
  it('is wrong when a region is missing, twice there, or behind the last one', () => {
    const [, fresh] = swapped().instances();
    assert.equal(copyingDefect(fresh, 3), 'not copied: 1; copied again, or not part of it: 2');
    assert.equal(copyingDefect(fresh, 2), 'not copied: 1; copied again, or not part of it: 2');
    assert.equal(copyingDefect(undefined, 1), 'not copied: 0');
    const s = new Scenario();
    const log = s.log('U', TEXT);
    log.construct(128).resume();
    for (const region of [1, 0]) log.setSync(region, 1);
    assert.equal(copyingDefect(s.history().instances()[0], 2), undefined);
  });
});

describe('marks', () => {
  it('are found in both forms, while a command ran and between two events', () => {
    const s = new Scenario();
    const log = s.log('U', TEXT);
    log.construct(128).resume();
    log.mark([2]);
    s.observe('begin', {});
    s.command('lvextend', () => {
      log.mark([0]);
      log.flush();
      log.flush([1]);
    });
    s.observe('end', {});
    const history = s.history();
    const during = marksDuring(history, history.commands()[0]);
    const [begin] = history.observations('begin');
    const [end] = history.observations('end');
    assert.ok(begin && end);
    assert.deepEqual(marksBetween(history, begin, end), during);
    const asked = new Set(during.map((event) => history.exchangeOf(event)));
    assert.deepEqual(
      [...asked].map((exchange) => exchange?.payload.length),
      [8, 8],
    );
    assert.deepEqual(marksDuring(history, undefined), []);
  });
});
