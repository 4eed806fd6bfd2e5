/** Histories of good kernels by hand, for the unit test of the mutants: something to edit for each of them. */
import {
  DATAGRAMS,
  GROUP_JOIN,
  JOIN_WAYS,
  KERNEL_LOG,
  LEG_BLOCKS,
  LEGS_EQUAL,
  type History,
} from '../../harness/history/index.js';
import { Scenario, WORKER, type LogScript } from '../../harness/history/scenario/index.js';
import { encodeRegions, encodeText, encodeU64, MAX_PAYLOAD } from '../../harness/ulog/index.js';

const TEXT = '65536 clustered-core 1024 nosync';
const TABLE = '0 65536 mirror userspace 4 U clustered-core 1024 nosync 2 7:0 0 7:1 0';
const [ESRCH, EIO, EAGAIN, EINVAL, ENOSPC] = [-3, -5, -11, -22, -28];
const EVENTS = 'dmsetup info -c --noheadings -o events m';
const WRITE = 'sh -c dd if=/run/pattern of=/dev/mapper/m';

function scenario(): Scenario {
  const s = new Scenario({ underTest: 'kernel' });
  s.daemonReady();
  return s;
}

/** A log that was created and is active. */
function active(s: Scenario, uuid = 'U', text = TEXT): LogScript {
  const log = s.log(uuid, text);
  s.command(`dmsetup create m --table ${TABLE.replace(' U ', ` ${uuid} `)}`, () => {
    log.construct(1024, 64);
    log.resume();
  });
  return log;
}

function remove(s: Scenario, log: LogScript): void {
  s.command('dmsetup remove m', () => {
    log.presuspend();
    log.postsuspend();
    log.dtr();
  });
}

/** Life cycles, marks, flushes and swaps with a good daemon. */
function plainHistory(): History {
  const s = scenario();
  const a = active(s);
  a.write(3);
  const regions = Array.from({ length: 41 }, (_, index) => 40 - index);
  a.mark(regions.slice(0, 32));
  a.mark(regions.slice(32));
  a.flush();
  a.clear(regions.slice(0, 32));
  a.clear(regions.slice(32));
  a.flush();
  const b = s.log('U', TEXT);
  s.command(`dmsetup reload m --table ${TABLE}`, () => b.construct(1024, 64));
  s.command('dmsetup resume m', () => {
    a.presuspend();
    a.postsuspend();
    b.resume();
    a.dtr();
  });
  const c = s.log('V', TEXT);
  const integrated = TABLE.replace('4 U', '5 V integrated_flush');
  s.command(`dmsetup create n --table ${integrated}`, () => {
    c.construct(1024, 64);
    c.resume();
  });
  c.flush([1]);
  c.clear([1]);
  c.flush([2]);
  for (const log of [b, c]) remove(s, log);
  return s.history();
}

/** Nobody listens. */
export function withoutDaemon(): History {
  const s = new Scenario({ underTest: 'kernel' });
  const a = s.log('U', TEXT);
  const refused = { status: 1, stderr: 'device-mapper: reload ioctl on m failed: Invalid argument\n' };
  s.command('dmsetup create m', () => a.begin('CTR', Buffer.from(TEXT)).unheard(), refused);
  s.command('dmsetup table', () => undefined, { stdout: 'No devices found\n' });
  return s.history();
}

/** LVM makes a mirror that nobody keeps a log for. */
export function lvmWithoutDaemon(): History {
  const s = new Scenario({ underTest: 'kernel' });
  const a = s.log('LVM-U', TEXT);
  const refused = { status: 5, stderr: '  Failed to activate new LV vg/lv.\n' };
  s.command('lvcreate -m1 vg', () => a.begin('CTR', Buffer.from(TEXT)).unheard(), refused);
  s.command('dmsetup ls', () => undefined, { stdout: 'No devices found\n' });
  return s.history();
}

