import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import {
  decodeResyncWork,
  encodeConstructorText,
  encodeRegions,
  encodeRegionSync,
  encodeU64,
  RequestType,
  type RequestName,
} from '../../harness/ulog/index.js';
import { Dispatcher, type Reply } from '../reference/dispatch.js';
import { createLogInstance, InstanceRegistry } from '../reference/instances.js';
import { Resources } from '../reference/resources.js';
import { StateDirectory } from '../reference/state-directory.js';
import { TestKernel } from '../reference/testing/kernel.js';
import { MemoryDisk } from '../reference/testing/memory-device.js';
import type { Mutation } from './mutant-main.js';
import { MUTANTS } from './mutants.js';
import { ownPath } from '../../harness/setup/owned.mjs';

/** The requests that the kernel sends for one plain mirror: create, resync, write, status, remove. */
function plainMirror(): [RequestName, Uint8Array][] {
  const ctr = encodeConstructorText({ text: '32 clustered-core 8 nosync', reconnect: false });
  const region = encodeU64(2n);
  return [
    ['CTR', ctr],
    ['GET_REGION_SIZE', new Uint8Array(0)],
    ['GET_SYNC_COUNT', new Uint8Array(0)],
    ['RESUME', new Uint8Array(0)],
    ['GET_RESYNC_WORK', new Uint8Array(0)],
    ['IS_REMOTE_RECOVERING', region],
    ['IN_SYNC', region],
    ['MARK_REGION', encodeRegions([2n])],
    ['FLUSH', new Uint8Array(0)],
    ['CLEAR_REGION', encodeRegions([2n])],
    ['FLUSH', new Uint8Array(0)],
    ['STATUS_INFO', new Uint8Array(0)],
    ['PRESUSPEND', new Uint8Array(0)],
    ['POSTSUSPEND', new Uint8Array(0)],
    ['DTR', new Uint8Array(0)],
  ];
}

class Kernel {
  readonly registry: InstanceRegistry;
  readonly #dispatcher: Dispatcher;

  constructor(mutation: Mutation, disk = new MemoryDisk(65_536)) {
    const { createInstance = createLogInstance, createRegistry, createDispatcher, createDiskLog } = mutation;
    const resources = new Resources({ createDiskLog, openDevice: () => disk.openDevice() });
    this.registry =
      createRegistry?.(createInstance, resources) ?? new InstanceRegistry(createInstance, resources);
    this.#dispatcher =
      createDispatcher?.(this.registry, () => undefined) ?? new Dispatcher(this.registry, () => undefined);
  }

  ask(name: RequestName, luid: bigint, payload: Uint8Array = new Uint8Array(0)): Reply {
    const requestType = RequestType[name];
    const dataSize = payload.length;
    return this.#dispatcher.handle({
      luid,
      uuid: 'U',
      version: 3,
      error: 0,
      seq: 1,
      requestType,
      dataSize,
      payload,
    });
  }

  ctr(luid: bigint, text: string): void {
    assert.equal(this.ask('CTR', luid, encodeConstructorText({ text, reconnect: false })).error, 0);
  }
}

async function load(name: string): Promise<Mutation> {
  const { mutation } = (await import(`./${name}.js`)) as { mutation: Mutation };
  return mutation;
}

