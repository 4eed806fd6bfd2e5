import { release } from 'node:os';
import { join } from 'node:path';
import { reproduce } from '../../reports/again.js';
import { NO_DAEMON } from '../history/index.js';
import type { AskedOptions } from '../plan/asked.js';
import { driveName, type RealDrive } from '../plan/real-drive.js';
import { plannedTest, type PlannedKernel, type PlannedRun } from '../plan/run-plan.js';
import type { Selection, SelectionSource } from '../plan/select.js';
import { projectRoot } from '../setup/root.mjs';
import { againOf } from './again.js';
import { describeCatalogue, suiteVersion } from './describe-run.js';
import { locateIn } from './locate-test.js';
import { suiteDigest, type RunRequest } from './run-request.js';

/** What userland and nodes are called where there are none. */
const HOST = 'host';

/** What of the options of `run` a run on drives takes. */
export interface DriveRunOptions {
  readonly grep: readonly string[];
  readonly tier: AskedOptions['tier'];
  readonly strict: boolean;
  readonly seed: number;
  /** Absolute. */
  readonly out: string;
  readonly html: boolean;
  readonly started: Date;
}

/** The part of the suite that is about drives. */
export function suiteOfDrives({ catalogue, tests }: SelectionSource): SelectionSource {
  const requirements = catalogue.requirements.filter(({ subject }) => subject === 'drive');
  const families = new Set(requirements.map(({ family }) => family));
  return {
    catalogue: {
      ...catalogue,
      requirements,
      byId: new Map(requirements.map((requirement) => [requirement.id, requirement])),
      families: catalogue.families.filter(({ name }) => families.has(name)),
    },
    tests: tests.filter(({ underTest }) => underTest === 'drive'),
  };
}

/**
 * This machine's kernel, once for each drive: by the release alone where there is one drive, and with the serial number
 * where there are several, so that reports tell them apart.
 */
export function hostKernels(drives: readonly RealDrive[]): PlannedKernel[] {
  const own = release();
  const taken = new Set<string>();
  return drives.map(({ serial }) => {
    const base = drives.length === 1 ? own : `${own}_${serial || 'drive'}`;
    const clean = base.replaceAll(/[^A-Za-z0-9.+~_-]/g, '-').replace(/^[^A-Za-z0-9]+/, '') || HOST;
    let label = clean;
    for (let count = 2; taken.has(label); count += 1) label = `${clean}_${count}`;
    taken.add(label);
    return {
      ...{ spec: HOST, label, release: own, version: /^\d+(\.\d+)+(-rc\d+)?/.exec(own)?.[0] ?? own },
      ...{ packageVersion: null, suite: null, flavour: '', source: 'host', origin: null },
      ...{ state: 'ready', reason: '', preparedMs: 0, identity: [], environment: null },
    } as const;
  });
}

/** A run on drives of this machine, before anything of it is done: one test at a time, for all share the drives. */
export function driveRequest(
  drives: readonly RealDrive[],
  suite: SelectionSource,
  selection: Selection,
  { grep, tier, strict, seed, out, html, started }: DriveRunOptions,
): RunRequest {
  const asked: AskedOptions = {
    ...{ kernels: [HOST], daemon: NO_DAEMON, userland: HOST, tier, grep: [...grep], strict },
    drives: drives.map(({ path }) => path),
  };
  const again = againOf(tier, suite);
  const locate = locateIn(projectRoot);
  const kernels = hostKernels(drives);
  const several = drives.length > 1;
  const runs = kernels.map(({ label }, index): PlannedRun => ({
    project: several ? label : 'run',
    kernel: label,
    daemon: NO_DAEMON,
    mutant: null,
    // The one under test first; the others are there for tests that need several.
    realDrives: [...drives.slice(index), ...drives.slice(0, index)],
    directory: several ? join(out, label) : out,
    workers: 1,
    tests: selection.tests.map((test) => ({
      ...plannedTest(test),
      ...(html && {
        line: locate(test.file, test.title)?.line ?? 1,
        again: reproduce(test.title, label, { options: asked, seed }, again),
      }),
    })),
  }));
  return {
    suite,
    selection,
    profile: { name: NO_DAEMON },
    plan: {
      schemaVersion: 2,
      ...{ out, seed, workers: 1, userland: HOST, tier, kernels, runs },
      asked: {
        suite: suiteVersion(),
        suiteDigest: suiteDigest(),
        catalogue: describeCatalogue(suite.catalogue),
        started: started.toISOString(),
        argv: process.argv.slice(2),
        options: asked,
      },
      ...(html && { page: { title: `ulogcheck: ${drives.map(driveName).join(', ')}` } }),
    },
  };
}
