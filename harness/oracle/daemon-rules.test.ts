/** Histories in which the daemon breaks one requirement, and what the oracle says of each. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { encodeRegionSync, encodeS64, encodeText, encodeU64 } from '../ulog/index.js';
import { Scenario, WORKER, type LogScript } from '../history/scenario/index.js';
import { judgeHistory } from './index.js';

const SYNCED = '4096 clustered-core 1024 nosync';
const FRESH = '4096 clustered-core 1024';
const DISK = '4096 clustered-disk 7:9 1024';

interface Bad {
  readonly what: string;
  /** All requirements that the history breaks, in order. */
  readonly ids: readonly string[];
  readonly build: (s: Scenario, a: LogScript) => void;
}

function create(s: Scenario, text = SYNCED, uuid = 'U'): LogScript {
  const log = s.log(uuid, text);
  log.ctr();
  log.regionSize(1024);
  log.resume();
  return log;
}

/** Cases begin with an active log of 4 regions that are in sync. */
const CASES: readonly Bad[] = [
  {
    what: 'cn.len does not fit data_size',
    ids: ['TRN-07'],
    build: (_, a) => a.inSync(1, 1, { length: 170 }),
  },
  {
    what: 'a reply that is neither full nor an ack',
    ids: ['TRN-07'],
    build: (_, a) => a.begin('FLUSH').reply(undefined, { form: 'malformed', length: 80 }).answer(),
  },
  {
    what: 'a reply with a seq that no request had',
    ids: ['TRN-07'],
    build: (_, a) => a.begin('FLUSH').reply(undefined, { seq: 4711 }).answer(),
  },
  {
    what: 'two replies to one request',
    ids: ['TRN-09'],
    build: (_, a) => a.begin('FLUSH').reply().reply().return(0),
  },
  {
    what: 'no reply until the kernel sends again',
    ids: ['TRN-09'],
    build: (_, a) => a.begin('FLUSH').transmit(15_200).answer(),
  },
  {
    what: 'region size of another number',
    ids: ['CTR-03'],
    build: (s) => {
      const b = s.log('V', SYNCED);
      b.ctr();
      b.regionSize(512);
    },
  },
  {
    what: 'region size of 4 bytes',
    ids: ['CTR-03', 'ERR-07'],
    build: (s) => {
      const b = s.log('V', SYNCED);
      b.ctr();
      b.regionSize(1024, { reply: new Uint8Array(4) });
    },
  },
  ...[
    'clustered-core 0',
    'clustered-core',
    'clustered-core abc',
    'clustered-core 1000',
    'clustered-disk 7:9',
  ].map((text): Bad => ({
    what: `success for "${text}"`,
    ids: ['CTR-05'],
    build: (s) => s.log('V', `4096 ${text}`).ctr(),
  })),
  {
    what: 'success for the spelling with underscore',
    ids: ['CTR-06'],
    build: (s) => s.log('V', '4096 clustered_core 1024').ctr(),
  },
  {
    what: 'a device name for protocol version 1',
    ids: ['CTR-08'],
    build: (s) => s.log('V', DISK).ctr({ device: '/dev/loop9', version: 1 }),
  },
  {
    what: 'a device name without NUL',
    ids: ['CTR-08'],
    build: (s) => s.log('V', DISK).ctr({ reply: encodeText('/dev/loop9') }),
  },
  {
    what: 'a device name for a core log',
    ids: ['CTR-08'],
    build: (s) => s.log('V', SYNCED).ctr({ device: '/dev/loop9' }),
  },
  {
    what: 'a device name in the answer to a reconnect',
    ids: ['RECOV-04'],
    build: (s) => {
      const b = s.log('V', DISK);
      b.ctr({ device: '/dev/loop9' });
      b.regionSize(1024);
      b.resume();
      b.reconnect({ device: '/dev/loop9', result: -28 });
    },
  },
  { what: 'IN_SYNC 2', ids: ['SYNC-01'], build: (_, a) => a.inSync(1, 2) },
  {
    what: 'IN_SYNC of 4 bytes',
    ids: ['ERR-07', 'SYNC-01'],
    build: (_, a) => a.inSync(1, 1, { reply: new Uint8Array(4) }),
  },
  {
    what: 'a bare ack for IN_SYNC',
    ids: ['ERR-07', 'SYNC-01'],
    build: (_, a) => a.inSync(1, 1, { form: 'ack' }),
  },
  { what: 'IN_SYNC 0 for a region in sync', ids: ['SYNC-02'], build: (_, a) => a.inSync(1, 0) },
  {
    what: 'IN_SYNC 1 for a region that is not',
    ids: ['SYNC-02'],
    build: (s) => create(s, FRESH, 'V').inSync(1, 1),
  },
  {
    what: 'two answers that differ',
    ids: ['SYNC-02'],
    build: (s) => {
      const b = create(s, DISK, 'V');
      b.inSync(1, 1);
      b.inSync(1, 0);
    },
  },
  {
    what: 'two answers about a failed region that differ',
    ids: ['SYNC-02'],
    build: (_, a) => {
      a.setSync(1, 0);
      a.inSync(1, 1);
      a.inSync(1, 0);
    },
  },
  { what: 'a passing error of IN_SYNC', ids: ['SYNC-02'], build: (_, a) => a.inSync(1, 1, { error: -22 }) },
  {
    what: 'resync work beyond the end',
    ids: ['SYNC-04'],
    build: (s) => create(s, FRESH, 'V').work(4),
  },
  {
    what: 'resync work of 8 bytes',
    ids: ['ERR-07', 'SYNC-04'],
    build: (_, a) => a.work(undefined, { reply: new Uint8Array(8) }),
  },
  { what: 'resync work in sync', ids: ['SYNC-04'], build: (_, a) => a.work(2) },
  {
    what: 'another region while one is under recovery',
    ids: ['SYNC-05'],
    build: (s) => {
      const b = create(s, FRESH, 'V');
      b.work(0, { result: -28 });
      b.work(1);
    },
  },
  {
    what: 'no work while a region is under recovery',
    ids: ['SYNC-05'],
    build: (s) => {
      const b = create(s, FRESH, 'V');
      b.work(0, { result: -28 });
      b.work(undefined);
    },
  },
  {
    what: 'a region counted twice',
    ids: ['SYNC-06'],
    build: (s) => {
      const b = create(s, FRESH, 'V');
      b.setSync(0, 1);
      b.setSync(0, 1);
      b.count(2);
    },
  },
  { what: 'a count beyond the number of regions', ids: ['SYNC-07'], build: (_, a) => a.count(5) },
  {
    what: 'a pending nosync log with padding bits in its count',
    ids: ['SYNC-07'],
    build: (s) => {
      const b = s.log('V', SYNCED);
      b.construct(1024, 32);
    },
  },
  {
    what: 'a region recovered twice',
    ids: ['SYNC-04', 'SYNC-08'],
    build: (s) => {
      const b = create(s, FRESH, 'V');
      b.recover(0, 1);
      b.work(0);
    },
  },
  {
    what: 'a region left out',
    ids: ['SYNC-08'],
    build: (s) => {
      const b = create(s, FRESH, 'V');
      b.recover(0, 1);
      b.recover(2, 2);
      b.recover(3, 3);
      b.work(undefined);
    },
  },
  {
    what: 'a hint that never advances',
    ids: ['SYNC-10'],
    build: (_, a) => a.remoteRecovering(1, 0, 0),
  },
  {
    what: 'a hint beyond an unsynced region',
    ids: ['SYNC-10'],
    build: (s) => {
      const b = create(s, FRESH, 'V');
      b.recover(1, 1);
      b.remoteRecovering(3, 0, 2);
    },
  },
  {
    what: 'recovering in a log that is in sync',
    ids: ['SYNC-11'],
    build: (_, a) => a.remoteRecovering(1, 1, 4),
  },
  {
    what: 'a failed region that is still counted',
    ids: ['SYNC-17'],
    build: (_, a) => {
      a.setSync(1, 0);
      a.count(4);
    },
  },
  {
    what: 'a failed region that is in sync after the next resume',
    ids: ['SYNC-17'],
    build: (_, a) => {
      a.setSync(1, 0);
      a.presuspend();
      a.postsuspend();
      a.resume();
      a.inSync(1, 1);
    },
  },
  {
    what: 'work while quiescing',
    ids: ['SYNC-20'],
    build: (s) => {
      const b = create(s, FRESH, 'V');
      b.presuspend();
      b.work(0);
    },
  },
  {
    what: 'a hint while quiescing',
    ids: ['SYNC-20'],
    build: (s) => {
      const b = create(s, FRESH, 'V');
      b.presuspend();
      b.remoteRecovering(1, 1, 0);
    },
  },
  {
    what: 'the count of the live instance for the pending one',
    ids: ['LUID-11'],
    build: (s) => s.log('U', FRESH).construct(1024, 4),
  },
  {
    what: 'a status of other words',
    ids: ['STAT-01'],
    build: (_, a) => {
      a.count(4);
      a.status('clustered-core');
    },
  },
  {
    what: 'an empty status',
    ids: ['STAT-01', 'STAT-05'],
    build: (_, a) => {
      a.count(4);
      a.status('');
    },
  },
  {
    what: 'a status of a disk log with a device path',
    ids: ['STAT-01'],
    build: (s) => {
      const b = create(s, DISK, 'V');
      b.count(4);
      b.status('3 clustered-disk /dev/loop9 A');
    },
  },
  {
    what: 'a refused status of a suspended log',
    ids: ['STAT-04'],
    build: (_, a) => {
      a.presuspend();
      a.postsuspend();
      a.count(4, { error: -22 });
    },
  },
  {
    what: 'the payload echoed in the reply to MARK_REGION',
    ids: ['ERR-07', 'FLUSH-16'],
    build: (_, a) => a.mark([1], { reply: new Uint8Array(8), result: -28 }),
  },
  {
    what: 'data in the reply to SET_REGION_SYNC',
    ids: ['ERR-07'],
    build: (_, a) => a.setSync(1, 1, { reply: new Uint8Array(16), result: -28 }),
  },
  {
    what: 'success for half a region number',
    ids: ['FLUSH-17'],
    build: (_, a) => a.ask('CLEAR_REGION', new Uint8Array(12), new Uint8Array()),
  },
  {
    what: 'a refused group of marks',
    ids: ['FLUSH-17'],
    build: (_, a) => a.mark([0, 1, 2], { error: -22 }),
  },
  { what: 'a refused FLUSH', ids: ['FLUSH-02'], build: (_, a) => a.flush([], { error: -22 }) },
  {
    what: 'a refused FLUSH with marks',
    ids: ['FLUSH-09'],
    build: (_, a) => a.flush([1], { error: -22 }),
  },
  {
    what: 'a marked region that is clean',
    ids: ['FLUSH-02'],
    build: (_, a) => {
      a.mark([1]);
      a.flush();
      a.isClean(1, 1);
    },
  },
  {
    what: 'a FLUSH whose marks are ignored',
    ids: ['FLUSH-09'],
    build: (_, a) => {
      a.flush([1]);
      a.isClean(1, 1);
    },
  },
  {
    what: 'a region that became clean by a CLEAR while out of sync',
    ids: ['FLUSH-19'],
    build: (s) => {
      const b = create(s, FRESH, 'V');
      b.clear([1]);
      b.flush();
      b.isClean(1, 1);
    },
  },
  {
    what: 'the same, seen after the next resume',
    ids: ['FLUSH-19'],
    build: (s) => {
      const b = create(s, FRESH, 'V');
      b.clear([1]);
      b.flush();
      b.presuspend();
      b.postsuspend();
      b.resume();
      b.inSync(1, 1);
    },
  },
  {
    what: 'a positive errno in a full reply',
    ids: ['ERR-01'],
    build: (_, a) => a.inSync(4, 0, { error: 22 }),
  },
  {
    what: 'data in an error reply',
    ids: ['ERR-01'],
    build: (_, a) => a.inSync(4, 0, { error: -22, reply: new Uint8Array(8) }),
  },
  {
    what: 'success for RESUME of a log that it destroyed',
    ids: ['ERR-02'],
    build: (_, a) => {
      a.presuspend();
      a.postsuspend();
      a.dtr();
      a.resume();
    },
  },
  {
    what: '-EAGAIN for POSTSUSPEND of a log that it never saw',
    ids: ['ERR-02'],
    build: (s) =>
      s
        .log('W', FRESH)
        .begin('PRESUSPEND')
        .reply(undefined, { error: -11 })
        .transmit()
        .answer(undefined, { error: -22 }),
  },
  {
    what: 'silence for RESUME of a log that it never saw',
    ids: ['ERR-02'],
    build: (s) => s.log('W', FRESH).begin('RESUME').transmit(15_200).answer(undefined, { error: -22 }),
  },
  { what: '-ESRCH from a known log', ids: ['ERR-03'], build: (_, a) => a.flush([], { error: -3 }) },
  {
    what: '-EAGAIN from a known log',
    ids: ['ERR-03'],
    build: (_, a) => a.begin('FLUSH').reply(undefined, { form: 'ack', error: -11 }).transmit().answer(),
  },
  {
    what: 'success for an unknown request type',
    ids: ['ERR-04'],
    build: (_, a) => a.begin('FLUSH', undefined, { type: 99 }).answer(),
  },
  {
    what: 'silence for an unknown request type',
    ids: ['ERR-04'],
    build: (_, a) =>
      a.begin('FLUSH', undefined, { type: 18 }).transmit(15_200).answer(undefined, { error: -22 }),
  },
  { what: 'IN_SYNC of region_count', ids: ['ERR-05'], build: (_, a) => a.inSync(4, 1) },
  { what: 'MARK_REGION of region_count', ids: ['ERR-05'], build: (_, a) => a.mark([3, 4]) },
  { what: 'SET_REGION_SYNC of region_count', ids: ['ERR-05'], build: (_, a) => a.setSync(4, 1) },
  {
    what: 'IS_REMOTE_RECOVERING of region_count',
    ids: ['ERR-05'],
    build: (_, a) => a.remoteRecovering(4, 0, 4),
  },
  {
    what: 'IN_SYNC with 4 bytes of payload',
    ids: ['ERR-15'],
    build: (_, a) => a.ask('IN_SYNC', new Uint8Array(4), encodeS64(1n)),
  },
  {
    what: 'SET_REGION_SYNC with 8 bytes of payload',
    ids: ['ERR-15'],
    build: (_, a) => a.ask('SET_REGION_SYNC', encodeU64(1n), new Uint8Array()),
  },
  {
    what: 'a count with an extra byte',
    ids: ['ERR-07'],
    build: (_, a) => a.count(4, { reply: new Uint8Array(9), result: -28 }),
  },
  {
    what: 'a refused reconnect of a live log',
    ids: ['RECOV-02'],
    build: (_, a) => a.reconnect({ error: -22 }),
  },
  {
    what: 'bits lost by a reconnect',
    ids: ['RECOV-02'],
    build: (s) => {
      const b = create(s, FRESH, 'V');
      b.recover(0, 1);
      b.reconnect();
      b.resume({ tid: WORKER });
      b.count(0);
    },
  },
  {
    what: 'a recovery lost by a reconnect',
    ids: ['RECOV-02'],
    build: (s) => {
      const b = create(s, FRESH, 'V');
      b.work(0, { result: -28 });
      b.reconnect();
      b.resume({ tid: WORKER });
      b.work(1);
    },
  },
  {
    what: 'a refused reconnect after a restart',
    ids: ['RECOV-03'],
    build: (s, a) => {
      s.subject('killed');
      s.daemonReady();
      a.reconnect({ error: -22 });
    },
  },
  {
    what: '-EINVAL for IN_SYNC of a log of the time before its restart',
    ids: ['RECOV-14'],
    build: (s, a) => {
      s.subject('killed');
      s.daemonReady();
      a.inSync(1, 1, { error: -22 });
    },
  },
  {
    what: '-ESRCH without the room for the repetition',
    ids: ['RECOV-14'],
    build: (s, a) => {
      s.subject('exited');
      s.daemonReady();
      a.inSync(1, 1, { error: -3 });
    },
  },
  {
    what: 'a resend of CTR that is refused',
    ids: ['CTR-09'],
    build: (_, a) => a.ctr({ error: -17 }),
  },
  {
    what: 'an orphan that is in the way',
    ids: ['CTR-19'],
    build: (s) => {
      const b = s.log('V', FRESH);
      b.ctr();
      b.regionSize(1024);
      s.log('V', FRESH, b.luid).ctr({ error: -17 });
    },
  },
  { what: 'a plain log refused', ids: ['CTR-04'], build: (s) => s.log('V', FRESH).ctr({ error: -22 }) },
  {
    what: 'a luid used again that is refused',
    ids: ['LUID-09'],
    build: (s, a) => {
      a.presuspend();
      a.postsuspend();
      a.dtr();
      s.log('U', FRESH, a.luid).ctr({ error: -17 });
    },
  },
  {
    what: 'MARK_REGION refused while quiescing',
    ids: ['SUSP-02'],
    build: (_, a) => {
      a.presuspend();
      a.mark([1], { error: -22 });
    },
  },
  {
    what: 'FLUSH refused after POSTSUSPEND',
    ids: ['SUSP-03'],
    build: (_, a) => {
      a.presuspend();
      a.postsuspend();
      a.flush([], { error: -22 });
    },
  },
  {
    what: 'DTR of a log that was never resumed refused',
    ids: ['SUSP-07'],
    build: (s) => {
      const b = s.log('V', FRESH).construct(1024);
      b.dtr({ error: -22 });
    },
  },
  { what: 'PRESUSPEND refused', ids: ['SUSP-10'], build: (_, a) => a.presuspend({ error: -22 }) },
  {
    what: 'STATUS_TABLE refused',
    ids: ['STAT-11'],
    build: (_, a) => a.statusTable('', { error: -38 }),
  },
  {
    what: 'a second RESUME refused',
    ids: ['SUSP-13'],
    build: (_, a) => a.resume({ error: -22 }),
  },
  {
    what: 'a second RESUME that sets the bits back',
    ids: ['SUSP-13'],
    build: (s) => {
      const b = create(s, FRESH, 'V');
      b.recover(0, 1);
      b.resume();
      b.inSync(0, 0);
    },
  },
  {
    what: 'a second instance of the uuid refused',
    ids: ['LUID-01'],
    build: (s) => s.log('U', FRESH).ctr({ error: -17 }),
  },
  {
    what: 'the bits of the pending instance told for the live one',
    ids: ['LUID-01'],
    build: (s, a) => {
      const b = s.log('U', FRESH).construct(1024);
      b.resume();
      a.inSync(1, 0);
    },
  },
  {
    what: 'the count of the other instance',
    ids: ['LUID-01'],
    build: (s) => {
      const b = s.log('U', FRESH).construct(1024);
      b.resume();
      b.count(4);
    },
  },
  {
    what: 'everything of the live instance from the pending one',
    ids: ['LUID-01'],
    build: (s, a) => {
      s.log('U', FRESH).construct(1024);
      a.count(0);
      a.remoteRecovering(1, 0, 0);
      a.inSync(1, 0);
    },
  },
  {
    what: 'the larger count of the live instance for the pending one',
    ids: ['LUID-11', 'SYNC-07'],
    build: (s) => {
      const b = s.log('U', '2048 clustered-core 1024');
      b.ctr();
      b.regionSize(1024);
      b.count(4);
    },
  },
  {
    what: 'no work from a log that was swapped in',
    ids: ['LUID-03'],
    build: (s, a) => {
      const b = s.log('U', FRESH).construct(1024);
      a.presuspend();
      a.postsuspend();
      b.resume();
      b.work(undefined);
      a.dtr();
    },
  },
  {
    what: 'the hint of the other instance',
    ids: ['LUID-01'],
    build: (s) => {
      const b = s.log('U', FRESH).construct(1024);
      b.resume();
      b.remoteRecovering(0, 0, 4);
    },
  },
  {
    what: 'the live log gone after reload and clear',
    ids: ['LUID-02'],
    build: (s, a) => {
      const b = s.log('U', FRESH).construct(1024);
      b.dtr();
      a.mark([1], { error: -3 });
      a.begin('CTR', Buffer.from(`${SYNCED}\0`), { tid: WORKER }).answer();
      a.resume({ tid: WORKER });
    },
  },
  {
    what: 'the new log gone after a swap',
    ids: ['LUID-03'],
    build: (s, a) => {
      const b = s.log('U', FRESH).construct(1024);
      a.presuspend();
      a.postsuspend();
      b.resume();
      a.dtr();
      for (let asked = 0; asked < 5; asked += 1) b.work(undefined, { error: -22 });
    },
  },
  {
    what: 'RESUME of the new log refused in a swap',
    ids: ['LUID-03'],
    build: (s, a) => {
      const b = s.log('U', FRESH).construct(1024);
      a.presuspend();
      a.postsuspend();
      b.resume({ error: -22 });
    },
  },
  {
    what: 'the new log gone after a swap with DTR first',
    ids: ['LUID-04'],
    build: (s, a) => {
      const b = s.log('U', FRESH).construct(1024);
      a.presuspend();
      a.postsuspend();
      a.dtr();
      b.resume({ error: -22 });
    },
  },
];

