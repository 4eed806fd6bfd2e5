/** Histories of right kernels and right daemons: the oracle has nothing to say. One per row of spec 6.1 and more. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { encodeU64 } from '../ulog/index.js';
import { Scenario, WORKER, type LogScript } from '../history/scenario/index.js';
import { judgeHistory, recordingGaps } from './index.js';

const SYNCED = '4096 clustered-core 1024 nosync';
const FRESH = '4096 clustered-core 1024';
const TABLE = '0 4096 mirror userspace 4 U clustered-core 1024 nosync 2 7:0 0 7:1 0';

/** A scenario with a daemon, and a log of 4 regions in sync that is active. */
function active(): { s: Scenario; a: LogScript } {
  const s = new Scenario();
  s.daemonReady();
  const a = s.log('U', SYNCED);
  s.command(`dmsetup create m --table ${TABLE}`, () => {
    a.construct(1024, 4);
    a.resume();
  });
  a.work(undefined);
  return { s, a };
}

function good(name: string, build: () => Scenario): void {
  void it(name, () => {
    const history = build().history();
    assert.deepEqual(judgeHistory(history), []);
    assert.deepEqual(recordingGaps(history), []);
  });
}

void describe('the oracle finds nothing in', () => {
  good('create, nosync', () => active().s);

  good('a region that is written again when its write has ended and its CLEAR was not sent yet', () => {
    const { s, a } = active();
    for (let write = 0; write < 2; write++) {
      a.mark([1]);
      a.flush();
    }
    a.clear([1]);
    a.flush();
    return s;
  });

  good('create, GET_SYNC_COUNT after RESUME', () => {
    const s = new Scenario();
    const a = s.log('U', SYNCED);
    a.ctr();
    a.regionSize(1024);
    a.resume();
    a.count(4, { tid: WORKER });
    return s;
  });

  good('create, GET_SYNC_COUNT and RESUME at the same time', () => {
    const s = new Scenario();
    const a = s.log('U', SYNCED);
    a.ctr();
    a.regionSize(1024);
    const count = a.begin('GET_SYNC_COUNT', undefined, { tid: WORKER });
    a.resume();
    count.answer(encodeU64(4n));
    return s;
  });

  good('create, not in sync, resynchronised to the end', () => {
    const s = new Scenario();
    s.daemonReady();
    const a = s.log('U', FRESH);
    a.construct(1024);
    a.resume();
    for (const region of [0, 1, 2, 3]) a.recover(region, region + 1);
    a.work(undefined);
    a.count(4, { tid: WORKER });
    a.write(2);
    a.count(4);
    a.status('1 clustered-core');
    return s;
  });

  good('suspend and resume, CLEAR and FLUSH before and after POSTSUSPEND', () => {
    const { s, a } = active();
    a.inSync(1, 1);
    a.inSync(1, 1);
    a.mark([1]);
    a.flush();
    s.command('dmsetup suspend m', () => {
      a.presuspend();
      const post = a.begin('POSTSUSPEND');
      a.clear([1]);
      post.answer();
      a.flush();
    });
    s.command('dmsetup status m', () => {
      a.count(4);
      a.status('1 clustered-core');
    });
    s.command('dmsetup resume m', () => a.resume());
    a.work(undefined);
    a.write(1);
    return s;
  });

  good('reload', () => {
    const { s, a } = active();
    const b = s.log('U', FRESH);
    s.command('dmsetup reload m', () => b.construct(1024));
    a.write(0);
    return s;
  });

  good('reload twice', () => {
    const { s, a } = active();
    const b = s.log('U', FRESH);
    const c = s.log('U', FRESH);
    s.command('dmsetup reload m', () => b.construct(1024));
    s.command('dmsetup reload m', () => {
      c.construct(1024);
      b.dtr();
    });
    a.write(0);
    return s;
  });

  good('reload and clear', () => {
    const { s, a } = active();
    const b = s.log('U', FRESH);
    s.command('dmsetup reload m', () => b.construct(1024));
    s.command('dmsetup clear m', () => b.dtr());
    a.write(0);
    a.count(4);
    a.status('1 clustered-core');
    return s;
  });

  good('reload and resume', () => {
    const { s, a } = active();
    const b = s.log('U', '8192 clustered-core 1024');
    s.command('dmsetup reload m', () => b.construct(1024));
    s.command('dmsetup resume m', () => {
      a.presuspend();
      a.postsuspend();
      b.resume();
      a.dtr();
    });
    b.recover(0, 1);
    b.recover(1, 2);
    return s;
  });

  good('a CLEAR and FLUSH of the old instance after RESUME of the new one', () => {
    const { s, a } = active();
    const b = s.log('U', SYNCED);
    s.command('dmsetup reload m', () => b.construct(1024, 4));
    a.inSync(1, 1);
    a.inSync(1, 1);
    a.mark([1], { tid: 101 });
    a.flush([], { tid: 101 });
    s.command('dmsetup resume m', () => {
      a.presuspend();
      a.postsuspend();
      b.resume();
      a.clear([1], { tid: 101 });
      a.flush([], { tid: 101 });
      a.dtr();
    });
    b.write(1);
    return s;
  });

  good('DTR that the daemon answered too late, and refuses when it comes again', () => {
    const { s, a } = active();
    a.presuspend();
    a.postsuspend();
    s.subject('frozen');
    const dtr = a.begin('DTR');
    const late = dtr.seq;
    dtr.transmit(15_100);
    s.subject('thawed');
    dtr.reply(undefined, { seq: late });
    dtr.answer(undefined, { error: -22 });
    return s;
  });

  good('reload and resume by LVM, in steps, DTR old first', () => {
    const { s, a } = active();
    const b = s.log('U', FRESH);
    s.command('lvconvert -m1 vg/lv', () => {
      b.construct(1024);
      a.presuspend();
      a.postsuspend();
      a.dtr();
      b.resume();
    });
    b.recover(0, 1);
    return s;
  });

  good('suspend; reload; resume', () => {
    const { s, a } = active();
    const b = s.log('U', SYNCED);
    s.command('dmsetup suspend m', () => {
      a.presuspend();
      a.postsuspend();
    });
    s.command('dmsetup reload m', () => b.construct(1024, 4));
    s.command('dmsetup resume m', () => {
      b.resume();
      a.dtr();
    });
    b.write(3);
    return s;
  });

  good('remove, and the luid used again for another log and for the same', () => {
    const { s, a } = active();
    s.command('dmsetup remove m', () => {
      a.presuspend();
      a.postsuspend();
      a.dtr();
    });
    for (const uuid of ['V', 'U']) {
      const again = s.log(uuid, FRESH, a.luid);
      again.construct(1024);
      again.resume();
      again.recover(0, 1);
      again.presuspend();
      again.postsuspend();
      again.dtr();
    }
    return s;
  });

  good('remove while suspended', () => {
    const { s, a } = active();
    s.command('dmsetup suspend m', () => {
      a.presuspend();
      a.postsuspend();
    });
    s.command('dmsetup remove m', () => a.dtr());
    return s;
  });

  good('remove with an inactive table', () => {
    const { s, a } = active();
    const b = s.log('U', FRESH);
    s.command('dmsetup reload m', () => b.construct(1024));
    s.command('dmsetup remove m', () => {
      b.dtr();
      a.presuspend();
      a.postsuspend();
      a.dtr();
    });
    return s;
  });

  good('two mirror targets in one table', () => {
    const s = new Scenario();
    const a = s.log('U', SYNCED);
    const b = s.log('V', SYNCED);
    for (const log of [a, b]) log.construct(1024, 4);
    for (const log of [a, b]) log.resume();
    a.write(1);
    b.write(1);
    for (const log of [a, b]) log.presuspend();
    for (const log of [a, b]) log.postsuspend();
    for (const log of [a, b]) log.dtr();
    return s;
  });

  good('two devices with one log uuid, both active', () => {
    const { s, a } = active();
    const b = s.log('U', FRESH);
    s.command('dmsetup create n', () => {
      b.construct(1024);
      b.resume();
    });
    a.write(0);
    b.recover(0, 1);
    s.command('dmsetup remove m', () => {
      a.presuspend();
      a.postsuspend();
      a.dtr();
    });
    b.recover(1, 2);
    return s;
  });

  good('an interrupted suspend', () => {
    const { s, a } = active();
    a.presuspend();
    a.write(2);
    a.remoteRecovering(2, 0, 4);
    a.work(undefined);
    return s;
  });

  good('forty marks in one flush', () => {
    const s = new Scenario();
    const a = s.log('U', '65536 clustered-core 1024 nosync');
    a.construct(1024, 64);
    a.resume();
    const regions = Array.from({ length: 40 }, (_, index) => 39 - index);
    a.mark(regions.slice(0, 32));
    a.mark(regions.slice(32));
    a.flush();
    a.clear(regions.slice(0, 32));
    a.clear(regions.slice(32));
    a.mark([50]);
    a.flush();
    return s;
  });

  good('integrated flush with a lazy FLUSH, and two clear-only batches without one', () => {
    const s = new Scenario();
    const a = s.log('U', SYNCED);
    s.command(
      'dmsetup create m --table 0 4096 mirror userspace 5 U integrated_flush clustered-core 1024 nosync',
      () => {
        a.construct(1024, 4);
        a.resume();
      },
    );
    a.flush([3, 2]);
    a.clear([2]);
    s.wait(3_100);
    a.flush([], { tid: 120 });
    a.clear([3]);
    a.flush([1]);
    a.clear([1]);
    a.flush([], { tid: 120 });
    a.presuspend();
    a.postsuspend();
    a.dtr();
    return s;
  });

  good('a lost daemon: reconnect, resume and the request again', () => {
    const { s, a } = active();
    s.subject('killed', 'SIGKILL');
    a.begin('IN_SYNC', encodeU64(1n)).unheard();
    a.begin('CTR', Buffer.from(`${SYNCED}\0`), { tid: WORKER }).unheard();
    s.daemonReady();
    a.reconnect();
    a.resume({ tid: WORKER });
    a.write(1);
    a.count(4);
    return s;
  });

  good('a daemon restarted between two requests, which asks for a rebuild', () => {
    const { s, a } = active();
    s.subject('killed');
    s.daemonReady();
    a.ask('IN_SYNC', encodeU64(1n), new Uint8Array(), { error: -3, reply: new Uint8Array(8) });
    a.presuspend({ error: -22 });
    a.reconnect();
    a.resume({ tid: WORKER });
    a.inSync(1, 1);
    return s;
  });

  good('several reconnects of a live log, suspended or not', () => {
    const { s, a } = active();
    a.mark([1]);
    a.flush();
    for (const tid of [WORKER, 203]) {
      a.reconnect({ tid });
      a.resume({ tid });
    }
    a.count(4);
    a.clear([1]);
    a.flush();
    a.presuspend();
    a.reconnect();
    a.resume({ tid: WORKER });
    a.postsuspend();
    a.dtr();
    return s;
  });

  good('no daemon', () => {
    const s = new Scenario({ daemon: 'none' });
    const a = s.log('U', SYNCED);
    s.command('dmsetup create m', () => a.begin('CTR', Buffer.from(SYNCED)).unheard(), { status: 1 });
    return s;
  });

  good('a request sent again after 15 s, answered twice: once too late', () => {
    const { s, a } = active();
    s.subject('frozen');
    const flush = a.begin('MARK_REGION', encodeU64(1n));
    const early = flush.seq;
    flush.transmit(15_200);
    s.subject('thawed');
    flush.reply(undefined, { seq: early });
    flush.answer();
    a.flush();
    return s;
  });

  good('-ESRCH of a send to a full receive buffer', () => {
    const { s, a } = active();
    a.count(4, { tid: 240 });
    a.begin('STATUS_INFO', undefined, { tid: 240 }).unheard();
    return s;
  });

  good('a leg failure, and the resync after the next resume', () => {
    const { s, a } = active();
    a.inSync(2, 1);
    a.inSync(2, 1);
    a.mark([2]);
    a.flush();
    a.setSync(2, 0);
    a.count(3, { tid: WORKER });
    a.inSync(2, 1);
    a.inSync(2, 1);
    a.work(undefined);
    a.presuspend();
    a.postsuspend();
    a.resume();
    a.work(2);
    a.inSync(2, 0);
    a.setSync(2, 1);
    a.clear([2]);
    a.flush();
    a.work(undefined);
    a.count(4);
    return s;
  });

  good('a disk log, whose bits only its image knows', () => {
    const s = new Scenario();
    s.daemonReady();
    const a = s.log('U', '4096 clustered-disk 7:9 1024');
    a.ctr({ device: '/dev/loop9' });
    a.regionSize(1024);
    a.count(0, { tid: WORKER });
    a.resume();
    a.count(3, { tid: WORKER });
    a.inSync(0, 1);
    a.remoteRecovering(2, 0, 2);
    a.recover(2, 4);
    a.work(undefined);
    a.count(4);
    a.status('3 clustered-disk 7:9 A');
    a.mark([1]);
    a.flush([], { error: -5 });
    a.count(4);
    a.status('3 clustered-disk 7:9 D');
    return s;
  });

  good('refusals of what must be refused', () => {
    const { s, a } = active();
    a.inSync(4, 0, { error: -22 });
    a.mark([1, 4], { error: -22 });
    a.ask('MARK_REGION', new Uint8Array(12), new Uint8Array(), { error: -22 });
    a.begin('CTR', undefined, { type: 18 }).answer(undefined, { error: -22 });
    for (const text of [
      '4096 clustered_core 1024',
      '4096 clustered-core 0',
      '4096 clustered-core',
      '4096 core 1000',
    ]) {
      s.log('V', text).ctr({ error: -22 });
    }
    const c = s.log('W', '4096 clustered-core 1024');
    c.dtr({ error: -22 });
    c.count(0, { error: -3, reply: new Uint8Array(8) });
    return s;
  });

  good('hints while regions recover', () => {
    const s = new Scenario();
    const a = s.log('U', FRESH);
    a.construct(1024);
    a.resume();
    a.recover(0, 1);
    a.work(1);
    a.remoteRecovering(1, 1, 1);
    a.setSync(1, 1);
    a.clear([1]);
    a.flush();
    a.remoteRecovering(3, 0, 2);
    a.recover(2, 3);
    a.recover(3, 4);
    a.remoteRecovering(3, 0, 4);
    return s;
  });

  good('a recording that begins and ends within calls', () => {
    const { s, a } = active();
    a.write(1);
    a.presuspend();
    a.postsuspend();
    const { events } = s.history();
    const s2 = new Scenario();
    for (const event of events.slice(25, -2)) s2.add(event);
    return s2;
  });
});
