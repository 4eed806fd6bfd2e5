/** Every mutant of the drive is caught by the replay of its own trace, for the right reason; the drive itself is not. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { judgeLocks, PRESCRIBED, replayDrives } from '../../../oracle/locks/index.js';
import { MutexCommands } from '../commands.js';
import { FIRMWARE_2023 } from '../firmware.js';
import { SCENARIOS } from '../testing/conformance-scenarios.js';
import type { Scenario } from '../testing/scenario.js';
import { TestDrive } from '../testing/drive.js';
import { actSteps, runSteps } from '../testing/steps.js';
import { traceEvents } from '../testing/trace-events.js';
import { runWorkload, type PlannedCall } from '../testing/workload.js';
import { DRIVE_MUTANTS, type DriveMutant } from './mutants.js';

/** Limits of a scenario; the number of hosts is one of the other two's business. */
const limitsOf = ({ room }: Scenario) =>
  room === undefined ? FIRMWARE_2023.limits : { entries: room, hosts: room, hostsOfMutex: room };

/** What the first deviation of each scenario breaks, by title. */
function reasons(create: DriveMutant['create']): Map<string, string> {
  const found = new Map<string, string>();
  for (const scenario of SCENARIOS) {
    const limits = limitsOf(scenario);
    const drive = new TestDrive(create({ ...FIRMWARE_2023, limits }));
    actSteps(drive, scenario.steps);
    const [first] = replayDrives(traceEvents(drive.trace), { ...PRESCRIBED, limits }).deviations;
    if (first !== undefined) found.set(scenario.title, `${first.rule}: ${first.expected}, ${first.seen}`);
  }
  return found;
}

/** Of several drives; what one drive shows of it has a rule of its own. */
const OF_MAJORITIES = 'IDM-117';

/** Two hosts want the majority of three drives; one of them goes on trying, and breaks locks when half a lease is over. */
const MAJORITIES: readonly PlannedCall[] = (
  [
    ...([
      ['A', 'trylock', 1],
      ['B', 'trylock', 1],
      ['B', 'trylock', 1],
    ] as const),
    ...([
      ['B', 'trylock', 1],
      ['B', 'break', 6_000],
    ] as const),
  ] as const
).map(([host, op, pause]) => ({
  ...{ host, op, pause, resource: 'r', mode: 'ex', lease: 10_000n, way: 0, back: 0, lost: false },
}));

/** What that breaks where so many of the three drives are broken. */
function brokenMajorities(create: DriveMutant['create'], bad: number): readonly string[] {
  const events = [0, 1, 2].flatMap((index) => {
    const drive = new TestDrive((index < bad ? create : PLAIN)(FIRMWARE_2023));
    const { calls } = runWorkload(drive, MAJORITIES, `D${index}`);
    return calls.map((event) => ({ ...event, call: event.call + 10 * index }));
  });
  const ordered = events.toSorted((a, b) => Number(a.t - b.t)).map((event, n) => ({ ...event, n }));
  return judgeLocks(ordered).deviations.map(({ rule }) => rule);
}

const PLAIN: DriveMutant['create'] = (firmware) => new MutexCommands(firmware);

void describe('mutants of the drive', () => {
  void it('the drive itself passes every scenario, and breaks no rule', () => {
    for (const scenario of SCENARIOS) {
      const limits = limitsOf(scenario);
      runSteps(new TestDrive(new MutexCommands({ ...FIRMWARE_2023, limits })), scenario.steps);
    }
    assert.deepEqual(
      reasons((firmware) => new MutexCommands(firmware)),
      new Map(),
    );
  });

  for (const { name, breaks, alsoBreaks = [], create } of DRIVE_MUTANTS)
    void it(`${name} is caught as ${breaks}`, () => {
      const found = [...reasons(create)].map(([title, reason]) => ({
        title,
        reason,
        rule: reason.slice(0, 6),
      }));
      const majorities = [1, 2, 3].map((bad) => brokenMajorities(create, bad).includes(OF_MAJORITIES));
      if (alsoBreaks !== 'anything') {
        const breaksThem = [breaks, ...alsoBreaks].includes(OF_MAJORITIES);
        assert.deepEqual(majorities, [false, breaksThem, breaksThem], 'two broken drives of three, or none');
      }
      assert.ok(
        breaks === OF_MAJORITIES || found.some(({ rule }) => rule === breaks),
        `seen: ${JSON.stringify(found, undefined, 1)}`,
      );
      if (alsoBreaks === 'anything') return;
      const others = found.filter(({ rule }) => rule !== breaks && !alsoBreaks.includes(rule));
      assert.deepEqual(others, []);
      const unseen = alsoBreaks.filter(
        (id) => id !== OF_MAJORITIES && found.every(({ rule }) => rule !== id),
      );
      assert.deepEqual(unseen, [], 'what it also breaks is seen in some scenario');
    });

  void it('there are at least twenty, each with a name of its own', () => {
    assert.ok(DRIVE_MUTANTS.length >= 20);
    assert.equal(new Set(DRIVE_MUTANTS.map(({ name }) => name)).size, DRIVE_MUTANTS.length);
  });
});