void describe('the oracle catches a daemon that gives', () => {
  for (const { what, ids, build } of CASES) {
    void it(`${what}: ${ids.join(', ')}`, () => {
      const s = new Scenario();
      s.daemonReady();
      const a = create(s);
      build(s, a);
      const found = judgeHistory(s.history());
      const daemon = found.filter(({ side }) => side === 'daemon');
      assert.deepEqual(daemon.map(({ id }) => id).toSorted(), ids, JSON.stringify(found, undefined, 1));
      assert.ok(
        daemon.every(({ events, expected, seen }) => events.length > 0 && expected !== '' && seen !== ''),
      );
    });
  }

  void it('the same wrong answer a thousand times, once', () => {
    const s = new Scenario();
    const a = create(s);
    for (let asked = 0; asked < 1000; asked += 1) a.inSync(1, 2);
    const [first, ...others] = judgeHistory(s.history());
    assert.equal(others.length, 0);
    assert.deepEqual(
      { ...first, events: first?.events.length },
      {
        id: 'SYNC-01',
        side: 'daemon',
        expected: 'exactly 0 or 1',
        seen: 'IN_SYNC 1 of L1 (uuid U, luid 0xffff888000001400) was answered: 2 (and 999 more like it)',
        events: 4,
      },
    );
  });

  void it('answers that requests in flight leave open either way, not at all', () => {
    const s = new Scenario();
    const a = create(s, FRESH);
    a.work(0);
    const set = a.begin('SET_REGION_SYNC', encodeRegionSync({ region: 0n, inSync: 1n }));
    a.inSync(0, 1, { tid: 300 });
    a.count(0, { tid: 301 });
    a.count(1, { tid: 301 });
    set.answer();
    a.inSync(0, 1);
    assert.deepEqual(judgeHistory(s.history()), []);
    a.inSync(0, 0);
    assert.deepEqual(
      judgeHistory(s.history()).map(({ id }) => id),
      ['SYNC-02'],
    );
  });
});
