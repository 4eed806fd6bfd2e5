import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Profile } from '../../daemon-under-test/profiles/profile.js';
import type { RunPlan } from '../plan/run-plan.js';
import type { Selection, SelectionSource } from '../plan/select.js';
import { projectRoot } from '../setup/root.mjs';

/** A run as it was asked for, everything looked up: what it takes to do it, to go on with it, and to report it. */
export interface RunRequest {
  readonly plan: RunPlan & Required<Pick<RunPlan, 'asked'>>;
  readonly suite: SelectionSource;
  readonly selection: Selection;
  readonly profile: Profile;
}

/** What decides what a suite does, below dist/; the rest is about command lines and reports. */
const SUITE = ['conformance', 'daemon-under-test', 'harness', 'vm-images'];

/** Changes whenever the compiled suite does: two parts of one run must come from the same. */
export function suiteDigest(root = join(projectRoot, 'dist')): string {
  const hash = createHash('sha256');
  for (const folder of SUITE) {
    const names = readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' });
    for (const name of names.filter((file) => /(?<!\.test)\.m?js$/.test(file)).sort()) {
      hash.update(`${folder}/${name}\0`).update(readFileSync(join(root, folder, name)));
    }
  }
  return hash.digest('hex');
}
