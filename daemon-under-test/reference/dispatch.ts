/** From a request to its reply. Touches no socket and no clock. */
import {
  capabilities,
  decodeConstructorText,
  decodeRegions,
  decodeRegionSync,
  decodeU64,
  encodeRemoteRecovering,
  encodeResyncWork,
  encodeS64,
  encodeText,
  encodeU64,
  expectedReplySize,
  REQUEST_TYPE_MASK,
  requestName,
  UlogFormatError,
  type RequestName,
  type UlogMessage,
} from '../../harness/ulog/index.js';
import { parseConstructorText } from './constructor-text.js';
import type { EventSink } from './event.js';
import { Errno, LogError } from './log-error.js';
import type { InstanceRegistry } from './instances.js';
import type { LogInstance } from './log-instance.js';

/** What goes back to the kernel in a full reply, besides what is echoed. */
export interface Reply {
  /** 0 or a negative errno. */
  readonly error: number;
  readonly payload: Uint8Array;
}

const NOTHING: Uint8Array = Buffer.alloc(0);
const SUCCESS: Reply = { error: 0, payload: NOTHING };
/**
 * data_size of the "rebuild this log" answer to a status request: the kernel takes it for the room that the
 * repeated request has, so it must hold any status line of ours (spec 2.5: about 64 or more).
 */
const STATUS_REBUILD_SIZE = 64;

/** What the log line of a request carries; the luid as hex, as the kernel's addresses are written. */
function identity(request: UlogMessage): Record<string, string> {
  return {
    request: requestName(request.requestType) ?? String(request.requestType),
    uuid: request.uuid,
    luid: `0x${request.luid.toString(16)}`,
  };
}

/**
 * Answers requests. `handle` never throws and never stays silent: a request without answer is repeated by the
 * kernel for ever, and its caller cannot be killed (spec 2.5).
 */
export class Dispatcher {
  protected readonly instances: InstanceRegistry;
  readonly #log: EventSink;

  constructor(instances: InstanceRegistry, log: EventSink) {
    this.instances = instances;
    this.#log = log;
  }

