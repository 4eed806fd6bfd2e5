import assert from 'node:assert/strict';
import { join } from 'node:path';
import { before, describe, test } from 'node:test';
import { type Exchange, type History, readHistory, TRAP, traps, type TrapStory } from '../history/index.js';
import { judgeHistory } from '../oracle/index.js';
import type { TestOutcome } from '../results/model.js';
import { ownedTempDir } from '../setup/owned.mjs';
import type { RunEnvironment } from './environment.js';
import { TrafficMissing } from './history-file.js';
import { runTest } from './run-test.js';
import type { TestLab } from './test-lab.js';
import { prepareSelfTest, scenario } from './self-test-scene.js';

// Traps before a real kernel: the recording shows that exactly the request that was named sprang them, and that the
// daemon had answered what its thread had asked before, and nothing after.

const OUTSIDER = 'daemon-under-test/outsider/outsider.profile.yaml';
/** Requests with which a mirror comes and goes, and is written to in between: enough for every number below. */
const LAST = 12;

let environment: RunEnvironment;

before(async () => {
  ({ environment } = await prepareSelfTest('ready', { daemons: ['reference', OUTSIDER] }));
});

async function record(
  drive: (lab: TestLab) => Promise<void>,
  { daemon = 'reference', underTest = 'daemon' }: { daemon?: string; underTest?: 'daemon' | 'kernel' } = {},
): Promise<{ readonly history: History; readonly outcome: TestOutcome }> {
  await using directory = await ownedTempDir('ulogcheck-test-');
  const subject = environment.subjects[daemon];
  assert.ok(subject, daemon);
  const test = scenario(drive, {
    underTest,
    situation: (history) => traps(history).flatMap(({ by }) => by?.events() ?? []),
  });
  const outcome = await runTest({ test, environment, subject, seed: 1, directory: directory.path });
  const [judgement] = outcome.judgements;
  assert.notEqual(judgement?.verdict, 'infra', judgement?.reason);
  const history = await readHistory(join(directory.path, 'history.jsonl'));
  assert.deepEqual(judgeHistory(history), []);
  return { history, outcome };
}

/** Comes and goes: a dozen requests and more, one after the other. */
async function lifeOfAMirror(lab: TestLab): Promise<void> {
  const mirror = lab.mirror({ regions: 16, sync: 'nosync' });
  await mirror.create();
  await mirror.status();
  await mirror.suspend();
  await mirror.resume();
  await mirror.remove();
}

/** What the history says of the trap: the request that sprang it is the one that was asked for, and no daemon saw it. */
function assertExact(history: History, trap: TrapStory): void {
  const { by, sprung, set, request, of, does } = trap;
  const name = `${does} at ${request} ${of.join()}`;
  assert.ok(by?.request && sprung, `${name} did not spring`);
  const since = history.exchanges().filter(({ request: made }) => made !== undefined && made.t > set.t);
  const counting = since.filter((one) => of.length === 0 || of.includes(String(one.name)));
  assert.equal(counting.indexOf(by) + 1, request, `${name} sprang at another request`);
  assert.equal(sprung.t, by.request.t, name);
  const earlier = since.slice(0, since.indexOf(by));
  // Another thread of the kernel may have a request of its own under way.
  const open = earlier.filter(
    ({ tid, answer }) => tid === by.tid && (answer === undefined || answer.t > sprung.t),
  );
  assert.deepEqual(open.map(describeExchange), [], `${name}: not answered before it`);
  const fall = history.subjectEvents().find(({ t, action }) => t === sprung.t && action !== 'ready');
  assert.equal(fall?.action, does === 'kill' ? 'killed' : 'frozen', name);
  const up = history.subjectEvents().find(({ t, action }) => t > sprung.t && isUp(action));
  const said = history.events.filter(
    (event) => event.kind === 'reply' && event.t > sprung.t && (up === undefined || event.t < up.t),
  );
  assert.equal(said.length, 0, `${name}: the daemon answered after its fall`);
  assert.ok(by.transmissions[0] && by.transmissions[0].t > sprung.t, `${name}: the request was not sent`);
}

function isUp(action: string): boolean {
  return action === 'thawed' || action === 'started';
}

function describeExchange({ name, request }: Exchange): string {
  return `${String(name)} at ${String(request?.t)}`;
}

/** Freezes the daemon at one request after the other, in one life of a mirror each. */
async function freezeAtEach(lab: TestLab): Promise<void> {
  for (let request = 1; request <= LAST; request++) {
    const trap = await lab.trap({ request, does: 'freeze' });
    const life = lab.start(() => lifeOfAMirror(lab));
    await trap.sprung();
    await lab.subject.thaw();
    await life.finished();
  }
}

