import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { before, test } from 'node:test';
import { readHistory } from '../history/index.js';
import type { ConformanceTest } from '../plan/definition.js';
import type { TestOutcome } from '../results/model.js';
import { ownedTempDir } from '../setup/owned.mjs';
import type { RunEnvironment, SubjectEnvironment } from './environment.js';
import { TrafficMissing } from './history-file.js';
import { runTest } from './run-test.js';
import type { TestLab } from './test-lab.js';
import { prepareSelfTest, scenario } from './self-test-scene.js';

// What must never come out as a pass: a kernel that dies, a daemon that does not start or does not answer.

let environment: RunEnvironment;
let reference: SubjectEnvironment;

before(async () => {
  ({ environment, reference } = await prepareSelfTest('both'));
});

async function outcomeOf(
  test: ConformanceTest<TestLab>,
  subject: SubjectEnvironment,
  look: (directory: string, outcome: TestOutcome) => Promise<void>,
): Promise<void> {
  await using directory = await ownedTempDir('ulogcheck-test-');
  const outcome = await runTest({ test, environment, subject, seed: 1, directory: directory.path });
  await look(directory.path, outcome);
}

test('a kernel that dies is a finding, nothing passes in its presence, and what came before is kept', async () => {
  const dying = scenario(async (lab) => {
    await lab.mirror({ regions: 64, sync: 'nosync' }).create();
    await lab.run('echo c > /proc/sysrq-trigger');
  });
  const started = performance.now();
  await outcomeOf(dying, reference, async (directory, { judgements, findings }) => {
    assert.equal(judgements[0]?.verdict, 'unknown');
    assert.match(judgements[0].reason, /^the kernel reported a panic during the test: /);
    assert.equal(findings?.[0]?.finding, 'panic');
    const history = await readHistory(join(directory, 'history.jsonl'));
    assert.equal(history.truncated, true);
    assert.equal(history.end?.reason.includes('the kernel panicked'), true);
    assert.ok(history.exchanges('RESUME').length > 0, 'the requests before the panic are in the history');
    assert.match(await readFile(join(directory, 'console.log'), 'utf8'), /sysrq triggered crash/);
  });
  assert.ok(performance.now() - started < 60_000, 'nobody waited for the deadlines of a dead guest');
});

/** Makes the kernel WARN, by a uevent with more keys than a uevent can hold. */
const WARN =
  'i=0; while [ $i -lt 80 ]; do keys="$keys K$i=1"; i=$((i + 1)); done; ' +
  'echo "add 00000000-0000-0000-0000-000000000000$keys" > /sys/class/mem/null/uevent';

