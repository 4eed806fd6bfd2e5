import { shellWord } from '../../reports/again.js';
import { reversed, STATE, type DataBlock } from '../disks/idm/index.js';
import { isLive } from '../lab/real-drives/mutex-list.js';
import type { Inspected } from '../lab/real-drives/inspect.js';
import { driveName } from '../plan/real-drive.js';
import { UsageError } from './errors.js';

/** The words by which a user agrees to lose what is in the drives. */
export interface Consent {
  /** `--wipe-mutexes`. */
  readonly wipeMutexes: boolean;
  /** `--wipe-live-locks`. */
  readonly wipeLiveLocks: boolean;
}

export const WIPE_MUTEXES = '--wipe-mutexes';
export const WIPE_LIVE_LOCKS = '--wipe-live-locks';

/** As many entries are told one by one. */
const MOST_TOLD = 16;
const MODES: Readonly<Record<string, string>> = { 0: 'exclusive', 1: 'protected write', 2: 'shared' };
const ENDLESS = 2n ** 64n - 1n;

/** An id in the order in which hosts have it: its characters, else its hex digits. */
function idText(wire: Uint8Array): string {
  const api = reversed(wire);
  const characters = api.toString('latin1').replace(/\0+$/, '');
  if (/^[\x21-\x7e]+$/.test(characters)) return characters;
  return api.toString('hex').replace(/(00)+$/, '') || '(all zeros)';
}

function stateText({ state }: DataBlock): string {
  switch (state) {
    case STATE.locked:
    case STATE.multipleLocked:
      return 'LIVE';
    case STATE.timeout:
      return 'expired';
    case STATE.unlocked:
      return 'unlocked';
    default:
      return `state ${state.toString(16)}`;
  }
}

function entryLine(entry: DataBlock): string {
  const mode = MODES[entry.lockClass.toString()] ?? `class ${entry.lockClass}`;
  const lease = entry.countdown === ENDLESS ? 'without an end' : `${entry.countdown} ms`;
  return `    ${stateText(entry).padEnd(8)}  host ${idText(entry.hostId)}  ${mode} ${idText(entry.resourceId)}  lease ${lease}`;
}

/** Which drives these are and what is in their tables. */
export function describeDrives(inspected: readonly Inspected[]): string {
  return inspected
    .flatMap(({ drive, count, entries }) => {
      const { path, serial, wwn, version } = drive;
      const live = entries.filter(isLive);
      const hosts = new Set(live.map(({ hostId }) => hostId.toString('hex')));
      const mutexes = `${count} ${count === 1 ? 'entry' : 'entries'} in its mutex table`;
      const unseen = count - entries.length;
      const held =
        unseen > 0
          ? `${unseen} of them are not in its list, and may be LIVE`
          : live.length === 0
            ? 'no live lock'
            : `${live.length} LIVE, of ${hosts.size} hosts`;
      return [
        `drive  ${path}  ${driveName(drive)}`,
        `       serial ${serial || '(none)'}, ${wwn || 'no designator'}, ` +
          (version === null ? 'no IDM version page' : `IDM version ${version}`),
        `       ${mutexes}, ${held}`,
        ...entries.slice(0, MOST_TOLD).map(entryLine),
        ...(count > MOST_TOLD ? [`    and ${count - MOST_TOLD} more`] : []),
      ];
    })
    .map((line) => `${line}\n`)
    .join('');
}

/** Whether hosts may rely on locks of a drive; of entries that its list does not give, nobody knows. */
function isInUse({ count, entries }: Inspected): boolean {
  return entries.some(isLive) || count > entries.length;
}

/**
 * Throws {@link UsageError} unless the user agreed to what the run does to the drives; it says what would be lost, and the
 * command that agrees. `argv` is the command line so far.
 */
export function checkConsent(
  inspected: readonly Inspected[],
  { wipeMutexes, wipeLiveLocks }: Consent,
  argv: readonly string[],
): void {
  const count = inspected.reduce((sum, one) => sum + one.count, 0);
  const inUse = inspected.filter(isInUse);
  const missing = [
    ...(wipeMutexes ? [] : [WIPE_MUTEXES]),
    ...(inUse.length === 0 || wipeLiveLocks ? [] : [WIPE_LIVE_LOCKS]),
  ];
  if (missing.length === 0) return;
  const what = inspected.length === 1 ? 'the drive' : 'each of these drives';
  throw new UsageError(
    [
      `this run wipes the mutex table of ${what} again and again, fills it to its limits, and resets the unit.`,
      ...(inUse.length === 0
        ? []
        : [
            `LIVE locks are on ${inUse.map(({ drive }) => drive.path).join(' and ')}: hosts rely on them now. If they are wiped, ` +
              'two hosts may write the same volume, and what is on it is lost.',
          ]),
      `${count === 0 ? 'No mutex is' : count === 1 ? 'The mutex above is' : `The ${count} mutexes above are`} there to be lost. ` +
        'Blocks of the drive are neither read nor written. Nothing was written so far.',
      `To go on: ${['ulogcheck', ...argv, ...missing].map(shellWord).join(' ')}`,
    ].join('\n'),
  );
}

/** Throws {@link UsageError} when two of the devices are paths to one drive. */
export function checkDistinct(inspected: readonly Inspected[]): void {
  const known = new Map<string, string>();
  for (const { drive } of inspected) {
    const { path, wwn, vendor, product, serial } = drive;
    const identity = wwn || `${vendor} ${product} ${serial}`;
    const twin = known.get(identity);
    if (twin !== undefined) {
      throw new UsageError(
        twin === path
          ? `--drive ${path}: is given twice. Name it once.`
          : `--drive ${path}: is another path to the drive of ${twin} (${identity}). Name each drive once.`,
      );
    }
    known.set(identity, path);
  }
}