/** A resync, I/O to single regions, inactive tables, status and table. */
export function resync(): History {
  const s = scenario();
  const text = '16384 clustered-core 1024';
  const a = s.log('U', text);
  s.command('dmsetup create m', () => {
    a.construct(1024, 0);
    a.resume();
  });
  for (let region = 0; region < 16; region += 1) a.recover(region, region + 1);
  a.work(undefined);
  a.count(16, { tid: WORKER });
  s.command(EVENTS, () => undefined, { stdout: '1\n' });
  s.command(WRITE, () => {
    a.write(1);
  });
  a.inSync(9, 1);
  s.command(
    'dmsetup status m',
    () => {
      a.count(16);
      a.status('1 clustered-core');
    },
    { stdout: '0 16384 mirror 2 7:0 7:1 16/16 1 AA 1 clustered-core\n' },
  );
  const line = '0 16384 mirror userspace 5 T integrated_flush clustered-core 1024 nosync 2 7:0 0 7:1 0\n';
  s.subject('frozen');
  s.command('dmsetup table n', () => undefined, { stdout: line });
  s.subject('thawed');
  const b = s.log('U', text);
  const c = s.log('U', text);
  s.command('dmsetup reload m', () => b.construct(1024));
  s.command('dmsetup reload m', () => {
    c.construct(1024);
    b.dtr();
  });
  s.command('dmsetup remove m', () => {
    c.dtr();
    a.presuspend();
    a.postsuspend();
    a.dtr();
  });
  return s.history();
}

/** Integrated flush after resyncs, an fsync and a discard. */
function lazyFlushes(): History {
  const s = scenario();
  const integrated = (uuid: string, regions: number): LogScript => {
    const log = s.log(uuid, `${regions * 1024} clustered-core 1024`);
    const words = `5 ${uuid} integrated_flush clustered-core 1024`;
    s.command(
      `dmsetup create ${uuid} --table 0 ${regions * 1024} mirror userspace 4 ${words.slice(2)}`,
      () => {
        log.construct(1024, 0);
        log.resume();
      },
    );
    for (let region = 0; region < regions; region += 1) {
      log.work(region);
      log.setSync(region, 1);
      log.clear([region]);
    }
    return log;
  };
  const two = integrated('two', 2);
  const one = integrated('one', 1);
  s.wait(3010);
  one.flush([], { tid: 300 });
  for (const program of ['sync', 'blkdiscard']) s.command(`${program} /dev/mapper/one`, () => s.wait(10));
  const forced = integrated('forced', 1);
  for (const log of [one, two]) remove(s, log);
  s.command('dmsetup remove forced', () => {
    forced.presuspend();
    forced.flush([], { tid: 300 });
    forced.postsuspend();
    forced.dtr();
  });
  return s.history();
}

/** Answers that are late, of another form, or of the wrong size. */
function oddAnswers(): History {
  const s = scenario();
  s.command('cat /proc/net/connector', () => undefined, { stdout: 'Name ID\ndmlogusr 7:1\n' });
  const a = active(s);
  a.mark([1], { form: 'ack', error: 0 });
  a.flush();
  a.clear([1]);
  a.flush();
  const mark = a.begin('MARK_REGION', encodeRegions([2n]));
  mark.reply(undefined, { seq: mark.seq - 1, error: EIO });
  mark.reply(undefined, { seq: mark.seq + 1000, error: EIO });
  mark.reply(undefined, { form: 'malformed', length: 100 });
  mark.answer();
  a.flush([], { reply: encodeU64(0n), dataSize: 8, result: ENOSPC });
  a.clear([2]);
  a.flush();
  a.count(64, { dataSize: 4, reply: encodeU64(64n).subarray(0, 4), tid: WORKER });
  a.count(64);
  const info = a.begin('STATUS_INFO');
  info.transmit(15_100);
  info.answer(encodeText('1 clustered-core'));
  const again = a.begin('GET_SYNC_COUNT');
  again.reply(undefined, { form: 'ack', error: EAGAIN });
  again.transmit().answer(encodeU64(64n));
  const spoilt = a.begin('GET_SYNC_COUNT');
  spoilt.reply(undefined, { error: EAGAIN });
  spoilt.transmit().reply(encodeU64(64n));
  spoilt.return(ENOSPC);
  const lines = [
    'Incomplete message received',
    'Insufficient space to receive package',
    'log presuspend failed',
  ];
  s.observe(KERNEL_LOG, { pattern: 'device-mapper', lines }, 'log');
  s.observe(DATAGRAMS, [{ type: 3, port: 0 }]);
  const status = '0 65536 mirror 2 7:0 7:1 0/64 1 AA userspace 1 COM_FAILURE\n';
  s.command('dmsetup status m', () => undefined, { stdout: status });
  s.command('dmsetup status n', () => undefined, { stdout: '0 8 mirror 2 7:0 7:1 64/64 1 AA 1 x\n' });
  remove(s, a);
  return s.history();
}