  /** The reply to one request; refusals are logged with their reason. */
  handle(request: UlogMessage): Reply {
    try {
      return this.dispatch(request);
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error);
      if (error instanceof LogError || error instanceof UlogFormatError) {
        const errno = error instanceof LogError ? error.errno : Errno.EINVAL;
        this.#log({ level: 'warn', event: 'refused', details: { ...identity(request), errno, message } });
        return { error: -errno, payload: NOTHING };
      }
      this.#log({ level: 'error', event: 'internal-error', details: { ...identity(request), message } });
      return { error: -Errno.EIO, payload: NOTHING };
    }
  }

  /** @throws LogError or UlogFormatError to refuse. */
  protected dispatch(request: UlogMessage): Reply {
    const name = requestName(request.requestType);
    if (name === undefined) {
      throw new LogError(Errno.EINVAL, `unknown request type ${request.requestType & REQUEST_TYPE_MASK}`);
    }
    if (name === 'CTR') return this.construct(request);
    const instance = this.instances.find(request.uuid, request.luid);
    return instance === undefined ? this.unknownInstance(name, request) : this.serve(name, request, instance);
  }

  /** CTR: a new instance, a fresh one in place of an orphan, or a reconnect that keeps everything. */
  protected construct(request: UlogMessage): Reply {
    const { text, reconnect } = decodeConstructorText(request.payload);
    const parameters = parseConstructorText(text);
    const existing = this.instances.find(request.uuid, request.luid);
    if (existing !== undefined) {
      // A log that was resumed is alive in the kernel: this is a resend, or a rebuild after the kernel lost sight
      // of us. One that never was is the orphan of a failed load (no DTR is sent then), or a resend; with another
      // text its address was reused behind our back. A fresh one is right for those (spec 6.2 item 6), but not for
      // the rebuild of a log whose table is only loaded.
      if (existing.parameters.text === text && (reconnect || existing.state !== 'pending')) {
        if (reconnect) existing.rebuild();
        this.#life(request, { text, outcome: reconnect ? 'reconnected' : 'repeated', state: existing.state });
        return SUCCESS;
      }
      this.instances.remove(existing);
    }
    const instance = this.instances.create(request.uuid, request.luid, parameters, reconnect);
    const outcome = instance.restored ? 'restored' : existing === undefined ? 'created' : 'replaced';
    this.#life(request, { text, outcome, reconnect, regions: instance.regionCount });
    return reconnect ? SUCCESS : this.constructed(request, instance);
  }

  /**
   * The answer to a CTR that made a log: the log device, where the kernel takes one, so that it is among the mirror's
   * dependencies (CTR-23). LVM suspends and resumes in their order; to it the log device would otherwise be one that
   * nobody writes to. Never to a reconnect, which could then not succeed (spec 2.6).
   */
  protected constructed(request: UlogMessage, { disk }: LogInstance): Reply {
    if (disk === undefined || !capabilities(request.version).deviceName) return SUCCESS;
    return { error: 0, payload: encodeText(disk.deviceNumber, true) };
  }

  /**
   * The log is not known: it lived in an earlier daemon. I/O-path and status requests are answered -ESRCH, which
   * makes the kernel rebuild the log, in a full reply of the expected size, which keeps room for the repeated
   * request (spec 2.5, RECOV-14). Any other error there would let writes go to one leg only (spec 2.6).
   */
  protected unknownInstance(name: Exclude<RequestName, 'CTR'>, request: UlogMessage): Reply {
    switch (name) {
      case 'DTR':
      case 'PRESUSPEND':
      case 'POSTSUSPEND':
      case 'RESUME':
      case 'GET_REGION_SIZE':
        throw new LogError(Errno.EINVAL, 'no such log instance');
      default: {
        const { expected } = expectedReplySize(request.requestType);
        const size = typeof expected === 'number' ? expected : STATUS_REBUILD_SIZE;
        const details = { ...identity(request), errno: Errno.ESRCH, message: 'no such log instance' };
        this.#log({ level: 'warn', event: 'rebuild', details });
        return { error: -Errno.ESRCH, payload: Buffer.alloc(size) };
      }
    }
  }

  /** A request to a known instance. */
  protected serve(name: Exclude<RequestName, 'CTR'>, request: UlogMessage, log: LogInstance): Reply {
    switch (name) {
      case 'DTR':
        return this.destroy(request, log);
      case 'PRESUSPEND':
        log.presuspend();
        return this.#transition(request, log);
      case 'POSTSUSPEND':
        log.postsuspend();
        return this.#transition(request, log);
      case 'RESUME':
        log.resume();
        return this.#transition(request, log);
      case 'GET_REGION_SIZE':
        return answer(encodeU64(BigInt(log.regionSize)));
      case 'IS_CLEAN':
        return bit(log.isClean(oneRegion(request, log)));
      case 'IN_SYNC':
        return bit(log.inSync(oneRegion(request, log)));
      case 'FLUSH':
        log.flush(regionList(request, log));
        return SUCCESS;
      case 'MARK_REGION':
        log.mark(someRegions(request, log));
        return SUCCESS;
      case 'CLEAR_REGION':
        log.clear(someRegions(request, log));
        return SUCCESS;
      case 'GET_RESYNC_WORK': {
        const work = log.getResyncWork();
        return answer(encodeResyncWork({ haveWork: BigInt(work.haveWork), region: BigInt(work.region) }));
      }
      case 'SET_REGION_SYNC':
        return this.setRegionSync(request, log);
      case 'GET_SYNC_COUNT':
        return answer(encodeU64(BigInt(log.syncCount())));
      // The NUL is counted: the kernel copies the text as it is into its result buffer (spec 5).
      case 'STATUS_INFO':
        return answer(encodeText(log.statusInfo(), true));
      case 'STATUS_TABLE':
        return answer(encodeText(log.statusTable(), true));
      case 'IS_REMOTE_RECOVERING': {
        oneRegion(request, log);
        const { recovering, inSyncHint } = log.isRemoteRecovering();
        return answer(
          encodeRemoteRecovering({ recovering: BigInt(recovering), inSyncHint: BigInt(inSyncHint) }),
        );
      }
      default:
        return name satisfies never;
    }
  }

  /** DTR: legal in every state (SUSP-07). */
  protected destroy(request: UlogMessage, log: LogInstance): Reply {
    this.instances.remove(log);
    this.#life(request, { state: 'absent', instances: this.instances.size });
    return SUCCESS;
  }

  protected setRegionSync(request: UlogMessage, log: LogInstance): Reply {
    const { region, inSync } = decodeRegionSync(request.payload);
    // Anything but 0 and 1 is garbage; taking it for "in sync" could lose a resync.
    if (inSync !== 0n && inSync !== 1n) {
      throw new LogError(Errno.EINVAL, `in_sync ${inSync.toString()} is neither 0 nor 1`);
    }
    log.setRegionSync(checkedRegion(region, log), inSync === 1n);
    return SUCCESS;
  }

  #transition(request: UlogMessage, log: LogInstance): Reply {
    this.#life(request, { state: log.state });
    return SUCCESS;
  }

  #life(request: UlogMessage, details: Record<string, string | number | boolean>): void {
    const { request: name = '', ...rest } = identity(request);
    this.#log({ level: 'info', event: name.toLowerCase(), details: { ...rest, ...details } });
  }
}

const NO = answer(encodeS64(0n));
const YES = answer(encodeS64(1n));

/** The answer to a question for one bit; anything but 0 and 1 is told as it is. */
function bit(value: number): Reply {
  return value === 0 ? NO : value === 1 ? YES : answer(encodeS64(BigInt(value)));
}

function answer(payload: Uint8Array): Reply {
  return { error: 0, payload };
}

/** @throws LogError EINVAL for region_count and above (ERR-05). */
function checkedRegion(region: bigint, log: LogInstance): number {
  if (region >= log.regionCount) {
    throw new LogError(Errno.EINVAL, `region ${region.toString()} of a log with ${log.regionCount} regions`);
  }
  return Number(region);
}

function oneRegion(request: UlogMessage, log: LogInstance): number {
  return checkedRegion(decodeU64(request.payload), log);
}

/** All regions are checked before any is acted on, so a refusal has no partial effect (FLUSH-17). */
function regionList(request: UlogMessage, log: LogInstance): number[] {
  return decodeRegions(request.payload).map((region) => checkedRegion(region, log));
}

function someRegions(request: UlogMessage, log: LogInstance): number[] {
  const regions = regionList(request, log);
  if (regions.length === 0) throw new LogError(Errno.EINVAL, 'no region in the payload');
  return regions;
}