/** Everything that the kernel could see of swaps, a reload that is dropped, a resync and its like. */
function answers(mutation: Mutation): string {
  const kernel = new Kernel(mutation);
  const seen: Reply[] = [];
  const ask = (name: RequestName, luid: bigint, payload?: Uint8Array): void => {
    seen.push(kernel.ask(name, luid, payload));
  };
  ask('GET_SYNC_COUNT', 9n);
  kernel.ctr(1n, '24 clustered-core 8 nosync');
  ask('GET_SYNC_COUNT', 1n);
  ask('RESUME', 1n);
  ask('FLUSH', 1n, encodeRegions([1n]));
  ask('IS_REMOTE_RECOVERING', 1n, encodeU64(1n));
  kernel.ctr(2n, '48 clustered-core 16');
  for (const luid of [1n, 2n]) ask('GET_SYNC_COUNT', luid);
  ask('IN_SYNC', 1n, encodeU64(0n));
  ask('PRESUSPEND', 1n);
  ask('POSTSUSPEND', 1n);
  ask('STATUS_INFO', 1n);
  ask('RESUME', 2n);
  for (let guard = 0; guard < 10; guard++) {
    const reply = kernel.ask('GET_RESYNC_WORK', 2n);
    seen.push(reply);
    if (reply.error !== 0 || decodeResyncWork(reply.payload).haveWork === 0n) break;
    const { region } = decodeResyncWork(reply.payload);
    ask('SET_REGION_SYNC', 2n, encodeRegionSync({ region, inSync: 1n }));
    ask('CLEAR_REGION', 2n, encodeU64(region));
  }
  ask('DTR', 1n);
  ask('GET_SYNC_COUNT', 2n);
  kernel.ctr(3n, '48 clustered-core 16');
  ask('DTR', 3n);
  ask('GET_SYNC_COUNT', 2n);
  ask('STATUS_INFO', 2n);
  return seen.map(({ error, payload }) => `${error}:${Buffer.from(payload).toString('hex')}`).join(' ');
}

/** Everything that the kernel, and who reads the log device, could see of disk logs and of a restart. */
function diskAnswers(variant: Mutation): string {
  const disk = new MemoryDisk(64 * 1024);
  const directory = ownPath(mkdtempSync(join(tmpdir(), 'mutants-')));
  const seen: string[] = [];
  let state: StateDirectory | undefined;
  const start = (): TestKernel => {
    state?.[Symbol.dispose]();
    state = StateDirectory.open(directory, () => undefined, '11111111-2222-3333-4444-555555555555');
    return new TestKernel({ variant, disks: [disk], state });
  };
  let kernel = start();
  const look = (): void => {
    seen.push(disk.bytes.toString('hex', 0, 1040), disk.durable.toString('hex', 0, 1040));
  };
  const ask = (name: RequestName | number, luid: bigint, payload?: Uint8Array): void => {
    const { error, payload: answer } = kernel.ask(name, luid, payload);
    seen.push(`${error}:${Buffer.from(answer).toString('hex')}`);
    look();
  };
  const construct = (luid: bigint, text: string, reconnect = false): void =>
    ask('CTR', luid, encodeConstructorText({ text, reconnect }));
  disk.bytes.fill(0xa5);
  disk.bytes.writeUInt32LE(0x4d69_5272, 0);
  disk.bytes.writeUInt32LE(3, 4);
  disk.bytes.writeBigUInt64LE(24n, 8);
  construct(1n, '192 clustered-disk 7:9 8');
  ask('RESUME', 1n);
  ask('GET_SYNC_COUNT', 1n);
  ask('CLEAR_REGION', 1n, encodeU64(7n));
  for (const region of [0n, 1n, 2n]) {
    ask('SET_REGION_SYNC', 1n, encodeRegionSync({ region, inSync: 1n }));
    ask('CLEAR_REGION', 1n, encodeU64(region));
  }
  ask('FLUSH', 1n);
  ask('MARK_REGION', 1n, encodeU64(1n));
  ask('FLUSH', 1n, encodeU64(2n));
  ask('RESUME', 1n);
  ask('GET_SYNC_COUNT', 1n);
  disk.failing.add('write');
  ask('FLUSH', 1n, encodeU64(0n));
  ask('STATUS_INFO', 1n);
  disk.failing.clear();
  construct(2n, '384 clustered-disk 7:9 8');
  ask('PRESUSPEND', 1n);
  ask('POSTSUSPEND', 1n);
  ask('GET_RESYNC_WORK', 1n);
  ask('RESUME', 2n);
  ask('GET_SYNC_COUNT', 2n);
  ask('CLEAR_REGION', 1n, encodeU64(1n));
  ask('FLUSH', 1n);
  ask('DTR', 1n);
  ask('DTR', 2n);
  construct(3n, '192 clustered-disk 7:9 8 nosync');
  ask('RESUME', 3n);
  ask('GET_SYNC_COUNT', 3n);
  ask('FLUSH', 3n, encodeU64(1n));
  kernel = start();
  construct(3n, '192 clustered-disk 7:9 8 nosync', true);
  ask('RESUME', 3n);
  ask('IS_CLEAN', 3n, encodeU64(1n));
  ask('IN_SYNC', 3n, encodeU64(24n));
  ask('MARK_REGION', 3n, encodeU64(24n));
  ask(18, 3n);
  state?.[Symbol.dispose]();
  rmSync(directory, { recursive: true });
  return seen.join(' ');
}

