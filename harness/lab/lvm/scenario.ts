/** Scenarios with LVM: one story, run once for each kind of log and flush. */
import type { Exchange, History, HistoryEvent } from '../../history/index.js';
import { dataLooks, tableRewrites } from '../../history/lvm.js';
import { legComparisons } from '../../history/life-queries.js';
import { powerCutOf } from '../../history/power-cuts.js';
import { requestsFailed } from '../../history/queries.js';
import { DRIVE_STOPPED } from '../../results/judgement.js';
import type { Check, ConformanceTest, Tier } from '../../plan/definition.js';
import type { TestLab } from '../test-lab.js';
import type { VolumeGroup, VolumeGroupOptions } from './volume-group.js';

/** Where the log is kept and how marks reach it. */
export type LvmVariant = 'core-legacy' | 'core-integrated' | 'disk-legacy' | 'disk-integrated';

/** What a variant is about. */
type LogAndFlush = Pick<VolumeGroupOptions, 'log' | 'flush'>;

const VARIANTS: Readonly<Record<LvmVariant, LogAndFlush>> = {
  'core-legacy': { log: 'core', flush: 'legacy' },
  'core-integrated': { log: 'core', flush: 'integrated' },
  'disk-legacy': { log: 'disk', flush: 'legacy' },
  'disk-integrated': { log: 'disk', flush: 'integrated' },
};

/** LVM's steps of one story with mirrors; see {@link ConformanceTest} for the fields of the same names. */
export interface LvmScenario extends Pick<ConformanceTest<TestLab>, 'ids' | 'disks' | 'startsFirst'> {
  /** What LVM does and what must come of it; the variant is added. */
  readonly title: string;
  /** The variants that exist, each with the broken daemons that it must catch. */
  readonly mutants: Readonly<Partial<Record<LvmVariant, readonly string[]>>>;
  /** The variant of the quick tier; none: all are of the full tier only. */
  readonly quick?: LvmVariant;
  /** Default false: no request to a log may fail. */
  readonly requestsMayFail?: boolean;
  /** Disks of the group are to be broken; see {@link VolumeGroup.break}. */
  readonly breakable?: boolean;
  drive(lab: TestLab, group: VolumeGroup): Promise<void>;
  /** Besides what holds for all: that the daemon served the mirrors, and that data was looked at. */
  situation(history: History, variant: LogAndFlush): readonly HistoryEvent[];
  /** Besides what holds for all: data intact, legs alike, no mirror past the daemon, no command failed, no log left. */
  expect?(history: History, check: Check, variant: LogAndFlush): void;
}

/** The tests that a scenario comes down to. */
export function testsOf(scenario: LvmScenario): Omit<ConformanceTest<TestLab>, 'file'>[] {
  return Object.entries(scenario.mutants).map(([name, mutants]) => {
    const variant = VARIANTS[name as LvmVariant];
    const tier: Tier = scenario.quick === name ? 'quick' : 'full';
    const needs = {
      logs: variant.log,
      ...(variant.flush === 'integrated'
        ? { integratedFlush: true as const, tableRewriter: true as const }
        : {}),
    };
    return {
      title: `${scenario.title} (${variant.log} log, ${variant.flush} flush)`,
      ids: scenario.ids,
      tier,
      underTest: 'daemon',
      daemon: 'running',
      disks: scenario.disks ?? 4,
      needs,
      mutants,
      ...(scenario.startsFirst && { startsFirst: scenario.startsFirst }),
      drive: async (lab) => {
        const { breakable = false } = scenario;
        await scenario.drive(lab, await lab.volumeGroup({ ...variant, breakable }));
      },
      situation: (history) => {
        const served = servedByTheDaemon(history);
        const looks = dataLooks(history).map(({ event }) => event);
        const own = scenario.situation(history, variant);
        return served.length > 0 && looks.length > 0 && own.length > 0 ? [...served, ...looks, ...own] : [];
      },
      expect: (history, check) => {
        expectAlways(history, check, scenario);
        scenario.expect?.(history, check, variant);
      },
    };
  });
}

/**
 * What shows that the mirrors of a test had their logs in the daemon: every line of a mirror that LVM loaded was
 * rewritten, and the kernel constructed a log of each UUID that was written into one. Where LVM asks for such logs
 * itself: that it did, by the UUIDs that it gives them. Empty when that is not so.
 */
export function servedByTheDaemon(history: History): HistoryEvent[] {
  if (history.header.lvm === 'clustered') {
    return history
      .exchanges('CTR')
      .filter(({ uuid, result }) => uuid.startsWith('LVM-') && result === 0)
      .flatMap((ctr) => ctr.events());
  }
  const loads = tableRewrites(history).filter(({ rewrite }) => rewrite.action === 'load');
  const constructed = new Map<string, Exchange>();
  for (const ctr of history.exchanges('CTR')) if (ctr.result === 0) constructed.set(ctr.uuid, ctr);
  const events = loads.map(({ rewrite, event }) => {
    const ctr = constructed.get(rewrite.to?.split(' ')[2] ?? '');
    return ctr === undefined ? [] : [event, ...ctr.events()];
  });
  if (events.some((shown) => shown.length === 0)) return [];
  // What the rewriter noted of a command went with the power of its node; the logs that were constructed then did not.
  const cut = new Set(
    history.commands().flatMap(({ outcome, node }) => (outcome === 'power-cut' ? node : [])),
  );
  const unnoted = history
    .exchanges('CTR')
    .filter(({ node, uuid }) => cut.has(node) && uuid.startsWith('LVM-'));
  return [...events.flat(), ...unnoted.flatMap((ctr) => ctr.events())];
}

/** What must hold in every scenario, whatever LVM does in it. */
function expectAlways(history: History, check: Check, { requestsMayFail = false }: LvmScenario): void {
  const failed = requestsMayFail ? [] : requestsFailed(history.exchanges());
  for (const exchange of failed) {
    check(false, {
      expected: 'no request to a log fails',
      seen: `${String(exchange.name)}: ${String(exchange.result)}`,
      events: exchange.events(),
    });
  }
  for (const { rewrite, event } of tableRewrites(history)) {
    check(rewrite.action !== 'alone', {
      expected: 'every mirror with its log in the daemon',
      seen: `${rewrite.program}: ${rewrite.device}: "${rewrite.from}" was left alone: ${rewrite.reason ?? ''}`,
      events: [event],
    });
  }
  for (const { lv, md5, wrong, event } of dataLooks(history)) {
    check(md5.expected === md5.seen, {
      expected: `${lv} holds what was written to it (MD5 ${md5.expected})`,
      seen: `MD5 ${md5.seen}: ${wrong.join(', ')}`,
      events: [event],
    });
  }
  for (const { event, equal } of legComparisons(history)) {
    check(equal, { expected: 'the same bytes on all legs', seen: 'they differ', events: [event] });
  }
  // One that stopped half-way leaves its volumes behind.
  if (history.observations(DRIVE_STOPPED).length > 0) return;
  for (const { uuid, luid, node, death, exchanges, stillborn } of history.instances()) {
    // Those of a node without power end with it; one whose construction fails after CTR gets no DTR (spec 4).
    const abandoned = exchanges.some(({ name, result = 0 }) => name === 'GET_REGION_SIZE' && result < 0);
    check(stillborn || abandoned || powerCutOf(history, node) !== undefined || death !== undefined, {
      expected: `DTR of every log`,
      seen: `none of the one with luid 0x${luid.toString(16)} (${uuid})`,
      events: exchanges[0]?.events() ?? [],
    });
  }
}