/** Root joins the connector group, and nobody else may. */
function refusedJoins(): History {
  const s = scenario();
  const a = active(s);
  let seq = 0;
  const status = '0 65536 mirror 2 7:0 7:1 64/64 1 AA 1 clustered-core\n';
  s.command(
    'dmsetup status m',
    () => {
      a.count(64);
      const info = a.begin('STATUS_INFO');
      info.answer(encodeText('1 clustered-core'));
      seq = info.seq;
    },
    { stdout: status },
  );
  for (const way of JOIN_WAYS) {
    const tried = { way, call: 'join' };
    const refused = { uid: 65534, capabilities: '0000000000000000', ...tried, errno: 1, heard: [] };
    s.observe(GROUP_JOIN, refused);
    s.observe(GROUP_JOIN, {
      uid: 0,
      capabilities: '000001ffffffffff',
      ...tried,
      errno: 0,
      heard: [seq],
    });
  }
  remove(s, a);
  return s.history();
}

/** Constructions that fail, or nearly. */
export function constructions(): History {
  const s = scenario();
  const refused = { status: 1, stderr: 'Invalid argument\n' };
  const a = s.log('U', TEXT);
  s.command('dmsetup create text333', () => a.ctr({ error: EIO }), refused);
  const b = s.log('V', TEXT);
  s.command('dmsetup create taken', () => {
    b.ctr({ error: 5 });
    b.regionSize(1024);
    b.resume();
  });
  const c = s.log('W', TEXT);
  s.command(
    'dmsetup create uuid129',
    () => c.ctr({ reply: encodeText('/dev/vdb'), result: EINVAL }),
    refused,
  );
  const d = s.log('X', TEXT);
  s.command(
    'dmsetup create sized',
    () => {
      d.ctr();
      d.regionSize(0, { error: EINVAL, reply: new Uint8Array(0) });
    },
    refused,
  );
  const e = s.log('Y', `${TEXT} ${'x'.repeat(MAX_PAYLOAD - TEXT.length - 1)}`);
  s.command('dmsetup create text332', () => {
    e.ctr({ device: '/dev/loop0' });
    e.regionSize(1024);
  });
  s.command('dmsetup deps -o blkdevname text332', () => undefined, { stdout: '1 dependencies: (loop0)\n' });
  s.command('ls /sys/block/loop0/holders', () => undefined, { stdout: 'dm-0\n' });
  s.command('ls /sys/block/loop0/holders', () => undefined);
  return s.history();
}

/** A region size of 96 sectors, and a buffered read of two pages. */
function oddSizes(): History {
  const s = scenario();
  const a = s.log('U', '8192 clustered-core 128 nosync');
  s.command('dmsetup create m', () => {
    a.ctr();
    a.regionSize(96);
    a.resume();
  });
  s.command(
    'sh -c dd if=/dev/mapper/m | md5sum',
    () => {
      a.inSync(0, 1);
      a.inSync(0, 1);
    },
    { stdout: '00  -\n' },
  );
  remove(s, a);
  return s.history();
}

