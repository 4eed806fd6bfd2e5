import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { describe, it } from 'node:test';
import { gunzipSync } from 'node:zlib';
import { requestName } from '../ulog/index.js';
import { armRecorder } from './arm.js';
import type { RecordedEvent } from './events.js';
import type { Recorder, RecorderGuest } from './api.js';
import { STOPPED } from './guest-scripts.js';

const TESTDATA = join(import.meta.dirname, '../../../harness/recorder/testdata');
const ARMED = readFileSync(join(TESTDATA, 'armed-6.12.txt'), 'utf8');
const COUNTS = readFileSync(join(TESTDATA, 'counts-6.12.txt'), 'utf8');
const CAPTURED = gunzipSync(readFileSync(join(TESTDATA, 'stream-6.12.bin.gz')));
const PAGES = CAPTURED.subarray(CAPTURED.indexOf('\n') + 1);

interface Replay {
  /** What the arm script prints, with its status. */
  readonly armed?: string;
  readonly status?: number;
  readonly counts?: string;
  readonly complaints?: string;
  readonly pages?: Buffer;
}

/** A guest that answers the recorder's scripts, and whose port plays a captured stream when armed. */
function replay({
  armed = ARMED,
  status = 0,
  counts = COUNTS,
  complaints = '',
  pages = PAGES,
}: Replay = {}): {
  guest: RecorderGuest;
  stream: PassThrough;
} {
  const stream = new PassThrough();
  const answer = (stdout: string, code = 0): Promise<{ status: number; stdout: string; stderr: string }> =>
    Promise.resolve({ status: code, stdout, stderr: '' });
  const guest: RecorderGuest = {
    run: (text) => {
      const preamble = /ulogcheck recording [0-9a-f]{16}/.exec(text)?.[0];
      if (preamble !== undefined) {
        stream.write(Buffer.concat([Buffer.from(`left over\n${preamble}\n`), pages]));
        return answer(armed, status);
      }
      if (text.includes(STOPPED)) return answer(`${counts}${STOPPED}\n${counts}`);
      if (text.includes('kprobe_profile')) return answer(counts);
      if (text.includes('.err')) return answer(complaints);
      return answer('');
    },
  };
  return { guest, stream };
}

async function arm({ guest, stream }: ReturnType<typeof replay>): Promise<[Recorder, RecordedEvent[]]> {
  const recorder = await armRecorder({ guest, streams: [stream], cpus: 1, node: 'n1', deadlineMs: 100 });
  const events: RecordedEvent[] = [];
  recorder.onEvent((event) => events.push(event));
  return [recorder, events];
}

