import assert from 'node:assert/strict';
import { it } from 'node:test';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import type { Nexus, ScsiTarget, ScsiTask, TaskAnswer } from '../scsi/task.js';
import { IscsiTarget, type ListenAddress } from './target.js';
import { Attacker, Dice } from './testing/attacker.js';
import { TestInitiator } from './testing/initiator.js';
import { MemoryDevice } from './testing/memory-device.js';
import { INITIATOR, TARGET, USUAL } from './testing/setting.js';
import type { Pair } from './text.js';

/** `ULOGCHECK_HOSTILE_PDUS=1000000` for the long run. */
const PDUS = Number(process.env['ULOGCHECK_HOSTILE_PDUS'] ?? 20_000);
const SEED = Number(process.env['ULOGCHECK_HOSTILE_SEED'] ?? 20_261_120);
const HOSTILE: readonly Pair[] = [
  ['InitiatorName', 'iqn.2026-11.invalid.ulogcheck:hostile'],
  ['TargetName', TARGET],
];
/** What the heap may grow by from the first tenth of the run to its end. */
const GROWTH = 8 * 1024 * 1024;
const COLLECT = ((): (() => void) => {
  setFlagsFromString('--expose-gc');
  return runInNewContext('gc') as () => void;
})();

/** The well-behaved initiator has a disk of its own; all others share one that they may ruin. */
class TwoDisks implements ScsiTarget {
  readonly good = new MemoryDevice(4096, 1);
  readonly bad = new MemoryDevice(4096, 2);

  constructor() {
    this.good.remembers = false;
    this.bad.remembers = false;
  }

  execute(task: ScsiTask): Promise<TaskAnswer> {
    return (task.nexus.initiator === INITIATOR ? this.good : this.bad).execute(task);
  }

  nexusBegan(): boolean {
    return true;
  }

  nexusEnded(nexus: Nexus): void {
    assert.notEqual(nexus.login, 0);
  }

  resetUnit(): boolean {
    return true;
  }

  resetTarget(): void {
    this.bad.events.push('reset');
  }

  hasUnit(lun: number | undefined): boolean {
    return lun === 0;
  }
}

/**
 * Writes and reads blocks until it is told to stop, and gives how many times. Bytes that a target takes for a PDU may be
 * a TARGET COLD RESET by chance, which rightly ends all connections: only then it may log in again.
 */
async function behave(address: ListenAddress, resets: () => number, stop: () => boolean): Promise<number> {
  let rounds = 0;
  while (!stop()) {
    await using initiator = await TestInitiator.login(address, USUAL);
    const before = resets();
    try {
      while (!stop()) await round(initiator, rounds++);
    } catch (error) {
      if (!initiator.isClosed || resets() === before) throw error;
    }
  }
  return rounds;
}

async function round(initiator: TestInitiator, number: number): Promise<void> {
  const data = Buffer.alloc(4096, number & 0xff);
  data.writeUInt32BE(number, 100);
  const cdb = Buffer.from('2a000000000000000800', 'hex');
  cdb.writeUInt32BE((number * 8) % 4000, 2);
  assert.equal((await initiator.command({ cdb, write: data })).response.status, 0);
  cdb[0] = 0x28;
  const read = await initiator.command({ cdb, read: 4096 });
  assert.equal(read.response.status, 0);
  assert.ok(read.dataIn.equals(data), `round ${number}`);
}

function heap(): number {
  // The memory of buffers is given back behind the first one's back.
  COLLECT();
  COLLECT();
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}

it(
  `${PDUS} mutated PDUs harm neither the target nor another session`,
  { timeout: 3_600_000 },
  async (test) => {
    const device = new TwoDisks();
    await using target = await IscsiTarget.listen({ name: TARGET, device });
    let over = false;
    const resets = (): number => device.bad.events.length;
    const goodRounds = behave(target.address, resets, () => over);
    goodRounds.catch(() => undefined);
    const dice = new Dice(SEED);
    const attackers = [0, 1, 2].map(
      () => new Attacker(target.address, new Dice(dice.below(2 ** 32)), HOSTILE),
    );
    const sent = (): number => attackers.reduce((sum, attacker) => sum + attacker.sent, 0);
    const until = async (pdus: number): Promise<void> => {
      await Promise.all(
        attackers.map(async (attacker) => {
          while (sent() < pdus) await attacker.attack(1 + dice.below(400));
        }),
      );
    };

    const started = performance.now();
    await until(PDUS / 10);
    const before = heap();
    await until(PDUS);
    const seconds = (performance.now() - started) / 1000;
    // Its own session is the only one left.
    while (target.sessions().length > 1) await new Promise(setImmediate);
    over = true;
    const rounds = await goodRounds;
    while (target.sessions().length > 0) await new Promise(setImmediate);
    const after = heap();

    assert.equal(device.bad.hanging, 0, 'no task is left over');
    assert.ok(rounds > 0);
    assert.ok(after - before < GROWTH, `the heap grew by ${after - before} bytes`);
    const connections = attackers.reduce((sum, attacker) => sum + attacker.connections, 0);
    const memory = `${((after - before) / 1e6).toFixed(1)} MB more heap, ${(process.memoryUsage.rss() / 1e6).toFixed(0)} MB resident`;
    test.diagnostic(
      `${sent()} PDUs, ${connections} connections, ${rounds} good rounds, ${seconds.toFixed(1)} s, ${memory}`,
    );
  },
);
