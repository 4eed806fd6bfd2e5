/** Changes of LVM's that a failure hits: one scenario for each failure at each step (docs/faults.md). */
import type { Check } from '../../plan/definition.js';
import { powerCuts } from '../../history/power-cuts.js';
import { traps } from '../../history/traps.js';
import type { History } from '../../history/index.js';
import type { RequestName } from '../../ulog/index.js';
import type { TestLab, UnderWay } from '../test-lab.js';
import type { Trap } from '../trap.js';
import { expectAfterCut, expectAfterFreeze, expectAfterKill, expectChanged } from './failure-expectations.js';
import type { LogicalVolume } from './logical-volume.js';
import type { LvmScenario, LvmVariant } from './scenario.js';
import type { VolumeGroup } from './volume-group.js';

/** What happens at a step: the daemon gets SIGKILL, or SIGSTOP until after the kernel's resend; or the node dies. */
export const FAILURES = ['killed', 'frozen', 'power cut'] as const;
export type Failure = (typeof FAILURES)[number];

/** A moment within a change: the entry of the n-th request of a type. */
export interface FailureStep {
  readonly request: number;
  readonly of: RequestName;
  /** Counted from the first CTR of the change on; for types that the load alone causes at any time. */
  readonly afterCtr?: true;
  /** The broken daemons that the test must catch. */
  readonly mutants: Readonly<Record<Failure, readonly string[]>>;
}

/** A change of a volume, made to be hit by failures. Its volume is small: each step costs three tests. */
export interface FailingChange {
  /** The LVM command, e.g. `lvextend`. */
  readonly command: string;
  readonly variant: LvmVariant;
  readonly steps: readonly FailureStep[];
  /** Whether the volume is a mirror after the change. */
  readonly mirrored: boolean;
  /** All volumes afterwards, a line for each segment: name, attributes and size in KiB, as lvs(8) prints them. */
  readonly volumes: readonly string[];
  /** Makes the volume and fills it with test data. */
  prepare(group: VolumeGroup): Promise<LogicalVolume>;
  /** The volume, where another node finds it. */
  found(group: VolumeGroup): LogicalVolume;
  /** Makes the change; false when LVM says that it failed. */
  run(group: VolumeGroup, lv: LogicalVolume): Promise<boolean>;
  /** After a run that failed, or was cut short: the change is made in any case. Throws GuestCommandError. */
  complete(group: VolumeGroup, lv: LogicalVolume): Promise<void>;
  /** What was copied, by logs of all nodes; besides what holds for each change and failure. */
  expect(history: History, check: Check): void;
}

const IDS: Readonly<Record<Failure, string>> = { killed: 'LVM-22', frozen: 'LVM-23', 'power cut': 'LVM-24' };

const SAID: Readonly<Record<Failure, string>> = {
  killed: 'the daemon killed',
  frozen: 'the daemon frozen for more than 15 s',
  'power cut': 'the power cut',
};

/** For a step to be reached, and for the 15 s after which the kernel sends again (spec 2.5). */
const STEP_DEADLINE_MS = 60_000;

/** All scenarios of a change. */
export function failureScenarios(change: FailingChange): LvmScenario[] {
  return change.steps.flatMap((step) => FAILURES.map((failure) => scenario(change, step, failure)));
}