describe('a recording of one mirror on 6.12', () => {
  it('begins and ends with its markers and holds every request with its messages and return', async () => {
    const [recorder, events] = await arm(replay());
    const marker = await recorder.waitForMarker('end of test', 100);
    assert.equal(marker.t, events.at(-1)?.t);
    assert.equal(events.length, 94);
    assert.deepEqual(
      events.flatMap((event) => (event.kind === 'request' ? [requestName(event.type)] : [])),
      [
        ...['CTR', 'GET_REGION_SIZE', 'GET_SYNC_COUNT', 'RESUME'],
        ...['GET_RESYNC_WORK', 'IN_SYNC', 'GET_SYNC_COUNT', 'SET_REGION_SYNC', 'CLEAR_REGION', 'FLUSH'],
        ...['GET_RESYNC_WORK', 'IN_SYNC', 'GET_SYNC_COUNT', 'SET_REGION_SYNC', 'CLEAR_REGION', 'FLUSH'],
        ...['GET_RESYNC_WORK', 'GET_SYNC_COUNT', 'GET_SYNC_COUNT', 'STATUS_INFO'],
        ...['PRESUSPEND', 'POSTSUSPEND', 'DTR'],
      ],
    );
    for (const [index, event] of events.entries()) {
      assert.ok(event.t >= (events[index - 1]?.t ?? 0n), `event ${index} is older than the one before`);
    }
    assert.deepEqual(await recorder.stop(), { overruns: 0, missed: 0, truncated: false, reason: '' });
  });

  it('gives the construction in full', async () => {
    const [recorder, events] = await arm(replay());
    const [begin, request, transmission, reply, returned] = events;
    assert.equal(begin?.kind === 'marker' ? begin.text : undefined, 'begin of test');
    assert.ok(request?.kind === 'request' && transmission?.kind === 'transmission');
    assert.ok(reply?.kind === 'reply' && returned?.kind === 'return');
    assert.deepEqual(request, {
      kind: 'request',
      t: request.t,
      node: 'n1',
      tid: 187,
      call: 1,
      uuid: 'uuid-A',
      luid: transmission.luid,
      type: 1,
      dataSize: 26,
    });
    assert.equal(Buffer.from(transmission.payload).toString(), '128 clustered-core 64 sync');
    assert.deepEqual([transmission.call, transmission.seq, transmission.version], [1, 0, 3]);
    assert.deepEqual(transmission.connector, { seq: 0, ack: 0, len: 186, flags: 0 });
    assert.deepEqual([reply.form, reply.seq, reply.error, reply.dataSize, reply.tid], ['full', 0, 0, 0, 144]);
    assert.deepEqual([returned.call, returned.result, returned.tid], [1, 0, 187]);
    await recorder.stop();
  });

  it('is truncated when the stream ends', async () => {
    const vm = replay({ complaints: 'port: Broken pipe' });
    const [recorder] = await arm(vm);
    const waiting = recorder.waitForMarker('never', 1000);
    vm.stream.destroy();
    await assert.rejects(waiting, {
      name: 'RecorderStreamError',
      message: 'the recorder stream of CPU 0 ended',
    });
    assert.deepEqual(await recorder.stop(), {
      overruns: 0,
      missed: 0,
      truncated: true,
      reason:
        'the recording is incomplete: the recorder stream of CPU 0 ended; ' +
        'the reader in the guest said: port: Broken pipe',
    });
  });

  it('is truncated when the stream holds something else', async () => {
    const vm = replay();
    const [recorder] = await arm(vm);
    vm.stream.write(Buffer.alloc(4096, 0xff));
    const { truncated, reason } = await recorder.stop();
    assert.equal(truncated, true);
    assert.match(
      reason,
      /^the recording is incomplete: a ring-buffer page claims 134217727 bytes of data in 4080/,
    );
  });

  it('is truncated at once when the guest is known to be dead, with what had arrived', async () => {
    const { guest, stream } = replay();
    const [recorder, events] = await arm({ guest, stream });
    guest.run = () => assert.fail('the dead guest was asked');
    assert.deepEqual(await recorder.stop('kernel panic'), {
      overruns: 0,
      missed: 0,
      truncated: true,
      reason: 'the recording is incomplete: kernel panic',
    });
    assert.equal(events.length, 94);
  });

  it('counts what the kernel saw and the stream lacks', async () => {
    const vm = replay({
      counts: COUNTS.replace(/(consulted\s+)23(\s+)0/, '$124$22'),
    });
    const [recorder] = await arm(vm);
    assert.deepEqual(await recorder.stop(), {
      overruns: 0,
      missed: 3,
      truncated: false,
      reason:
        'the kernel missed 2 hits of probe consulted; probe consulted fired 24 times, 23 events arrived',
    });
  });

  it('keeps its end when stopped twice, and rejects waits after that', async () => {
    const [recorder] = await arm(replay());
    assert.equal(await recorder.stop(), await recorder.stop());
    await recorder.waitForMarker('begin of test', 10);
    await assert.rejects(recorder.waitForMarker('later', 10), { message: 'the recorder was stopped' });
  });
});

