import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { before, describe, test } from 'node:test';
import { type Exchange, type History, type ReplyEvent, readHistory } from '../history/index.js';
import { judgeHistory, recordingGaps } from '../oracle/index.js';
import type { ConformanceTest } from '../plan/definition.js';
import type { TestOutcome } from '../results/model.js';
import { ownedTempDir } from '../setup/owned.mjs';
import type { RunEnvironment } from './environment.js';
import { runTest } from './run-test.js';
import type { TestLab } from './test-lab.js';
import { prepareSelfTest, scenario } from './self-test-scene.js';

// The puppet before a real kernel: honest, it breaks no rule; told otherwise, each verb is seen in the recording.

let environment: RunEnvironment;

before(async () => {
  ({ environment } = await prepareSelfTest('ready'));
});

function withPuppet(
  drive: (lab: TestLab) => Promise<void>,
  daemon: 'puppet' | 'absent' = 'puppet',
): ConformanceTest<TestLab> {
  return scenario(drive, { underTest: 'kernel', daemon });
}

interface Recorded {
  readonly history: History;
  readonly outcome: TestOutcome;
  readonly log: string;
}

async function record(test: ConformanceTest<TestLab>): Promise<Recorded> {
  await using directory = await ownedTempDir('ulogcheck-test-');
  const subject = environment.subjects['reference'];
  assert.ok(subject);
  const outcome = await runTest({ test, environment, subject, seed: 1, directory: directory.path });
  assert.notEqual(outcome.judgements[0]?.verdict, 'infra', outcome.judgements[0]?.reason);
  const history = await readHistory(join(directory.path, 'history.jsonl'));
  assert.deepEqual(recordingGaps(history), []);
  assert.equal(history.header.daemon, 'puppet');
  return { history, outcome, log: await readFile(join(directory.path, 'daemon.log'), 'utf8') };
}

function kernelDeviations(history: History): unknown[] {
  return judgeHistory(history).filter(({ side }) => side === 'kernel');
}

/** From the latest transmission to the answer, in ms of guest time. */
function answeredAfter({ transmissions, answer }: Exchange): number {
  const sent = transmissions.at(-1);
  return sent === undefined || answer === undefined ? Infinity : Number(answer.t - sent.t) / 1e6;
}

/** Replies in short: form, error, data_size. */
function forms(replies: readonly ReplyEvent[]): string[] {
  return replies.map(({ form, error, dataSize }) => `${form} ${error} ${dataSize}`);
}

describe('the puppet, honest', () => {
  test('serves a mirror from create to remove without a deviation, and quickly', async () => {
    const { history, outcome, log } = await record(
      withPuppet(async (lab) => {
        await lab.spoilLeg(1);
        const mirror = lab.mirror({ regions: 32 });
        await mirror.create();
        await mirror.waitInSync(60_000);
        await mirror.write([1, 2, 3]);
        await mirror.reload({ regions: 64, sync: 'nosync' });
        await mirror.resume();
        await mirror.write([40]);
        await mirror.suspend();
        await mirror.status();
        await mirror.resume();
        await mirror.remove();
        const integrated = lab.mirror({ name: 'i', regions: 8, sync: 'nosync', integratedFlush: true });
        await integrated.create();
        await integrated.write([1, 2]);
        await integrated.remove();
      }),
    );
    assert.deepEqual(judgeHistory(history), []);
    assert.equal(outcome.judgements[0]?.verdict, 'pass', outcome.judgements[0]?.reason);
    assert.equal(outcome.daemon, 'puppet');
    assert.equal(history.exchanges('SET_REGION_SYNC').length, 32);
    assert.match(log, /honest: GET_RESYNC_WORK of ulogcheck-mirror .*: error 0, 16 bytes 01/);
    const times = history
      .exchanges()
      .map(answeredAfter)
      .toSorted((a, b) => a - b);
    const median = times[Math.floor(times.length / 2)] ?? Infinity;
    // 1 to 2 ms on an idle host; a wake-up that got lost would show as seconds.
    assert.ok(median < 25, `median ${median.toFixed(2)} ms of ${times.length}`);
  });

  test('comes back after its death, and the kernel builds its log anew', async () => {
    const { history } = await record(
      withPuppet(async (lab) => {
        const mirror = lab.mirror({ regions: 16, sync: 'nosync' });
        await mirror.create();
        await lab.subject.kill();
        const write = mirror.write([5]);
        await lab.subject.start();
        await write;
        // A silent restart: nobody was away, and yet nothing is known.
        lab.puppet.forget();
        await mirror.write([6]);
        lab.puppet.afterDeath('kept');
        await lab.subject.kill();
        await lab.subject.start();
        await mirror.write([7]);
        await mirror.remove();
      }),
    );
    // Only what it forgot while it lived is a fault of its own.
    assert.deepEqual(
      judgeHistory(history).map(({ side, id }) => `${side} ${id}`),
      ['daemon ERR-03'],
    );
    const actions = history.subjectEvents().map(({ action }) => action);
    const life = ['started', 'ready', 'killed'];
    assert.deepEqual(actions, [...life, ...life, 'started', 'ready', 'stopped']);
    // The construction, and a rebuild after each loss; none after a death that kept the logs.
    assert.equal(history.exchanges('CTR').length, 3);
  });

  test('is there only when the test starts it', async () => {
    const { history } = await record(
      withPuppet(async (lab) => {
        const mirror = lab.mirror({ regions: 16, sync: 'nosync' });
        await mirror.tryCreate();
        await lab.subject.start();
        await mirror.create();
        await mirror.remove();
      }, 'absent'),
    );
    const [refused, created] = history.commands();
    assert.deepEqual([refused?.status, created?.status], [1, 0]);
    assert.equal(history.exchanges('CTR')[0]?.result, -3);
  });
});

