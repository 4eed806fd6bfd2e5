/** Histories in which the kernel breaks one requirement, and what the oracle says of each. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { encodeRegions, encodeU64 } from '../ulog/index.js';
import { Scenario, WORKER, type LogScript } from '../history/scenario/index.js';
import { judgeHistory, recordingGaps } from './index.js';

const SYNCED = '65536 clustered-core 1024 nosync';
const FRESH = '65536 clustered-core 1024';
const CREATE =
  'dmsetup create m --table 0 65536 mirror userspace 4 U clustered-core 1024 nosync 2 7:0 0 7:1 0';
const INTEGRATED =
  'dmsetup create n --table 0 65536 mirror userspace 5 V Integrated_Flush clustered-core 1024 nosync 2 7:0 0 7:1 0';

interface Bad {
  readonly what: string;
  /** All requirements that the history breaks, sorted. */
  readonly ids: readonly string[];
  readonly build: (s: Scenario, a: LogScript) => void;
}

function range(from: number, to: number): number[] {
  return Array.from({ length: to - from }, (_, index) => from + index);
}

function integrated(s: Scenario): LogScript {
  const log = s.log('V', SYNCED);
  s.command(INTEGRATED, () => {
    log.construct(1024, 64);
    log.resume();
  });
  return log;
}

function fresh(s: Scenario): LogScript {
  const log = s.log('W', FRESH);
  s.command('dmsetup create o --table 0 65536 mirror userspace 3 W clustered-core 1024 2 7:0 0 7:1 0', () => {
    log.construct(1024);
    log.resume();
  });
  return log;
}

