import assert from 'node:assert/strict';
import { it } from 'node:test';
import { allowedBecause } from '../kernel-log/index.js';
import { knownFindings } from './known-findings.js';

const OLD = '5.10.0-46-cloud-amd64';
const seen = {
  kind: 'warning',
  title: 'WARNING in destroy_workqueue',
  text: 'WARNING: CPU: 0 PID: 224 at kernel/workqueue.c:4426\nCall Trace:\n userspace_dtr+0x2a/0x90 [dm_log_userspace]',
} as const;

it('a known finding is allowed on the kernels that have it, from the place where it was seen', () => {
  assert.match(allowedBecause(seen, knownFindings(OLD)) ?? '', /^known defect of workqueues before 5\.15/);
  assert.equal(allowedBecause(seen, knownFindings('6.1.0-56-cloud-amd64')), undefined);
  assert.equal(
    allowedBecause({ ...seen, text: 'Call Trace:\n other_dtr+0x2a' }, knownFindings(OLD)),
    undefined,
  );
  assert.equal(allowedBecause({ ...seen, title: 'WARNING in flush_work' }, knownFindings(OLD)), undefined);
  assert.equal(allowedBecause({ ...seen, kind: 'oops' }, knownFindings(OLD)), undefined);
});
