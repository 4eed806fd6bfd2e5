/** What `ulogcheck bench` measures of a process that serves drives, without a VM: commands a second, and memory. */
import { ownedTempDir } from '../../setup/owned.mjs';
import { becomeReady, loadFor, mutexMix, transfer } from './commands.js';
import { LoadInitiator } from './initiator.js';
import { ServedDisks } from './served.js';

/** Mutex commands of one client. */
export interface MutexRate {
  /** Commands under way at a time. */
  readonly depth: number;
  readonly perSecond: readonly number[];
  /** Processor time of the serving process for a command, microseconds. */
  readonly cpuMicros: readonly number[];
}

/** Resident memory of a process with 16 units and 16 sessions, bytes. */
export interface ServedMemory {
  readonly luns: number;
  readonly sessions: number;
  /** Ready, and nobody there. */
  readonly started: number;
  readonly loggedIn: number;
  /** After small reads and writes, mutex commands and writes of 1 MiB by all sessions at once; the most so far. */
  readonly worked: number;
  /** After writes of 8 MiB, several at a time from each session, as well; the most ever. */
  readonly pressed: number;
}

const INITIATOR = 'iqn.2026-11.invalid.ulogcheck:load';
const SAMPLE_MS = 1000;
const MIB = 1024 * 1024;
const UNIT_BYTES = 64 * MIB;
const COUNT = 16;

/** Trylock, refresh, list and unlock by turns on the firmware model, over loopback; `rounds` samples of a second each. */
export async function mutexRates(rounds: number): Promise<MutexRate[]> {
  await using served = await ServedDisks.start(1, ['--idm']);
  await using client = await LoadInitiator.login(served.port, served.name, INITIATOR);
  await becomeReady(client, 0);
  // One for all: what a sample leaves locked, the next one unlocks.
  const next = mutexMix(0);
  await loadFor(client, 8, SAMPLE_MS, next);
  const rates = [1, 8].map((depth) => ({ depth, perSecond: [] as number[], cpuMicros: [] as number[] }));
  for (let round = 0; round < rounds; round++) {
    for (const { depth, perSecond, cpuMicros } of rates) {
      const [began, cpuBefore] = [performance.now(), await served.cpuMs()];
      const count = await loadFor(client, depth, SAMPLE_MS, next);
      const [ended, cpuAfter] = [performance.now(), await served.cpuMs()];
      perSecond.push((count * 1000) / (ended - began));
      cpuMicros.push(((cpuAfter - cpuBefore) * 1000) / count);
    }
  }
  return rates;
}

/**
 * What 16 drives with mutexes, in files, and 16 sessions take. Data in memory would be the caller's wish, and as much as he
 * wishes; so it lies in files.
 */
export async function servedMemory(): Promise<ServedMemory> {
  await using directory = await ownedTempDir('ulogcheck-bench-');
  const files = ['--idm', '--size', String(UNIT_BYTES), '--file', directory.path];
  await using served = await ServedDisks.start(COUNT, files);
  const started = (await served.memory()).now;
  const clients: LoadInitiator[] = [];
  try {
    for (let n = 0; n < COUNT; n++) {
      const client = await LoadInitiator.login(served.port, served.name, `${INITIATOR}-${n}`);
      clients.push(client);
      for (let lun = 0; lun < COUNT; lun++) await becomeReady(client, lun);
    }
    const loggedIn = (await served.memory()).now;
    const small = Buffer.alloc(4096, 'small');
    const large = Buffer.alloc(MIB, 'large');
    const largest = Buffer.alloc(8 * MIB, 'largest');
    /** Each session on a unit of its own; blocks after blocks of it. */
    const all = async (depth: number, data: Buffer | number): Promise<void> => {
      const bytes = typeof data === 'number' ? data : data.length;
      const load = clients.map((client, lun) => {
        let place = 0;
        const next = () => transfer(lun, ((place++ * bytes) % UNIT_BYTES) / 512, data);
        return loadFor(client, depth, SAMPLE_MS, next);
      });
      await Promise.all(load);
    };
    await all(8, small);
    await all(8, 4096);
    await Promise.all(clients.map((client, lun) => loadFor(client, 8, SAMPLE_MS, mutexMix(lun))));
    await all(4, large);
    await all(4, MIB);
    const worked = (await served.memory()).most;
    await all(4, largest);
    const pressed = (await served.memory()).most;
    return { luns: COUNT, sessions: COUNT, started, loggedIn, worked, pressed };
  } finally {
    for (const client of clients) await client[Symbol.asyncDispose]();
  }
}