describe('the puppet, told what to answer', () => {
  test('fails, acks, duplicates, replaces, delays, holds and sends unasked', async () => {
    const { history, outcome, log } = await record(
      withPuppet(async (lab) => {
        const { puppet } = lab;
        const mirror = lab.mirror({ regions: 16, sync: 'nosync' });
        puppet.duplicate('CTR');
        puppet.delay('RESUME', 300);
        await mirror.create();
        puppet.ack('FLUSH', 0, { times: 1 });
        puppet.fail('CLEAR_REGION', 5, { times: 1 });
        await mirror.write([1]);
        await puppet.reached('CLEAR_REGION', 2, 10_000);
        puppet.replace(
          'STATUS_INFO',
          () => ({ form: 'full', error: 0, payload: Buffer.from('1 puppeteer\0') }),
          { times: 1 },
        );
        await mirror.status();
        puppet.react('STATUS_INFO', (_request, honest) => [
          { afterMs: 0, answer: { form: 'ack', errno: 11, seq: 77 } },
          { afterMs: 50, answer: honest },
        ]);
        await mirror.status();
        const held = puppet.hold('PRESUSPEND');
        const suspended = mirror.suspend();
        await held.held(1, 10_000);
        puppet.send({ form: 'ack', errno: 0 });
        await lab.run(['true']);
        held.release();
        await suspended;
        await mirror.resume();
        await mirror.remove();
      }),
    );
    assert.deepEqual(kernelDeviations(history), []);
    assert.equal(outcome.judgements[0]?.verdict, 'pass', outcome.judgements[0]?.reason);
    assert.deepEqual(outcome.notes, []);
    const [ctr] = history.exchanges('CTR');
    assert.deepEqual(forms(ctr?.replies ?? []), ['full 0 0', 'full 0 0']);
    const [resume] = history.exchanges('RESUME');
    assert.ok(resume !== undefined && answeredAfter(resume) >= 290, String(resume && answeredAfter(resume)));
    assert.equal(history.exchanges('FLUSH')[0]?.answer?.form, 'ack');
    const clears = history.exchanges('CLEAR_REGION');
    assert.deepEqual([clears[0]?.result, clears[1]?.result], [-5, 0]);
    const said = history.commands().filter(({ argv }) => argv[1] === 'status');
    assert.match(said[0]?.stdout ?? '', / 1 puppeteer$/m);
    assert.match(said[1]?.stdout ?? '', / 1 clustered-core$/m);
    // One for a seq that is long gone, and one for a seq that is far off.
    const stray = history.strayReplies.map(({ form, seq }) => `${form} ${seq > 2 ** 29 ? 'far' : seq}`);
    assert.ok(stray.includes('ack far'), stray.join());
    const [presuspend] = history.exchanges('PRESUSPEND');
    const between = history.commands().find(({ argv }) => argv[0] === 'true');
    assert.ok(presuspend?.answer !== undefined && between !== undefined);
    assert.ok(presuspend.answer.t > between.end, 'it was released after the command');
    assert.match(log, /held: PRESUSPEND .*: no answer/);
    assert.match(log, /released: PRESUSPEND/);
  });

  test('drops, and the kernel asks again after 15 s', async () => {
    const { history } = await record(
      withPuppet(async (lab) => {
        const mirror = lab.mirror({ regions: 16, sync: 'nosync' });
        await mirror.create();
        const rule = lab.puppet.drop('STATUS_INFO', { times: 1 });
        await lab.run(['dmsetup', 'status', 'mirror'], { deadlineMs: 25_000 });
        assert.equal(rule.applied, 1);
        await mirror.remove();
      }),
    );
    assert.deepEqual(kernelDeviations(history), []);
    const [status] = history.exchanges('STATUS_INFO');
    assert.equal(status?.transmissions.length, 2);
    assert.equal(status.replies.length, 1);
    assert.equal(status.answer?.seq, status.transmissions[1]?.seq);
  });
});
