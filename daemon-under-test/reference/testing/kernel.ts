/** A kernel's place in unit tests of the daemon: asks, and reads the answers. */
import assert from 'node:assert/strict';
import {
  decodeU64,
  encodeConstructorText,
  encodeRegions,
  encodeRegionSync,
  encodeU64,
  RequestType,
  type RequestName,
} from '../../../harness/ulog/index.js';
import { Dispatcher, type Reply } from '../dispatch.js';
import type { DaemonEvent } from '../event.js';
import { createLogInstance, InstanceRegistry } from '../instances.js';
import { Resources, type ResourceOptions } from '../resources.js';
import type { DaemonVariant } from '../variant.js';
import type { MemoryDisk } from './memory-device.js';

const NOTHING = new Uint8Array(0);

/** What a daemon of the tests is given. */
export interface TestDaemonOptions extends Omit<ResourceOptions, 'openDevice' | 'log' | 'createDiskLog'> {
  readonly disks?: readonly MemoryDisk[];
  readonly variant?: DaemonVariant;
}

/** A daemon without socket, and the kernel that asks it. */
export class TestKernel {
  readonly events: DaemonEvent[] = [];
  readonly registry: InstanceRegistry;
  readonly #dispatcher: Dispatcher;

  constructor({ disks = [], variant = {}, ...options }: TestDaemonOptions = {}) {
    const { createInstance = createLogInstance, createRegistry, createDispatcher, createDiskLog } = variant;
    const log = (event: DaemonEvent): void => void this.events.push(event);
    const resources = new Resources({
      ...options,
      log,
      createDiskLog,
      openDevice: (word) => {
        const disk = disks.find(({ number }) => number === word);
        assert.ok(disk !== undefined, `no test disk ${word}`);
        return disk.openDevice();
      },
    });
    this.registry =
      createRegistry?.(createInstance, resources) ?? new InstanceRegistry(createInstance, resources);
    this.#dispatcher = createDispatcher?.(this.registry, log) ?? new Dispatcher(this.registry, log);
  }

  /** Asks about the log `uuid` with this luid. */
  ask(name: RequestName | number, luid: bigint, payload: Uint8Array = NOTHING, uuid = 'U'): Reply {
    const requestType = typeof name === 'number' ? name : RequestType[name];
    const message = { luid, uuid, version: 3, error: 0, seq: 1, requestType };
    return this.#dispatcher.handle({ ...message, dataSize: payload.length, payload });
  }

  /** Asks, and demands success. */
  must(name: RequestName, luid: bigint, payload: Uint8Array = NOTHING): Uint8Array {
    const { error, payload: answer } = this.ask(name, luid, payload);
    assert.deepEqual([name, error], [name, 0]);
    return answer;
  }

  ctr(luid: bigint, text: string, reconnect = false): Reply {
    return this.ask('CTR', luid, encodeConstructorText({ text, reconnect }));
  }

  /** Constructs and resumes a log. */
  live(luid: bigint, text: string): void {
    this.must('CTR', luid, encodeConstructorText({ text, reconnect: false }));
    this.must('RESUME', luid);
  }

  /** What the kernel does about a daemon that came back. */
  reconnect(luid: bigint, text: string): void {
    this.must('CTR', luid, encodeConstructorText({ text, reconnect: true }));
    this.must('RESUME', luid);
  }

  mark(luid: bigint, ...regions: number[]): void {
    this.must('MARK_REGION', luid, encodeRegions(regions.map(BigInt)));
  }

  clear(luid: bigint, ...regions: number[]): void {
    this.must('CLEAR_REGION', luid, encodeRegions(regions.map(BigInt)));
  }

  flush(luid: bigint, ...regions: number[]): void {
    this.must('FLUSH', luid, encodeRegions(regions.map(BigInt)));
  }

  setSync(luid: bigint, region: number, inSync: 0 | 1): void {
    this.must('SET_REGION_SYNC', luid, encodeRegionSync({ region: BigInt(region), inSync: BigInt(inSync) }));
  }

  suspend(luid: bigint): void {
    this.must('PRESUSPEND', luid);
    this.must('POSTSUSPEND', luid);
  }

  syncCount(luid: bigint): number {
    return Number(decodeU64(this.must('GET_SYNC_COUNT', luid)));
  }

  /** The regions below `count` that IN_SYNC, or IS_CLEAN, answers with 1. */
  regions(name: 'IN_SYNC' | 'IS_CLEAN', luid: bigint, count: number): number[] {
    const all = Array.from({ length: count }, (_unused, region) => region);
    return all.filter((region) => decodeU64(this.must(name, luid, encodeU64(BigInt(region)))) === 1n);
  }

  status(luid: bigint): string {
    return Buffer.from(this.must('STATUS_INFO', luid)).toString('latin1').replace(/\0$/, '');
  }

  /** Names of the events so far, but for those of every log's life. */
  get incidents(): string[] {
    return this.events.filter(({ level }) => level !== 'info').map(({ event }) => event);
  }
}
