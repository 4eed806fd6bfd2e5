/** Payloads as numbers; undefined where the size is wrong, which other rules judge. */
import {
  decodeRegions,
  decodeRegionSync,
  decodeRemoteRecovering,
  decodeResyncWork,
  decodeS64,
  decodeU64,
} from '../ulog/index.js';

/** 8 bytes as u64: a region, a count, a size. Beyond 2^53 it loses precision, which no rule depends on. */
export function u64(payload: Uint8Array): number | undefined {
  return payload.length === 8 ? Number(decodeU64(payload)) : undefined;
}

/** 8 bytes as s64. */
export function s64(payload: Uint8Array): number | undefined {
  return payload.length === 8 ? Number(decodeS64(payload)) : undefined;
}

/** Regions of MARK_REGION, CLEAR_REGION or FLUSH. */
export function regions(payload: Uint8Array): readonly number[] | undefined {
  return payload.length % 8 === 0 ? decodeRegions(payload).map(Number) : undefined;
}

/** Payload of SET_REGION_SYNC. */
export function regionSync(
  payload: Uint8Array,
): { readonly region: number; readonly inSync: boolean } | undefined {
  if (payload.length !== 16) return undefined;
  const { region, inSync } = decodeRegionSync(payload);
  return { region: Number(region), inSync: inSync !== 0n };
}

/** Answer to GET_RESYNC_WORK: the region, or 'none'. The kernel truncates have_work to int (spec 4). */
export function resyncWork(payload: Uint8Array): number | 'none' | undefined {
  if (payload.length !== 16) return undefined;
  const { haveWork, region } = decodeResyncWork(payload);
  return BigInt.asIntN(32, haveWork) > 0n ? Number(region) : 'none';
}

/** Answer to IS_REMOTE_RECOVERING. */
export function remoteRecovering(
  payload: Uint8Array,
): { readonly recovering: boolean; readonly hint: number } | undefined {
  if (payload.length !== 16) return undefined;
  const { recovering, inSyncHint } = decodeRemoteRecovering(payload);
  return { recovering: BigInt.asIntN(32, recovering) !== 0n, hint: Number(inSyncHint) };
}