function scenario(change: FailingChange, step: FailureStep, failure: Failure): LvmScenario {
  const at = `${step.of} ${step.request}${step.afterCtr ? ' after CTR' : ''}`;
  return {
    title: `${change.command} with ${SAID[failure]} at ${at}: the change ends, and no write is lost`,
    ids: [IDS[failure]],
    mutants: { [change.variant]: step.mutants[failure] },
    // It waits for the kernel's resend most of the time.
    ...(failure !== 'power cut' && { startsFirst: true }),
    // A daemon that is started again refuses requests about logs of which it has not heard yet; one that answers what
    // was sent twice refuses the second DTR.
    requestsMayFail: failure !== 'power cut',
    drive: (lab, group) =>
      failure === 'power cut'
        ? outliveNode(lab, group, change, step)
        : outlive(lab, group, change, step, failure),
    situation: (history) => {
      const story = traps(history).at(-1);
      if (story?.sprung === undefined || story.by === undefined) return [];
      const cuts = powerCuts(history);
      return failure === 'power cut' && cuts.length === 0
        ? []
        : [story.sprung, ...story.by.events(), ...cuts];
    },
    expect: (history, check) => {
      expectChanged(history, check, change);
      change.expect(history, check);
      switch (failure) {
        case 'killed':
          expectAfterKill(history, check);
          break;
        case 'frozen':
          expectAfterFreeze(history, check);
          break;
        case 'power cut':
          expectAfterCut(history, check);
          break;
        default:
          failure satisfies never;
      }
    },
  };
}

/** A change that goes on: its daemon is killed and started again, or frozen until the kernel has sent again. */
async function outlive(
  lab: TestLab,
  group: VolumeGroup,
  change: FailingChange,
  step: FailureStep,
  failure: 'killed' | 'frozen',
): Promise<void> {
  const lv = await change.prepare(group);
  const load = await lv.data.startLoad({ requestsMayFail: true });
  const outcome = { changed: false };
  const run = (): UnderWay => lab.start(async () => (outcome.changed = await change.run(group, lv)));
  const { trap, underWay } = await hit(lab, step, failure === 'killed' ? 'kill' : 'freeze', run);
  if (failure === 'killed') {
    await lab.subject.start();
  } else {
    await trap.sentAgain(STEP_DEADLINE_MS);
    await lab.subject.thaw();
  }
  await underWay.finished();
  if (!outcome.changed) await change.complete(group, lv);
  await load.writes(3);
  if (change.mirrored) await lv.waitInSync();
  await load.stop();
  await lv.data.verify();
  await look(group, lv, change);
}

/** A change whose node dies, with the daemon frozen so that nothing happens between the request and the cut. */
async function outliveNode(
  lab: TestLab,
  group: VolumeGroup,
  change: FailingChange,
  step: FailureStep,
): Promise<void> {
  const before = await change.prepare(group);
  const load = await before.data.startLoad();
  await hit(lab, step, 'freeze', () => lab.start(async () => await change.run(group, before)));
  // Where the log has no part in them, writes go on until the cut.
  const writes = await load.soFar();
  const survivor = (await lab.powerCut()).foundVolumeGroup(group.options);
  await survivor.check();
  await survivor.activate();
  const lv = change.found(survivor);
  await change.complete(survivor, lv);
  if (change.mirrored) await lv.waitInSync();
  await lv.data.verifyAfterCut(writes);
  await look(survivor, lv, change);
}

/** Begins the change and waits until the step is reached, and the daemon is dead or stands still. */
async function hit(
  lab: TestLab,
  { request, of, afterCtr }: FailureStep,
  does: 'kill' | 'freeze',
  begin: () => UnderWay,
): Promise<{ readonly trap: Trap; readonly underWay: UnderWay }> {
  // The daemon stands still at the CTR until the trap is set, from which requests count.
  const gate = afterCtr ? await lab.trap({ request: 1, of: 'CTR', does: 'freeze' }) : undefined;
  const set = async (): Promise<Trap> => await lab.trap({ request, of, does });
  const early = gate === undefined ? await set() : undefined;
  const underWay = begin();
  await gate?.sprung(STEP_DEADLINE_MS);
  const trap = early ?? (await set());
  if (gate !== undefined) await lab.subject.thaw();
  await trap.sprung(STEP_DEADLINE_MS);
  return { trap, underWay };
}

/** Looks at what came of it, and removes the volume. */
async function look(group: VolumeGroup, lv: LogicalVolume, { mirrored }: FailingChange): Promise<void> {
  if (mirrored) await lv.compareLegs();
  await group.check();
  await group.list();
  await lv.remove();
}