/** Cases begin with an active log of 64 regions that are in sync, loaded with MARK and FLUSH apart. */
const CASES: readonly Bad[] = [
  {
    what: 'a cn.seq of its own',
    ids: ['TRN-06'],
    build: (s, a) => {
      const flush = a.begin('MARK_REGION', encodeU64(1n));
      flush.answer();
      rewriteLast(s, { connector: { seq: 0, ack: 0, len: 168, flags: 0 } });
      a.flush();
    },
  },
  {
    what: 'upper bits in the request type',
    ids: ['TRN-06'],
    build: (_, a) => a.inSync(1, 1, { type: 0x108 }),
  },
  {
    what: 'a resend after 5 s',
    ids: ['TRN-10'],
    build: (s, a) => {
      s.subject('frozen');
      a.begin('IN_SYNC', encodeU64(1n)).transmit(5_000).answer(Buffer.from('0100000000000000', 'hex'));
    },
  },
  {
    what: 'a resend after 30 s of a guest that was running',
    ids: ['TRN-10'],
    build: (s, a) => {
      s.subject('frozen');
      const open = a.begin('IN_SYNC', encodeU64(1n));
      s.wait(25_000);
      s.observe('uptime', 1);
      open.transmit(5_000).answer(Buffer.from('0100000000000000', 'hex'));
    },
  },
  {
    what: 'a resend with the same seq',
    ids: ['TRN-10'],
    build: (s, a) => {
      s.subject('frozen');
      const open = a.begin('IN_SYNC', encodeU64(1n));
      s.setSeq(open.seq);
      open.transmit(15_200).answer(Buffer.from('0100000000000000', 'hex'));
    },
  },
  {
    what: 'a resend with another body',
    ids: ['TRN-10'],
    build: (s, a) => {
      s.subject('frozen');
      a.begin('IN_SYNC', encodeU64(1n))
        .transmit(15_200, encodeU64(2n))
        .answer(Buffer.from('0100000000000000', 'hex'));
    },
  },
  {
    what: 'a payload of 340 bytes',
    ids: ['TRN-14'],
    build: (s) => s.log('X', `65536 clustered-core 1024 ${'x'.repeat(320)}`).construct(1024),
  },
  {
    what: '40 regions in one message',
    ids: ['FLUSH-03', 'TRN-14'],
    build: (_, a) => {
      a.mark(range(0, 40));
      a.flush();
    },
  },
  {
    what: 'a NUL at construction',
    ids: ['CTR-01'],
    build: (s) => {
      const b = s.log('X', FRESH);
      b.begin('CTR', Buffer.from(`${FRESH}\0`)).answer();
      b.regionSize(1024);
    },
  },
  {
    what: 'integrated_flush in the constructor text',
    ids: ['CTR-01', 'CTR-06'],
    build: (s) => {
      const b = s.log('X', '65536 integrated_flush clustered-core 1024');
      b.ctr();
      b.regionSize(1024);
    },
  },
  {
    what: 'other words than those of the table line',
    ids: ['CTR-01'],
    build: (s) => {
      const b = s.log('X', '65536 clustered-core 2048');
      s.command(
        'dmsetup create x --table 0 65536 mirror userspace 3 X clustered-core 1024 2 7:0 0 7:1 0',
        () => b.construct(2048),
      );
    },
  },
  {
    what: 'no GET_REGION_SIZE',
    ids: ['CTR-02'],
    build: (s) => {
      const b = s.log('X', FRESH);
      b.ctr();
      b.resume();
    },
  },
  {
    what: 'GET_REGION_SIZE twice',
    ids: ['CTR-02'],
    build: (s) => {
      const b = s.log('X', FRESH);
      b.ctr();
      b.regionSize(1024);
      b.regionSize(1024);
    },
  },
  {
    what: 'GET_REGION_SIZE of another luid',
    ids: ['CTR-02', 'CTR-02'],
    build: (s) => {
      const b = s.log('X', FRESH);
      const c = s.log('X', FRESH);
      b.ctr();
      c.ctr({ tid: 300 });
      c.regionSize(1024);
      c.resume({ tid: 300 });
    },
  },
  {
    what: 'requests after a refused construction',
    ids: ['CTR-10'],
    build: (s) => {
      const b = s.log('X', '65536 clustered-core 0');
      b.ctr({ error: -22 });
      b.dtr({ error: -22 });
    },
  },
  {
    what: 'DTR old before RESUME new',
    ids: ['LUID-05'],
    build: (s, a) => {
      const b = s.log('U', FRESH).construct(1024);
      s.command('dmsetup resume m', () => {
        a.presuspend();
        a.postsuspend();
        a.dtr();
        b.resume();
      });
    },
  },
  {
    what: 'RESUME new before POSTSUSPEND old',
    ids: ['LUID-05'],
    build: (s, a) => {
      const b = s.log('U', FRESH).construct(1024);
      s.command('sh -c "dmsetup resume m"', () => {
        a.presuspend();
        b.resume();
        a.postsuspend();
        a.dtr();
      });
    },
  },
  {
    what: 'one luid for both instances of a swap',
    ids: ['LUID-05'],
    build: (s, a) => {
      a.ctr();
      a.regionSize(1024);
      s.command('dmsetup resume m', () => {
        a.presuspend();
        a.postsuspend();
        a.resume();
        a.dtr();
      });
    },
  },
  {
    what: 'a log of LVM that is resumed while the old one is active',
    ids: ['LVM-26'],
    build: (s, a) => {
      s.command('lvextend -l +4 vg/lv', () => {
        const b = s.log('U', FRESH).construct(1024);
        b.resume();
        a.presuspend();
        a.postsuspend();
        a.dtr();
      });
    },
  },
  {
    what: 'a log that LVM resumed again, not to remove a snapshot, beside a new one',
    ids: ['LVM-26'],
    build: (s, a) => {
      s.command('lvextend -l +4 vg/lv', () => {
        const b = s.log('U', FRESH).construct(1024);
        a.presuspend();
        a.postsuspend();
        a.resume();
        b.resume();
      });
    },
  },
  {
    what: 'a log that is resumed while the old one is active, which lvremove did not suspend',
    ids: ['LVM-26'],
    build: (s) => {
      s.command('lvremove -y vg/snap', () => s.log('U', FRESH).construct(1024).resume());
    },
  },
  {
    what: 'DTR of the second instance before CTR of the third',
    ids: ['LUID-06'],
    build: (s) => {
      const b = s.log('U', FRESH).construct(1024);
      const c = s.log('U', FRESH);
      s.command('dmsetup reload m', () => {
        b.dtr();
        c.construct(1024);
      });
    },
  },
  {
    what: 'PRESUSPEND of the live instance before DTR of the inactive one',
    ids: ['LUID-07'],
    build: (s, a) => {
      const b = s.log('U', FRESH).construct(1024);
      s.command('dmsetup remove m', () => {
        a.presuspend();
        b.dtr();
        a.postsuspend();
        a.dtr();
      });
    },
  },
  {
    what: 'a FLUSH left out between two batches',
    ids: ['FLUSH-03'],
    build: (_, a) => {
      a.mark([1]);
      a.inSync(2, 1);
      a.mark([2]);
      a.flush();
    },
  },
  {
    what: 'a FLUSH left out at the end',
    ids: ['FLUSH-03'],
    build: (_, a) => {
      a.mark([1]);
      a.flush();
      a.clear([1]);
      a.presuspend();
      a.postsuspend();
      a.dtr();
    },
  },
  {
    what: 'FLUSH twice',
    ids: ['FLUSH-03'],
    build: (_, a) => {
      a.mark([1]);
      a.flush();
      a.flush();
    },
  },
  {
    what: 'MARK before CLEAR',
    ids: ['FLUSH-04'],
    build: (_, a) => {
      a.mark([1]);
      a.flush();
      a.mark([2]);
      a.clear([1]);
      a.flush();
    },
  },
  {
    what: 'MARK_REGION of an integrated log, known from its table',
    ids: ['FLUSH-08'],
    build: (s) => {
      const b = integrated(s);
      b.mark([1]);
      b.flush();
    },
  },
  {
    what: 'MARK_REGION of an integrated log, known from its FLUSH',
    ids: ['FLUSH-08'],
    build: (s) => {
      const b = s.log('X', SYNCED).construct(1024, 64);
      b.resume();
      b.flush([2]);
      b.mark([1]);
      b.flush();
    },
  },
  {
    what: 'MARK_REGION of an integrated log, known from a look at the table',
    ids: ['FLUSH-08'],
    build: (s) => {
      const b = s.log('X', SYNCED).construct(1024, 64);
      b.resume();
      s.observe('table', {
        m: '0 65536 mirror userspace 5 X integrated_flush clustered-core 1024 nosync 2 7:0 0 7:1 0',
      });
      b.mark([1]);
      b.flush();
    },
  },
  {
    what: '40 regions in one integrated FLUSH',
    ids: ['FLUSH-03', 'FLUSH-08', 'TRN-14'],
    build: (s) => integrated(s).flush(range(0, 40)),
  },
  {
    what: 'a second mark',
    ids: ['FLUSH-20'],
    build: (_, a) => {
      a.mark([1]);
      a.mark([1]);
      a.flush();
    },
  },
  {
    what: 'a region marked twice in one message',
    ids: ['FLUSH-20'],
    build: (_, a) => {
      a.mark([1, 2, 1]);
      a.flush();
    },
  },
  {
    what: 'a mark of a region out of sync',
    ids: ['FLUSH-21'],
    build: (s) => {
      const b = fresh(s);
      b.inSync(5, 0);
      b.inSync(5, 0);
      b.mark([5]);
      b.flush();
    },
  },
  {
    what: 'CLEAR before SET_REGION_SYNC',
    ids: ['SYNC-09'],
    build: (s) => {
      const b = fresh(s);
      b.work(0);
      b.inSync(0, 0);
      b.clear([0]);
      b.flush();
      b.setSync(0, 1);
    },
  },
  {
    what: 'FLUSH before CLEAR of a recovered region',
    ids: ['SYNC-09'],
    build: (s) => {
      const b = fresh(s);
      b.work(0);
      b.setSync(0, 1);
      b.flush();
      b.clear([0]);
      b.work(1);
    },
  },
  {
    what: 'no FLUSH after a recovered region',
    ids: ['SYNC-09'],
    build: (s) => {
      const b = fresh(s);
      b.work(0);
      b.setSync(0, 1);
      b.clear([0]);
      b.work(1);
    },
  },
  {
    what: 'two regions under recovery',
    ids: ['SYNC-18'],
    build: (s) => {
      const b = fresh(s);
      b.work(0);
      b.work(0);
    },
  },
  {
    what: 'DTR of a live instance',
    ids: ['SUSP-01'],
    build: (_, a) => a.dtr(),
  },
  {
    what: 'no POSTSUSPEND before DTR',
    ids: ['SUSP-01'],
    build: (_, a) => {
      a.presuspend();
      a.dtr();
    },
  },
  {
    what: 'no PRESUSPEND',
    ids: ['SUSP-01'],
    build: (_, a) => {
      a.postsuspend();
      a.dtr();
    },
  },
  {
    what: 'POSTSUSPEND before PRESUSPEND',
    ids: ['SUSP-01'],
    build: (_, a) => {
      a.postsuspend();
      a.presuspend();
      a.dtr();
    },
  },
  {
    what: 'an I/O-path request before RESUME',
    ids: ['SUSP-05'],
    build: (s) => {
      const b = s.log('X', SYNCED).construct(1024, 64);
      b.work(undefined);
      b.resume();
    },
  },
  {
    what: 'STATUS_TABLE',
    ids: ['STAT-08'],
    build: (_, a) => a.statusTable('clustered-core 1024 nosync'),
  },
  {
    what: 'STATUS_INFO alone',
    ids: ['STAT-10'],
    build: (_, a) => a.status('1 clustered-core', { tid: 301 }),
  },
];

