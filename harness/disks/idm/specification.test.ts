/** The firmware model against the specification model, which was written apart from it: random commands, hosts, leases. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { DriveReplay } from '../../oracle/locks/drive-replay.js';
import { mutexReadCdb } from './cdb.js';
import { MutexCommands } from './commands.js';
import { FIRMWARE_2020, FIRMWARE_2023, type Firmware } from './firmware.js';
import { TestDrive, type OpName } from './testing/drive.js';
import { profileOf, traceEvent } from './testing/trace-events.js';

/** The model of fast-check is the replay, which judges each command as it comes. */
type Step = fc.Command<DriveReplay, TestDrive>;

/** Does something with the drive, and lets the specification judge what the trace tells. */
class Act implements Step {
  constructor(
    private readonly words: string,
    private readonly act: (drive: TestDrive) => void,
  ) {}

  check(): boolean {
    return true;
  }

  run(model: DriveReplay, drive: TestDrive): void {
    const from = drive.trace.length;
    this.act(drive);
    for (const [index, traced] of drive.trace.slice(from).entries()) {
      const event = traceEvent(traced, from + index);
      if (event.kind === 'disk-command') model.command(event);
      else if (event.kind === 'disk-power-cut') model.model.clear('IDM-22');
      else model.disturb(event);
    }
    assert.deepEqual(model.found, []);
  }

  toString(): string {
    return this.words;
  }
}

const OPS: readonly OpName[] = ['init', 'trylock', 'lock', 'unlock', 'refresh', 'break', 'destroy'];

const wishes = fc.record({
  resource: fc.constantFrom('p', 'q', 'r'),
  host: fc.constantFrom('A', 'B', 'C', 'D'),
  mode: fc.constantFrom<('ex' | 'sh' | 'pw')[]>('ex', 'ex', 'sh', 'sh', 'sh', 'pw'),
  lease: fc.constantFrom(0n, 10n, 10n, 1_000n, 60_000n, 0xffff_ffff_ffff_ffffn),
  time: fc.bigInt({ min: 0n, max: 99n }),
  lvb: fc.uint8Array({ minLength: 7, maxLength: 7 }).map((array) => Buffer.from(array)),
  metadata: fc.integer({ min: 0, max: 255 }).map((byte) => Buffer.alloc(64, byte)),
  group: fc.constantFrom(1, 1, 1, 2),
});

const operations = fc
  .tuple(
    fc.constantFrom(...OPS, 'trylock' as const, 'unlock' as const),
    wishes,
    fc.option(fc.constantFrom(0, 1, 2, 3)),
  )
  .map(([op, wish, control]) => {
    const asked = control === null ? wish : { ...wish, control };
    const words = `${asked.host} ${op} ${asked.mode} ${asked.resource} ${asked.lease}`;
    return new Act(words, (drive) => drive.op(op, asked, `iqn.${asked.host}`));
  });

const others = fc.oneof(
  fc.constantFrom(1, 5, 10, 11, 1_001, 60_001).map((ms) => new Act(`wait ${ms}`, (drive) => drive.wait(ms))),
  fc.constantFrom(1, 2).map((group) => new Act(`list ${group}`, (drive) => drive.entries(group))),
  fc.constantFrom(0, 1, 2).map((n) => new Act(`list of ${n}`, (drive) => drive.blocksRead(n))),
  fc.constant(new Act('version', (drive) => drive.version())),
  fc.constant(new Act('a command without data', (drive) => drive.dataless())),
  fc.constant(new Act('count', (drive) => drive.read(mutexReadCdb(1, 0xff), 512))),
);
const rare = fc.oneof(
  fc.constant(new Act('wipe', (drive) => drive.wipe())),
  fc.constant(new Act('relogin', (drive) => drive.relogin())),
  fc
    .constantFrom('power-cut' as const, 'unit-reset' as const)
    .map((event) => new Act(event, (drive) => drive.happens(event))),
);
const steps = fc.oneof(
  { weight: 12, arbitrary: operations },
  { weight: 6, arbitrary: others },
  { weight: 1, arbitrary: rare },
);

const FIRMWARES: Readonly<Record<string, Firmware>> = {
  'of 2023': FIRMWARE_2023,
  // Descriptor sense, the aliases and groups ignored on read are judged in other tests.
  'of 2020': { ...FIRMWARE_2020, readIgnoresGroup: false },
  'with little room': { ...FIRMWARE_2023, limits: { entries: 4, hosts: 3, hostsOfMutex: 2 } },
  'with little room, told by the newer sense': {
    ...FIRMWARE_2023,
    ...{ limits: { entries: 4, hosts: 3, hostsOfMutex: 2 }, majorVersion: 8, newerSense: true },
  },
  'with the remaining switches': {
    ...FIRMWARE_2023,
    keepLastShared: true,
    refusedBreakEvictsExpired: true,
    lockContention: 'busy',
  },
};

void describe('firmware against specification', () => {
  for (const [name, firmware] of Object.entries(FIRMWARES))
    void it(`they agree on random commands, firmware ${name}`, () => {
      fc.assert(
        fc.property(fc.commands([steps], { maxCommands: 60, size: 'max' }), (commands) => {
          const setup = () => ({
            model: new DriveReplay('D1', profileOf(firmware)),
            real: new TestDrive(new MutexCommands(firmware)),
          });
          fc.modelRun(setup, commands);
        }),
        { numRuns: 500 },
      );
    });
});
