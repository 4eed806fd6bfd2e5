import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { PlannedKernel, RunPlan } from '../plan/run-plan.js';
import { testDirectory } from '../plan/run-plan.js';
import { samplePlannedKernel } from '../plan/sample-plan.js';
import { selectTests } from '../plan/select.js';
import { EXIT, exitStatus } from '../results/exit-status.js';
import type { OutcomesFile, RunResults } from '../results/model.js';
import { sampleOutcome } from '../results/sample-history.js';
import { assembleRun } from './assemble-run.js';
import { chooseDaemon } from './daemon-option.js';
import { requestOf, type RunRequest } from './run-request.js';
import { loadSuite } from './suite.js';

const grep = ['TRN-02', 'CTR-20'];

const LEFT_OUT = [{ suite: 'duke', reason: 'the mirror does not carry it' }];

async function request(kernel: Partial<PlannedKernel>): Promise<RunRequest> {
  const suite = await loadSuite();
  const options = {
    ...({ kernel: ['6.12'], daemon: 'reference', userland: 'trixie', lvm: 'stock', tier: 'quick' } as const),
    ...({ grep, workers: 1, list: false, seed: 5, strict: false, gdb: false, dump: false } as const),
    ...({ format: 'terminal', html: false, qemu: undefined, out: '/out' } as const),
  };
  const choice = samplePlannedKernel();
  const daemon = await chooseDaemon('reference');
  const selection = selectTests(grep, 'quick', suite);
  const made = requestOf(
    ...([options, daemon, suite, selection] as const),
    { choices: [choice], suitesLeftOut: LEFT_OUT },
    new Date(),
  );
  const kernels = made.plan.kernels.map((one) => ({ ...one, ...kernel }));
  return { ...made, plan: { ...made.plan, kernels } };
}

/** What the first test of a plan said. */
function firstOutcome(plan: RunPlan): OutcomesFile['outcomes'] {
  const run = plan.runs.find(({ tests }) => tests.length > 0);
  const [test] = run?.tests ?? [];
  assert.ok(run !== undefined && test !== undefined);
  const { title, file, ids } = test;
  const judgements = ids.map((id) => {
    return { id, verdict: 'fail' as const, reason: 'broken', observed: '', evidence: [] };
  });
  const directory = testDirectory(run, title);
  const outcome = sampleOutcome(judgements, { ...{ test: title, file, ids, directory }, kernel: run.kernel });
  return [{ project: run.project, outcome }];
}

function assembled(given: RunRequest, outcomes: OutcomesFile['outcomes']): RunResults {
  const file = { schemaVersion: 2, interrupted: false, errors: [], outcomes } as const;
  return assembleRun(given, { outcomes: { ...file, errors: [] }, durationMs: 1, resumed: 1 });
}

describe('the results of a run', () => {
  it('keep what was seen on a kernel that could not be prepared again when the run was continued', async () => {
    const given = await request({ state: 'infra', reason: 'it does not boot' });
    const outcomes = firstOutcome(given.plan);
    const { kernels, requirements, run, findings } = assembled(given, outcomes);
    assert.deepEqual(
      kernels.map(({ state, reason }) => [state, reason]),
      [['tested', '']],
    );
    const verdicts = new Map(requirements.map(({ verdict, reason }) => [verdict, reason]));
    assert.deepEqual([...verdicts.keys()].sort(), ['fail', 'infra']);
    assert.match(
      verdicts.get('infra') ?? '',
      /could not be prepared when the run was continued: it does not boot/,
    );
    assert.equal(exitStatus(requirements, { ...run, findings, strict: false }), EXIT.infra);
  });

  it('say of a kernel that was never prepared why', async () => {
    const { kernels } = assembled(await request({ state: 'infra', reason: 'it does not boot' }), []);
    assert.deepEqual(
      kernels.map(({ state, reason }) => [state, reason]),
      [['infra', 'it does not boot']],
    );
  });

  it('name the suites that were not looked through', async () => {
    assert.deepEqual(assembled(await request({}), []).run.suitesLeftOut, LEFT_OUT);
  });

  it('name the packages that no signed list vouches for', async () => {
    const packages = [
      { name: 'linux-binary-7.0', version: '1', sha256: 'abc', size: 1 },
      { name: 'linux-modules-7.0', version: '1', sha256: '', size: 1, unlisted: 'pool/x' },
    ];
    const [signed] = assembled(await request({ origin: { packages: packages.slice(0, 1) } }), []).kernels;
    assert.ok(signed !== undefined && !('unvouched' in signed));
    const [other] = assembled(await request({ origin: { packages } }), []).kernels;
    assert.deepEqual(other?.unvouched, ['linux-modules-7.0']);
  });
});