/** The same for unusual tables, failed regions, what comes during a suspend, and logs of an earlier daemon. */
function rareAnswers(mutation: Mutation): string {
  const kernel = new Kernel(mutation);
  const seen: Reply[] = [];
  const ask = (name: RequestName, luid: bigint, payload?: Uint8Array): void => {
    seen.push(kernel.ask(name, luid, payload));
  };
  const construct = (luid: bigint, text: string, reconnect = false): void => {
    ask('CTR', luid, encodeConstructorText({ text, reconnect }));
  };
  ask('PRESUSPEND', 9n);
  ask('IN_SYNC', 9n, encodeU64(0n));
  construct(9n, '24 clustered-core 8 nosync', true);
  ask('RESUME', 9n);
  ask('GET_SYNC_COUNT', 9n);
  construct(9n, '24 clustered-core 8 nosync', true);
  construct(2n, '24 clustered_core 8');
  construct(3n, '1024 clustered-core 192');
  construct(4n, '1024 clustered-core 256 nosync block_on_error');
  ask('GET_REGION_SIZE', 4n);
  construct(1n, '24 clustered-core 8');
  ask('RESUME', 1n);
  for (const inSync of [1n, 0n, 0n, 1n]) {
    ask('SET_REGION_SYNC', 1n, encodeRegionSync({ region: 1n, inSync }));
    ask('GET_SYNC_COUNT', 1n);
  }
  ask('SET_REGION_SYNC', 1n, encodeRegionSync({ region: 1n, inSync: 0n }));
  ask('STATUS_INFO', 1n);
  ask('PRESUSPEND', 1n);
  ask('MARK_REGION', 1n, encodeU64(2n));
  ask('POSTSUSPEND', 1n);
  ask('CLEAR_REGION', 1n, encodeU64(2n));
  ask('FLUSH', 1n);
  ask('RESUME', 1n);
  ask('GET_SYNC_COUNT', 1n);
  return seen.map(({ error, payload }) => `${error}:${Buffer.from(payload).toString('hex')}`).join(' ');
}

/** What disk logs leave on their device, and what they answer when it holds a log already. */
function imageAnswers(mutation: Mutation): string {
  const disk = new MemoryDisk(8192);
  const seen: string[] = [];
  const note = ({ error, payload }: Reply): void => {
    seen.push(`${error}:${Buffer.from(payload).toString('hex')}`);
  };
  let kernel = new Kernel(mutation, disk);
  const ask = (name: RequestName, luid: bigint, payload?: Uint8Array): void => {
    note(kernel.ask(name, luid, payload));
    seen.push(disk.bytes.toString('hex').replace(/0+$/, ''));
  };
  const construct = (luid: bigint, text: string, reconnect = false): void => {
    ask('CTR', luid, encodeConstructorText({ text, reconnect }));
  };
  const live = (luid: bigint, text: string): void => {
    construct(luid, text);
    ask('RESUME', luid);
    ask('GET_SYNC_COUNT', luid);
  };
  live(1n, '320 clustered-disk 7:9 8 nosync');
  ask('STATUS_INFO', 1n);
  ask('MARK_REGION', 1n, encodeU64(3n));
  ask('FLUSH', 1n);
  ask('FLUSH', 1n, encodeRegions([5n]));
  ask('SET_REGION_SYNC', 1n, encodeRegionSync({ region: 9n, inSync: 0n }));
  ask('FLUSH', 1n);
  // Another daemon takes over while regions are dirty.
  kernel = new Kernel(mutation, disk);
  construct(1n, '320 clustered-disk 7:9 8 nosync', true);
  ask('RESUME', 1n);
  ask('GET_SYNC_COUNT', 1n);
  ask('PRESUSPEND', 1n);
  ask('POSTSUSPEND', 1n);
  live(2n, '400 clustered-disk 7:9 8');
  ask('CLEAR_REGION', 1n, encodeU64(7n));
  ask('FLUSH', 1n);
  ask('DTR', 1n);
  ask('DTR', 2n);
  live(3n, '320 clustered-disk 7:9 8 sync');
  ask('DTR', 3n);
  construct(4n, '1000000 clustered-disk 7:9 8');
  disk.bytes.fill(0);
  live(5n, '320 clustered-disk 7:9 8');
  return seen.join(' ');
}

