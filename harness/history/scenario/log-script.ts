/** The requests of one log instance in a hand-written history. */
import {
  encodeConstructorText,
  encodeRegions,
  encodeRegionSync,
  encodeRemoteRecovering,
  encodeResyncWork,
  encodeS64,
  encodeText,
  encodeU64,
  RequestType,
  type RequestName,
} from '../../ulog/index.js';
import { OpenRequest, type Manner } from './open-request.js';
import type { Scenario } from './scenario.js';

/** Thread of kmirrord, which does the I/O-path requests. */
export const WORKER = 100;
const NO_BYTES = new Uint8Array(0);

/** The requests of one log instance, in the kernel's words. */
export class LogScript {
  constructor(
    private readonly scenario: Scenario,
    readonly uuid: string,
    readonly text: string,
    readonly luid: bigint,
  ) {}

  /** Sends a request and leaves it open. */
  begin(name: RequestName, payload: Uint8Array = NO_BYTES, manner: Manner = {}): OpenRequest {
    const tid = manner.tid ?? this.scenario.threadOf(name);
    const type = manner.type ?? RequestType[name];
    const call = this.scenario.nextCall();
    return new OpenRequest(this.scenario, this, type, payload, tid, call, manner.version ?? 3);
  }

  /** Sends a request and answers it; an error answer has no data unless `manner.reply` says so. */
  ask(name: RequestName, payload: Uint8Array, answer: Uint8Array, manner: Manner = {}): void {
    const failed = manner.error !== undefined || manner.form === 'ack';
    this.begin(name, payload, manner).answer(failed ? NO_BYTES : answer, manner);
  }

  ctr(manner: Manner & { readonly text?: string; readonly device?: string } = {}): void {
    const payload = encodeConstructorText({ text: manner.text ?? this.text, reconnect: false });
    const device = manner.device === undefined ? NO_BYTES : encodeText(manner.device, true);
    this.ask('CTR', payload, device, manner);
  }

  /** The CTR of a rebuild: with NUL (spec 2.6). */
  reconnect(manner: Manner & { readonly device?: string } = {}): void {
    const payload = encodeConstructorText({ text: this.text, reconnect: true });
    const device = manner.device === undefined ? NO_BYTES : encodeText(manner.device, true);
    this.ask('CTR', payload, device, { tid: WORKER, ...manner });
  }

  regionSize(size: number, manner: Manner = {}): void {
    this.ask('GET_REGION_SIZE', NO_BYTES, encodeU64(BigInt(size)), manner);
  }

  /** CTR, GET_REGION_SIZE and the worker's first GET_SYNC_COUNT (spec 6.1). */
  construct(regionSize: number, pendingCount = 0): this {
    this.ctr();
    this.regionSize(regionSize);
    this.count(pendingCount, { tid: WORKER });
    return this;
  }

  resume(manner: Manner = {}): void {
    this.ask('RESUME', NO_BYTES, NO_BYTES, manner);
  }

  presuspend(manner: Manner = {}): void {
    this.ask('PRESUSPEND', NO_BYTES, NO_BYTES, manner);
  }

  postsuspend(manner: Manner = {}): void {
    this.ask('POSTSUSPEND', NO_BYTES, NO_BYTES, manner);
  }

  dtr(manner: Manner = {}): void {
    this.ask('DTR', NO_BYTES, NO_BYTES, manner);
  }

  inSync(region: number, answer: number, manner: Manner = {}): void {
    this.ask('IN_SYNC', encodeU64(BigInt(region)), encodeS64(BigInt(answer)), manner);
  }

  isClean(region: number, answer: number, manner: Manner = {}): void {
    this.ask('IS_CLEAN', encodeU64(BigInt(region)), encodeS64(BigInt(answer)), manner);
  }

  mark(regions: readonly number[], manner: Manner = {}): void {
    this.ask('MARK_REGION', encodeRegions(regions.map(BigInt)), NO_BYTES, manner);
  }

  clear(regions: readonly number[], manner: Manner = {}): void {
    this.ask('CLEAR_REGION', encodeRegions(regions.map(BigInt)), NO_BYTES, manner);
  }

  flush(regions: readonly number[] = [], manner: Manner = {}): void {
    this.ask('FLUSH', encodeRegions(regions.map(BigInt)), NO_BYTES, manner);
  }

  /** GET_RESYNC_WORK; undefined: no work. */
  work(region: number | undefined, manner: Manner = {}): void {
    const haveWork = region === undefined ? 0n : 1n;
    this.ask(
      'GET_RESYNC_WORK',
      NO_BYTES,
      encodeResyncWork({ haveWork, region: BigInt(region ?? 0) }),
      manner,
    );
  }

  setSync(region: number, inSync: number, manner: Manner = {}): void {
    const payload = encodeRegionSync({ region: BigInt(region), inSync: BigInt(inSync) });
    this.ask('SET_REGION_SYNC', payload, NO_BYTES, manner);
  }

  count(count: number, manner: Manner = {}): void {
    this.ask('GET_SYNC_COUNT', NO_BYTES, encodeU64(BigInt(count)), manner);
  }

  status(text: string, manner: Manner = {}): void {
    this.ask('STATUS_INFO', NO_BYTES, encodeText(text), manner);
  }

  statusTable(text: string, manner: Manner = {}): void {
    this.ask('STATUS_TABLE', NO_BYTES, encodeText(text), manner);
  }

  remoteRecovering(region: number, recovering: number, hint: number, manner: Manner = {}): void {
    const answer = encodeRemoteRecovering({ recovering: BigInt(recovering), inSyncHint: BigInt(hint) });
    this.ask('IS_REMOTE_RECOVERING', encodeU64(BigInt(region)), answer, manner);
  }

  /** The requests of one region's recovery (spec 6.1, row 2); `count` is that after it. */
  recover(region: number, count: number): void {
    this.work(region);
    this.inSync(region, 0);
    this.count(count - 1, { tid: WORKER });
    this.setSync(region, 1);
    this.clear([region]);
    this.flush();
  }

  /** The requests of one write to a region that is in sync (spec 7). */
  write(region: number): void {
    this.inSync(region, 1);
    this.inSync(region, 1);
    this.mark([region]);
    this.flush();
    this.clear([region]);
    this.flush();
  }
}