/** Marks that fail, and looks at the legs. */
function failedMarks(): History {
  const s = scenario();
  const look = (...written: boolean[]): void => s.observe(LEG_BLOCKS, { region: 1, written }, 'image');
  const a = active(s);
  s.command(EVENTS, () => undefined, { stdout: '0\n' });
  a.mark([1]);
  const flush = a.begin('FLUSH');
  look(false, false);
  flush.answer();
  look(false, false);
  s.command(EVENTS, () => undefined, { stdout: '1\n' });
  s.command('dmsetup status m', () => undefined, { stdout: '0 65536 mirror 2 7:0 7:1 64/64 1 AA 1 x\n' });
  a.clear([1]);
  a.flush();
  a.mark([4, 3, 2], { error: EIO });
  a.mark([2]);
  a.mark([3], { error: EIO });
  look(true, true);
  look(true, true);
  a.inSync(9, 0);
  remove(s, a);
  const b = s.log('V', TEXT);
  s.command(`dmsetup create n --table ${TABLE.replace('4 U', '5 V integrated_flush')}`, () => {
    b.construct(1024, 64);
    b.resume();
  });
  b.flush([2, 1], { error: EIO });
  remove(s, b);
  return s.history();
}

/** Error answers that are taken for something, and hints. */
function errorAnswers(): History {
  const s = scenario();
  const a = s.log('U', TEXT);
  s.command('dmsetup create m', () => {
    a.construct(1024, 64);
    a.resume({ error: EIO });
  });
  s.observe(KERNEL_LOG, { pattern: 'device-mapper', lines: ['log resume failed'] }, 'log');
  s.command(WRITE, () => {
    a.work(undefined);
    a.count(65, { tid: WORKER });
    a.remoteRecovering(20, 0, 10);
    a.inSync(20, 1);
    a.inSync(3, 1);
    a.inSync(5, 0, { error: EIO });
  });
  a.setSync(5, 1, { error: EIO });
  s.observe(LEGS_EQUAL, { equal: true }, 'image');
  s.command('dmsetup suspend m', () => {
    a.presuspend();
    a.postsuspend();
  });
  s.command('dmsetup resume m', () => a.resume());
  a.work(undefined);
  a.remoteRecovering(7, 1, 0);
  s.wait(400);
  a.remoteRecovering(7, 0, 0, { error: EIO });
  s.wait(400);
  a.remoteRecovering(7, 0, 64);
  a.inSync(7, 1);
  remove(s, a);
  return s.history();
}

/** A daemon that was lost, and logs that it asks to rebuild. */
export function rebuilds(): History {
  const s = scenario();
  const a = active(s);
  s.subject('killed');
  s.command('dmsetup suspend m', () => {
    a.begin('PRESUSPEND').unheard();
    a.begin('POSTSUSPEND').unheard();
  });
  s.command('dmsetup resume m', () => a.begin('RESUME').unheard());
  const region = encodeU64(2n);
  a.begin('IN_SYNC', region).unheard();
  const text = Buffer.from(`${TEXT}\0`);
  for (let poll = 0; poll < 2; poll += 1) {
    s.wait(2000);
    a.begin('CTR', text, { tid: WORKER }).unheard();
  }
  s.wait(2000);
  a.reconnect();
  a.resume({ tid: WORKER });
  a.inSync(2, 1);
  for (const [size, result] of [
    [8, 0],
    [0, ENOSPC],
  ] as const) {
    a.inSync(4, 1, { error: ESRCH, reply: new Uint8Array(size) });
    s.wait(2000);
    a.reconnect();
    a.resume({ tid: WORKER });
    a.inSync(4, 1, { result });
  }
  const tid = 400;
  a.count(64, { tid });
  a.status('', { error: ESRCH, reply: new Uint8Array(64), tid });
  s.wait(2000);
  a.reconnect({ tid });
  a.resume({ tid, error: EINVAL });
  return s.history();
}

/** All of them. */
export const SAMPLE_HISTORIES: readonly (() => History)[] = [
  plainHistory,
  withoutDaemon,
  lvmWithoutDaemon,
  resync,
  lazyFlushes,
  oddAnswers,
  refusedJoins,
  constructions,
  oddSizes,
  failedMarks,
  errorAnswers,
  rebuilds,
];
