import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { GROUP_JOIN, type GroupJoin, JOIN_WAYS } from '../../harness/history/index.js';
import { Scenario } from '../../harness/history/scenario/index.js';
import { discoverTests } from '../../harness/plan/discover.js';
import { judgeTest } from '../../harness/results/judge-test.js';
import { encodeText } from '../../harness/ulog/index.js';
import { loadCatalogue } from '../requirements/catalogue.js';

const tests = await discoverTests();
const ROOT = { uid: 0, capabilities: '000001ffffffffff', call: 'join', errno: 0 } as const;
const NOBODY = { uid: 65534, capabilities: '0000000000000000', call: 'join', errno: 1, heard: [] } as const;

/** What the test says when root's tries, and those of nobody, came to what they did on a good kernel but for this. */
function said(nobody: Partial<GroupJoin> = {}, root: Partial<GroupJoin> = {}, ways = JOIN_WAYS): string {
  const test = tests.find(({ file }) => file === 'conformance/transport/unprivileged-join.spec.ts');
  assert.ok(test);
  const s = new Scenario({ underTest: 'kernel' });
  s.daemonReady();
  const log = s.log('U', '65536 clustered-core 1024 nosync');
  s.command('dmsetup create m', () => {
    log.construct(1024, 64);
    log.resume();
  });
  let seq = 0;
  s.command('dmsetup status m', () => {
    log.count(64);
    const info = log.begin('STATUS_INFO');
    info.answer(encodeText('1 clustered-core'));
    seq = info.seq;
  });
  for (const way of ways) {
    s.observe(GROUP_JOIN, { ...NOBODY, way, ...nobody, heard: nobody.heard ?? [] });
    s.observe(GROUP_JOIN, { ...ROOT, way, heard: [seq], ...root });
  }
  const { judgements } = judgeTest(test, s.history(), loadCatalogue());
  return judgements.map(({ id, verdict, observed }) => `${id} ${verdict} ${observed}`).join('\n');
}

describe('joining the connector group', () => {
  it('passes when nobody is refused with EPERM and root hears a request, in both ways', () => {
    assert.match(said(), /^TRN-04 pass /);
  });

  it('fails when nobody joins, is refused for another reason, or hears requests all the same', () => {
    assert.equal(
      said({ errno: 0, heard: [7] }),
      'TRN-04 fail it succeeded, and seq 7 arrived; it succeeded, and seq 7 arrived',
    );
    assert.match(said({ errno: 13 }), /^TRN-04 fail errno 13, and no request arrived/);
    assert.match(said({ heard: [7] }), /^TRN-04 fail errno 1, and seq 7 arrived/);
  });

  it('says nothing when root cannot join either, or hears nothing that the kernel sent', () => {
    assert.match(said({}, { errno: 1, heard: [] }), /^TRN-04 unknown/);
    assert.match(said({}, { heard: [] }), /^TRN-04 unknown/);
    assert.match(said({}, { heard: [4711] }), /^TRN-04 unknown/);
  });

  it('says nothing when nobody did not get as far as that, or could help itself', () => {
    assert.match(said({ call: 'socket', errno: 93 }), /^TRN-04 unknown/);
    assert.match(said({ capabilities: '0000000000001000' }), /^TRN-04 unknown/);
    assert.match(said({ uid: 0 }), /^TRN-04 unknown/);
  });

  it('says nothing when one way was not tried', () => {
    assert.match(said({}, {}, ['bind'] as unknown as typeof JOIN_WAYS), /^TRN-04 unknown/);
  });
});