/** Changes the latest transmission. */
function rewriteLast(s: Scenario, change: object): void {
  const last = s.events().findLast((event) => event.kind === 'transmission');
  assert.ok(last !== undefined);
  Object.assign(last, change);
}

void describe('the oracle catches a kernel that sends', () => {
  for (const { what, ids, build } of CASES) {
    void it(`${what}: ${ids.join(', ')}`, () => {
      const s = new Scenario({ underTest: 'kernel' });
      s.subject('ready');
      const a = s.log('U', SYNCED);
      s.command(CREATE, () => {
        a.construct(1024, 64);
        a.resume();
      });
      build(s, a);
      const found = judgeHistory(s.history());
      assert.deepEqual(found.map(({ id }) => id).toSorted(), ids, JSON.stringify(found, undefined, 1));
      assert.ok(
        found.every(({ events, expected, seen }) => events.length > 0 && expected !== '' && seen !== ''),
      );
    });
  }

  void it('marks again after a failed message, without a complaint', () => {
    const s = new Scenario({ underTest: 'kernel' });
    const a = s.log('U', SYNCED);
    s.command(CREATE, () => {
      a.construct(1024, 64);
      a.resume();
    });
    a.mark(range(0, 32));
    a.mark(range(32, 40), { error: -5 });
    for (const region of range(0, 40)) a.mark([region]);
    a.flush();
    a.clear(range(0, 32));
    a.flush();
    assert.deepEqual(
      judgeHistory(s.history()).filter(({ side }) => side === 'kernel'),
      [],
    );
  });

  void it('a log that lvremove of a snapshot resumes once more, without a complaint', () => {
    const s = new Scenario({ underTest: 'kernel' });
    const a = s.log('U', SYNCED);
    s.command(CREATE, () => {
      a.construct(1024, 64);
      a.resume();
    });
    s.command('lvremove -y vg/snap', () => {
      const b = s.log('U', FRESH).construct(1024);
      a.presuspend();
      a.postsuspend();
      a.resume();
      b.resume();
      a.presuspend();
      a.postsuspend();
      a.dtr();
    });
    assert.deepEqual(
      judgeHistory(s.history()).filter(({ side }) => side === 'kernel'),
      [],
    );
  });

  void it('a reconnect in the middle of a flush, without a complaint', () => {
    const s = new Scenario({ underTest: 'kernel' });
    const a = s.log('U', SYNCED);
    s.command(CREATE, () => {
      a.construct(1024, 64);
      a.resume();
    });
    s.subject('killed');
    a.begin('MARK_REGION', encodeRegions([1n])).unheard();
    s.daemonReady();
    a.reconnect();
    a.resume({ tid: WORKER });
    a.mark([1]);
    a.flush();
    a.clear([1]);
    s.subject('killed');
    a.begin('FLUSH').unheard();
    s.daemonReady();
    a.reconnect();
    a.resume({ tid: WORKER });
    a.flush();
    a.write(2);
    assert.deepEqual(judgeHistory(s.history()), []);
  });
});

void describe('recordingGaps', () => {
  void it('finds jumps in seq, across the wrap, and nothing else', () => {
    const s = new Scenario();
    const a = s.log('U', SYNCED);
    s.setSeq(0xffff_fffe);
    a.inSync(1, 1);
    a.inSync(1, 1);
    a.inSync(1, 1);
    assert.deepEqual(recordingGaps(s.history()), []);
    s.setSeq(4);
    a.inSync(2, 1);
    a.inSync(2, 1);
    const [gap, ...others] = recordingGaps(s.history());
    assert.equal(others.length, 0);
    assert.equal(gap?.text, 'seq 4 (IN_SYNC 2) follows 0 on node1: 3 transmissions are missing');
  });
});