describe('a trap', () => {
  for (const daemon of ['reference', OUTSIDER]) {
    test(`freezes ${daemon} at exactly the request that is named, whichever it is`, async () => {
      const { history, outcome } = await record(freezeAtEach, { daemon });
      assert.equal(traps(history).length, LAST);
      for (const trap of traps(history)) assertExact(history, trap);
      assert.equal(outcome.judgements[0]?.verdict, 'pass', outcome.judgements[0]?.reason);
    });

    for (const request of [1, 2, 3, 5, 8]) {
      test(`kills ${daemon} at request ${request}`, async () => {
        const { history } = await record(
          async (lab) => {
            const trap = await lab.trap({ request, does: 'kill' });
            lab.start(() => lifeOfAMirror(lab));
            await trap.sprung();
            assert.ok(lab.subject.ended);
            await lab.subject.start();
            assert.equal(lab.subject.ended, undefined);
          },
          { daemon },
        );
        const [trap] = traps(history);
        assert.ok(trap);
        assertExact(history, trap);
        const actions = history.subjectEvents().map(({ action }) => action);
        assert.deepEqual(actions.slice(0, 5), ['started', 'ready', 'killed', 'started', 'ready']);
        assert.ok(!actions.includes('exited'));
      });
    }
  }

  test('counts only requests of the types that are named', async () => {
    const { history } = await record(async (lab) => {
      const resume = await lab.trap({ request: 2, of: 'RESUME', does: 'freeze' });
      const suspends = await lab.trap({ request: 4, of: ['PRESUSPEND', 'POSTSUSPEND'], does: 'kill' });
      lab.start(() => lifeOfAMirror(lab));
      await resume.sprung();
      await lab.subject.thaw();
      await suspends.sprung();
      assert.match(String(lab.subject.ended), /SIGKILL/);
    });
    const [resume, suspends] = traps(history);
    assert.ok(resume && suspends);
    assertExact(history, resume);
    assert.equal(resume.by?.name, 'RESUME');
    assertExact(history, suspends);
    assert.equal(suspends.by?.name, 'POSTSUSPEND');
  });

  test('freezes the puppet, and lets kernel tests be driven by it', async () => {
    const { history } = await record(freezeAtEach, { underTest: 'kernel' });
    for (const trap of traps(history)) assertExact(history, trap);
  });

  test('does not hide an end that was none of its doing', async () => {
    const { history } = await record(async (lab) => {
      await lab.trap({ request: 50, does: 'kill' });
      await lab.run(`kill -KILL ${lab.subject.pid}`);
    });
    const exit = history.subjectEvents().find(({ action }) => action === 'exited');
    assert.match(String(exit?.detail), /^by itself, with SIGKILL/);
    assert.equal(traps(history)[0]?.sprung, undefined);
  });

  test('that never sprang is told with what came instead, does nothing when it is removed, and shows', async () => {
    const { history } = await record(async (lab) => {
      const trap = await lab.trap({ request: 2, of: 'CTR', does: 'kill' });
      await lifeOfAMirror(lab);
      await assert.rejects(trap.sprung(200), (error: unknown) => {
        assert.ok(error instanceof TrafficMissing);
        assert.match(error.message, /for request 2 of CTR, at which a trap kills the daemon; seen: .*CTR, /);
        return true;
      });
      assert.equal(await trap.remove(), false);
      await lifeOfAMirror(lab);
      await assert.rejects(trap.sprung(), /removed before request 2 of CTR/);
      await assert.rejects(lab.trap({ request: 0, does: 'kill' }), /the first request is 1/);
      await lab.trap({ request: 1, does: 'freeze' });
    });
    assert.deepEqual(
      traps(history).map(({ sprung, by }) => [sprung, by]),
      [
        [undefined, undefined],
        [undefined, undefined],
      ],
    );
    assert.deepEqual(
      history.observations(TRAP).map(({ value }) => value),
      [
        { state: 'set', trap: 1, request: 2, of: ['CTR'], does: 'kill' },
        { state: 'removed', trap: 1, seen: 1 },
        { state: 'set', trap: 2, request: 1, of: [], does: 'freeze' },
        { state: 'removed', trap: 2, seen: 0 },
      ],
    );
    const actions = history.subjectEvents().map(({ action }) => action);
    assert.deepEqual(actions, ['started', 'ready', 'stopped']);
  });
});
