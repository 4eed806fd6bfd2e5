/** Calls of several hosts that overlap in time, run against a drive on the desk: what the drive tells, and what they do. */
import { mutexReadCdb } from '../cdb.js';
import { decodeDataBlock } from '../data-block.js';
import { TestDrive, wireId, wishBlock, type OpName } from './drive.js';
import { traceEvent } from './trace-events.js';

/** One call before it is made. Times in ms. */
export interface PlannedCall {
  readonly op: OpName | 'read';
  readonly host: string;
  readonly resource: string;
  readonly mode: 'ex' | 'sh';
  readonly lease: bigint;
  /** How long after the call before it begins, how long it takes to the drive, and the answer back. */
  readonly pause: number;
  readonly way: number;
  readonly back: number;
  readonly lost: boolean;
}

const NS = 1_000_000n;
const ns = (ms: number) => BigInt(ms) * NS;

/** Runs the calls in the order in which they reach the drive. Events are numbered anew, in order of time. */
export function runWorkload(drive: TestDrive, calls: readonly PlannedCall[], name = 'D1', clock = drive.now) {
  let at = 0;
  const timed = calls.map((planned, call) => {
    at += planned.pause;
    return { ...planned, call, start: at, arrives: at + planned.way, ends: at + planned.way + planned.back };
  });
  const seen = timed
    .toSorted((a, b) => a.arrives - b.arrives || a.call - b.call)
    .flatMap((planned) => {
      drive.now = clock + ns(planned.arrives);
      const { op, host, resource, mode, lease, call } = planned;
      const wish = { host, resource, mode, ...(op === 'unlock' || op === 'destroy' ? {} : { lease }) };
      const lvb = Buffer.alloc(7, call + 1);
      const ended =
        op === 'read'
          ? drive.read(mutexReadCdb(8), 8 * 512, `iqn.${host}`)
          : drive.op(op, { ...wish, lvb }, `iqn.${host}`);
      const asked = op === 'read' ? undefined : decodeDataBlock(wishBlock(op, { ...wish, lvb }));
      const base = { node: host, call };
      return [
        {
          ...{ kind: 'lock-call' as const, n: 0, t: ns(planned.start), ...base, drive: name, op },
          host: Uint8Array.from(wireId(host, 32)),
          resource: Uint8Array.from(asked?.resourceId ?? []),
          lockClass: Number(asked?.lockClass ?? 0n),
          ...{
            countdown: asked?.countdown ?? 0n,
            timeNow: asked?.timeNow ?? 0n,
            control: asked?.control ?? 0,
          },
          ...{
            lvb: Uint8Array.from(asked?.lvb ?? []),
            metadata: new Uint8Array(64),
            guest: ns(planned.start),
          },
        },
        {
          ...{ kind: 'lock-answer' as const, n: 0, t: ns(planned.ends), ...base, guest: ns(planned.ends) },
          status: planned.lost ? null : ended.status,
          sense: Uint8Array.from(planned.lost ? [] : ended.sense),
          dataIn: Uint8Array.from(planned.lost ? [] : ended.dataIn),
        },
      ];
    });
  const events = seen.toSorted((a, b) => Number(a.t - b.t)).map((event, n) => ({ ...event, n }));
  return { calls: events, trace: drive.trace.map((traced, n) => traceEvent(traced, n, name)) };
}