/** The same for swaps during a resync and during writes, and for a log that is made anew. */
function swapAnswers(mutation: Mutation): string {
  const disk = new MemoryDisk(8192);
  const kernel = new Kernel(mutation, disk);
  const seen: string[] = [];
  const ask = (name: RequestName, luid: bigint, payload?: Uint8Array): void => {
    const { error, payload: answer } = kernel.ask(name, luid, payload);
    seen.push(`${error}:${Buffer.from(answer).toString('hex')}`);
  };
  const construct = (luid: bigint, text: string): void => {
    ask('CTR', luid, encodeConstructorText({ text, reconnect: false }));
  };
  construct(1n, '24 clustered-core 8');
  ask('RESUME', 1n);
  construct(2n, '24 clustered-core 8');
  for (const region of [0n, 1n]) {
    ask('GET_RESYNC_WORK', 1n);
    ask('SET_REGION_SYNC', 1n, encodeRegionSync({ region, inSync: 1n }));
  }
  ask('PRESUSPEND', 1n);
  ask('POSTSUSPEND', 1n);
  ask('RESUME', 2n);
  ask('GET_SYNC_COUNT', 2n);
  ask('DTR', 1n);
  ask('GET_RESYNC_WORK', 2n);
  ask('SET_REGION_SYNC', 2n, encodeRegionSync({ region: 2n, inSync: 1n }));
  ask('DTR', 2n);
  construct(1n, '24 clustered-core 8');
  ask('GET_SYNC_COUNT', 1n);
  ask('RESUME', 1n);
  ask('SET_REGION_SYNC', 1n, encodeRegionSync({ region: 0n, inSync: 1n }));
  for (const name of ['PRESUSPEND', 'POSTSUSPEND', 'RESUME', 'GET_SYNC_COUNT', 'DTR'] as const) ask(name, 1n);
  construct(3n, '320 clustered-disk 7:9 8 nosync');
  ask('RESUME', 3n);
  construct(4n, '400 clustered-disk 7:9 8');
  ask('MARK_REGION', 3n, encodeU64(3n));
  ask('FLUSH', 3n);
  seen.push(disk.bytes.toString('hex'));
  ask('PRESUSPEND', 3n);
  ask('POSTSUSPEND', 3n);
  ask('RESUME', 4n);
  ask('DTR', 3n);
  ask('MARK_REGION', 4n, encodeU64(20n));
  ask('FLUSH', 4n);
  seen.push(disk.bytes.toString('hex'));
  ask('DTR', 4n);
  // LVM cannot take a log device away that is still open.
  seen.push(`open ${disk.open} times`);
  return seen.join(' ');
}

describe('mutants', () => {
  it('each have a module, and each module is in the table', () => {
    // The sources, because a build directory may still hold what was renamed.
    const modules = readdirSync(join(import.meta.dirname, '../../../daemon-under-test/mutants'))
      .filter((file) => !/^(mutants|mutants\.test|mutant-main)\.ts$/.test(file))
      .map((file) => file.replace(/\.ts$/, ''))
      .sort();
    assert.deepEqual(modules, MUTANTS.map(({ name }) => name).sort());
  });

  for (const { name, breaks } of MUTANTS) {
    it(`${name} serves a plain mirror`, async () => {
      const kernel = new Kernel(await load(name));
      for (const [request, payload] of plainMirror()) {
        const { error } = kernel.ask(request, 1n, payload);
        assert.deepEqual([request, error], [request, 0]);
      }
      assert.equal(kernel.registry.size, 0);
    });

    it(`${name} differs from the reference in what the kernel sees (${breaks})`, async () => {
      assert.match(breaks, /^[A-Z]+-[0-9]+$/);
      const all = (mutation: Mutation): string =>
        [answers, rareAnswers, diskAnswers, imageAnswers, swapAnswers].map((see) => see(mutation)).join(' ');
      assert.notEqual(all(await load(name)), all({}));
    });
  }
});