test('a WARN as the last thing that happens is a finding, and nothing passes in its presence', async () => {
  const warned = scenario(async (lab) => {
    await lab.mirror({ regions: 64, sync: 'nosync' }).create();
    await lab.mirror({ regions: 64, sync: 'nosync' }).remove();
    await lab.run(WARN);
  });
  await outcomeOf(warned, reference, async (directory, { judgements, findings }) => {
    assert.equal(judgements[0]?.verdict, 'unknown');
    assert.equal(
      judgements[0].reason,
      'the kernel reported a warning during the test: WARNING in add_uevent_var',
    );
    assert.equal(findings?.length, 1);
    const history = await readHistory(join(directory, 'history.jsonl'));
    assert.equal(history.truncated, false);
    assert.match(history.findings()[0]?.text ?? '', /^-+\[ cut here [^]*\n---\[ end trace/);
  });
});

test('a finding that the test allows is reported with the reason and changes no verdict', async () => {
  const allowing: ConformanceTest<TestLab> = {
    ...scenario(async (lab) => {
      const mirror = lab.mirror({ regions: 64, sync: 'nosync' });
      await mirror.create();
      await mirror.status();
      await lab.run(WARN);
      await mirror.remove();
    }),
    allowFindings: [{ kind: 'warning', title: /add_uevent_var$/, because: 'the test provokes it' }],
  };
  await outcomeOf(allowing, reference, (_directory, { judgements, findings }) => {
    assert.deepEqual(
      judgements.map(({ verdict, reason }) => `${verdict}: ${reason}`),
      ['pass: holds'],
    );
    assert.deepEqual(
      findings?.map(({ title, allowed }) => `${title}: ${String(allowed)}`),
      ['WARNING in add_uevent_var: the test provokes it'],
    );
    return Promise.resolve();
  });
});

test('a daemon that does not answer leaves the scenario unfinished, and that is no pass', async () => {
  const frozen = scenario(async (lab) => {
    await lab.mirror({ regions: 64, sync: 'nosync' }).create();
    await lab.subject.freeze();
    await lab.run(['dmsetup', 'status', 'mirror'], { deadlineMs: 2000 });
  });
  await outcomeOf(frozen, reference, (_directory, { judgements }) => {
    assert.equal(judgements[0]?.verdict, 'unknown');
    assert.match(judgements[0].reason, /^the scenario stopped before its end: .* did not end within 2000 ms/);
    return Promise.resolve();
  });
});

test('traffic that does not come stops the scenario; it is no trouble of the harness', async () => {
  const silent = scenario(async (lab) => {
    await lab.mirror({ regions: 64, sync: 'nosync' }).create();
    throw new TrafficMissing('waited 1000 ms for a FLUSH; seen: nothing');
  });
  await outcomeOf(silent, reference, (_directory, { judgements }) => {
    assert.equal(judgements[0]?.verdict, 'unknown');
    assert.match(judgements[0].reason, /^the scenario stopped before its end: waited 1000 ms for a FLUSH/);
    return Promise.resolve();
  });
});

test('what the kernel reported is kept when the harness has nothing to judge', async () => {
  const { profile } = reference;
  const broken: SubjectEnvironment = {
    ...reference,
    golden: { booted: reference.golden.booted ?? assert.fail('not booted') },
    profile: { ...profile, start: { command: ['sh', '-c', `${WARN}; exit 3`] } },
  };
  const idle = scenario(() => Promise.resolve());
  await outcomeOf(idle, broken, (_directory, { judgements, findings }) => {
    assert.equal(judgements[0]?.verdict, 'infra');
    assert.deepEqual(
      findings?.map(({ title }) => title),
      ['WARNING in add_uevent_var'],
    );
    return Promise.resolve();
  });
});

test('a daemon that ends at once is trouble before the test, told with its own words', async () => {
  const { profile } = reference;
  const broken: SubjectEnvironment = {
    ...reference,
    golden: { booted: reference.golden.booted ?? assert.fail('not booted') },
    profile: { ...profile, start: { command: ['sh', '-c', 'echo no licence >&2; exit 3'] } },
  };
  const idle = scenario(() => Promise.resolve());
  await outcomeOf(idle, broken, (_directory, { judgements }) => {
    assert.equal(judgements[0]?.verdict, 'infra');
    assert.equal(
      judgements[0].reason,
      'reference ended with status 3 before it was ready; it printed:\n  no licence',
    );
    return Promise.resolve();
  });
});

test('a second node shares the disks, has a daemon of its own, and stands in the same history by the same clock', async () => {
  const two = scenario(async (lab) => {
    const other = await lab.anotherNode();
    const mirror = lab.mirror({ name: 'one', uuid: 'one', regions: 8, sync: 'nosync' });
    await mirror.create();
    await lab.run(
      `echo from the first | dd of=${lab.legs[0] ?? ''} bs=512 seek=8000 conv=sync oflag=direct status=none`,
    );
    await other.run(
      `dd if=${other.legs[0] ?? ''} bs=512 skip=8000 count=1 iflag=direct status=none | head -1`,
    );
    const its = other.mirror({ name: 'two', uuid: 'two', regions: 8, sync: 'nosync' });
    await its.create();
    await its.status();
    await its.remove();
    await mirror.remove();
  });
  await outcomeOf(two, reference, async (directory, { judgements }) => {
    assert.equal(judgements[0]?.verdict, 'pass', judgements[0]?.reason);
    const history = await readHistory(join(directory, 'history.jsonl'));
    assert.equal(history.truncated, false);
    assert.deepEqual(
      history.instances().map(({ node, uuid }) => `${node} ${uuid}`),
      ['node1 one', 'node2 two'],
    );
    const read = history.commands().find(({ node, stdout }) => node === 'node2' && stdout !== '');
    const wrote = history.commands().find(({ argv }) => argv.at(-1)?.includes('from the first') === true);
    assert.equal(read?.stdout.replaceAll('\0', ''), 'from the first\n');
    const [aligned] = history.observations('clock-aligned');
    const { withinMs } = aligned?.value as { withinMs: number };
    assert.ok(withinMs < 100, `the clocks are known to ${withinMs} ms`);
    const slack = BigInt(Math.ceil(withinMs * 1e6));
    assert.ok(wrote !== undefined && wrote.end <= read.t + slack, 'the clocks agree about what came first');
    await readFile(join(directory, 'node2', 'console.log'));
    await readFile(join(directory, 'node2', 'daemon.log'));
  });
});
