/** Images of a log device in hand-written histories, and what the oracle says of them. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { encodeConstructorText } from '../../ulog/index.js';
import { DISK_LOG, DISK_LOG_BYTES, encodeDiskLog, POWER_CUT } from '../../history/index.js';
import { Scenario, type LogScript } from '../../history/scenario/index.js';
import { judgeHistory } from '../index.js';

const REGIONS = 40;
const TEXT = `${REGIONS * 8} clustered-disk 7:9 8 nosync`;

interface Image {
  readonly regions?: number;
  readonly dirty?: readonly number[];
  readonly version?: number;
  readonly magic?: number;
  /** Bits behind the last region that are 1. */
  readonly padding?: readonly number[];
  readonly number?: string;
}

/** Reads an image; what `during` sends is under way meanwhile. */
function read(s: Scenario, image: Image = {}, during: () => void = () => undefined): void {
  const { regions = REGIONS, dirty = [], version = 2, magic = 0x4d69_5272, padding = [] } = image;
  const bytes = Buffer.alloc(DISK_LOG_BYTES);
  bytes.writeUInt32LE(magic, 0);
  bytes.writeUInt32LE(version, 4);
  bytes.writeBigUInt64LE(BigInt(regions), 8);
  const all = Array.from({ length: regions }, (_unused, region) => region);
  for (const bit of [...all.filter((region) => !dirty.includes(region)), ...padding]) {
    bytes[1024 + (bit >> 3)] = (bytes[1024 + (bit >> 3)] ?? 0) | (1 << (bit & 7));
  }
  const began = s.base().t;
  during();
  const ended = s.base().t;
  const { number = '7:9' } = image;
  s.observe(DISK_LOG, encodeDiskLog({ device: '/dev/vdf', number, began, ended, bytes }), 'image');
}

/** What the oracle says of a log of 40 regions that was just resumed, and of what follows. */
function ids(build: (s: Scenario, log: LogScript) => void, text = TEXT): string[] {
  const s = new Scenario();
  const log = s.log('U', text);
  log.ctr();
  log.regionSize(8);
  log.resume();
  build(s, log);
  return judgeHistory(s.history())
    .filter(({ side }) => side === 'daemon')
    .map(({ id }) => id);
}

function marked(log: LogScript): void {
  log.mark([3, 33]);
  log.flush();
}

describe('an image of the log device', () => {
  it('is right when all is clean, and when marks that were flushed are dirty', () => {
    assert.deepEqual(
      ids((s) => read(s)),
      [],
    );
    assert.deepEqual(
      ids((s, log) => {
        marked(log);
        read(s, { dirty: [3, 33] });
        log.clear([3, 33]);
        log.flush();
        read(s);
      }),
      [],
    );
  });

  it('shows a mark that was flushed and is clean (FLUSH-02)', () => {
    assert.deepEqual(
      ids((s, log) => {
        marked(log);
        read(s, { dirty: [3] });
      }),
      ['FLUSH-02'],
    );
  });

  it('shows a mark that came with FLUSH (FLUSH-09)', () => {
    assert.deepEqual(
      ids((s, log) => {
        log.flush([3]);
        read(s);
      }),
      ['FLUSH-09'],
    );
  });

  it('shows a mark that a restart of the daemon lost (RECOV-07)', () => {
    assert.deepEqual(
      ids((s, log) => {
        marked(log);
        s.subject('killed');
        s.daemonReady();
        log.reconnect();
        log.resume();
        read(s);
      }),
      ['RECOV-07'],
    );
  });

  it('says nothing of the logs of a node whose power was cut: their last requests may be missing', () => {
    assert.deepEqual(
      ids((s, log) => {
        marked(log);
        s.observe(POWER_CUT, { unseenMs: 9 });
        read(s, { regions: 41 });
      }),
      [],
    );
  });

  it('says nothing of marks that are not flushed, being cleared, or flushed while it was read', () => {
    assert.deepEqual(
      ids((s, log) => {
        log.mark([3]);
        read(s);
        read(s, {}, () => log.flush());
      }),
      [],
    );
    assert.deepEqual(
      ids((s, log) => {
        marked(log);
        read(s, {}, () => log.clear([3, 33]));
      }),
      [],
    );
  });

  it('shows another header than that of the log (DISK-01)', () => {
    for (const image of [{ regions: 41 }, { version: 1 }, { magic: 0 }]) {
      assert.deepEqual(
        ids((s) => read(s, image)),
        image.regions === 41 ? ['DISK-01', 'DISK-10'] : ['DISK-01'],
      );
    }
  });

  it('shows padding that is not zero, up to the next 64 bits (DISK-10)', () => {
    assert.deepEqual(
      ids((s) => read(s, { padding: [63] })),
      ['DISK-10'],
    );
    assert.deepEqual(
      ids((s) => read(s, { padding: [64] })),
      [],
    );
  });

  it('shows what a replaced log wrote over its successor (LUID-12)', () => {
    const grown = (late: boolean): string[] =>
      ids((s, log) => {
        const next = s.log('U', '384 clustered-disk 7:9 8');
        next.ctr();
        next.regionSize(8);
        log.presuspend();
        log.postsuspend();
        next.resume();
        if (late) log.flush();
        read(s);
      });
    assert.deepEqual(grown(true), ['LUID-12']);
    assert.deepEqual(grown(false), ['DISK-01']);
  });

  it('says nothing of another device, of a core log, of a log that has ended, and of a device that failed', () => {
    const bad = { magic: 0 };
    assert.deepEqual(
      ids((s) => read(s, { ...bad, number: '7:8' })),
      [],
    );
    assert.deepEqual(
      ids((s) => read(s, bad), '320 clustered-core 8 nosync'),
      [],
    );
    assert.deepEqual(
      ids((s, log) => {
        log.presuspend();
        log.postsuspend();
        log.dtr();
        read(s, bad);
      }),
      [],
    );
    assert.deepEqual(
      ids((s, log) => {
        log.mark([3]);
        log.flush([], { error: -5 });
        read(s, bad);
      }),
      [],
    );
  });
});

describe('a disk log of 2^32 regions', () => {
  it('must be refused (DISK-09)', () => {
    const asked = (text: string, error?: number): string[] => {
      const s = new Scenario();
      const log = s.log('U', text);
      const payload = encodeConstructorText({ text, reconnect: false });
      log.ask('CTR', payload, new Uint8Array(0), error === undefined ? {} : { error });
      return judgeHistory(s.history()).map(({ id }) => id);
    };
    assert.deepEqual(asked(`${2 ** 35} clustered-disk 7:9 8`), ['DISK-09']);
    assert.deepEqual(asked(`${2 ** 35} clustered-disk 7:9 8`, -22), []);
    assert.deepEqual(asked(`${2 ** 35 - 8} clustered-disk 7:9 8`), []);
  });
});