describe('a recording that ends with a power cut', () => {
  /** The captured stream, whose last marker says that the counts were taken. */
  const pages = Buffer.from(PAGES.toString('latin1').replaceAll('drained:0', 'counted:0'), 'latin1');

  it('is complete up to the cut, however many events come after the counts', async () => {
    const counts = COUNTS.replace(/(consult\s+)23/, '$122').replace(/(answered\s+)23/, '$121');
    const vm = replay({ pages, counts });
    const [recorder, events] = await arm(vm);
    let cut = 0;
    const end = await recorder.powerCut(() => {
      cut += 1;
      vm.stream.destroy();
      return Promise.resolve();
    });
    assert.deepEqual(end, { overruns: 0, missed: 0, truncated: false, reason: '' });
    assert.equal(events.length, 94);
    assert.equal(await recorder.stop('the kernel panicked'), end);
    assert.equal(cut, 1);
    await assert.rejects(recorder.waitForMarker('later', 10), { message: 'the power of the guest was cut' });
  });

  it('counts what the kernel had seen and the stream lacks', async () => {
    const vm = replay({ pages, counts: COUNTS.replace(/(consult\s+)23/, '$125') });
    const [recorder] = await arm(vm);
    const end = await recorder.powerCut(() => {
      vm.stream.destroy();
      return Promise.resolve();
    });
    assert.equal(end.missed, 2);
    assert.equal(end.reason, 'probe consult fired 25 times, 23 events arrived');
  });

  it('is truncated when the guest could not be asked; its power is cut all the same', async () => {
    const vm = replay({ pages, counts: 'nothing' });
    const [recorder] = await arm(vm);
    const end = await recorder.powerCut(() => {
      vm.stream.destroy();
      return Promise.resolve();
    });
    assert.equal(end.truncated, true);
    assert.match(end.reason, /before the power cut: kprobe_profile does not show the probe answered/);
    assert.ok(vm.stream.destroyed);
  });

  it('ends too when the guest was gone before', { timeout: 10_000 }, async () => {
    const vm = replay({ pages });
    const [recorder] = await arm(vm);
    vm.stream.destroy();
    await once(vm.stream, 'close');
    const end = await recorder.powerCut(() => Promise.resolve());
    assert.equal(end.truncated, true);
    assert.match(end.reason, /before the power cut: the recorder stream of CPU 0 ended/);
  });
});

describe('arming', () => {
  const refused = async (vm: Replay, expected: { step: string; message: string }): Promise<void> => {
    await assert.rejects(arm(replay(vm)), { name: 'RecorderArmError', ...expected });
  };

  it("gives the kernel's own words when a probe is refused", async () => {
    await refused(
      {
        status: 1,
        armed:
          "== failed probe\nwriting 'p:x nothing' to kprobe_events failed: I/O error\n== error_log\n" +
          '[    2.3] trace_kprobe: error: Invalid probed address or symbol\n  Command: p:x nothing\n             ^\n',
      },
      {
        step: 'probe',
        message:
          "cannot arm the recorder (probe): writing 'p:x nothing' to kprobe_events failed: I/O error\n" +
          "the kernel's error_log says:\n" +
          '[    2.3] trace_kprobe: error: Invalid probed address or symbol\n  Command: p:x nothing\n             ^',
      },
    );
  });

  it('says that the module is not loaded', async () => {
    await refused(
      { status: 1, armed: "== failed module\nwriting 'p:…' failed: ENOENT\n== error_log\n" },
      {
        step: 'module',
        message:
          'cannot arm the recorder (module): the kernel has no function dm_consult_userspace: load the module ' +
          "dm-log-userspace before arming (/sys/module/dm_log_userspace does not exist); writing 'p:…' failed: ENOENT",
      },
    );
  });

  it('says what a script that broke off had printed', async () => {
    await refused(
      { status: 2, armed: 'sh: syntax error' },
      {
        step: 'tracefs',
        message: 'cannot arm the recorder (tracefs): the script ended with status 2: sh: syntax error',
      },
    );
  });

  it('says that no marker came through, with what the reader complained about', async () => {
    await refused(
      { pages: Buffer.alloc(0), complaints: '/dev/virtio-ports/x: Device or resource busy at -e line 4.' },
      {
        step: 'stream',
        message:
          'cannot arm the recorder (stream): no marker "ulogcheck:begin" within 100 ms; no marker was seen; ' +
          'the reader in the guest said: /dev/virtio-ports/x: Device or resource busy at -e line 4.',
      },
    );
  });

  it('refuses an unknown ring-buffer format', async () => {
    await refused(
      { armed: ARMED.replace('27 bits', '28 bits') },
      {
        step: 'tracefs',
        message:
          'cannot arm the recorder (tracefs): header_event lacks time_delta\\s*:\\s*27 bits: an unknown ring-buffer ' +
          `format: "${/# compressed entry header[^]*?== 28/.exec(ARMED)?.[0].replace('27 bits', '28 bits') ?? ''}"`,
      },
    );
  });

  it('needs one stream for each CPU', async () => {
    const { guest, stream } = replay();
    await assert.rejects(armRecorder({ guest, streams: [stream], cpus: 2, node: 'n1' }), {
      name: 'RecorderArmError',
      message: 'cannot arm the recorder (port): 1 streams for 2 CPUs: one for each is needed',
    });
  });
});
