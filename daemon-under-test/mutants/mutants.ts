/** The table of the broken variants of the reference daemon, and what each breaks. */

/** One mutant; it lives in the module of its name, and still creates, writes and removes a plain mirror. */
export interface DaemonMutant {
  readonly name: string;
  /** The requirement that it breaks. */
  readonly breaks: string;
  /** What it does wrong, and what shows it. */
  readonly description: string;
}

/** All mutants of the daemon. */
export const MUTANTS: readonly DaemonMutant[] = [
  {
    name: 'last-created-wins',
    breaks: 'LUID-01',
    description:
      'every request but CTR and DTR acts on the newest log of the UUID; seen when a table is loaded beside a live one',
  },
  {
    name: 'dtr-by-uuid',
    breaks: 'LUID-02',
    description:
      'DTR destroys every log of the UUID; seen when an inactive table is dropped, and at every swap',
  },
  {
    name: 'uuid-keyed',
    breaks: 'LUID-03',
    description:
      'logs are keyed by the UUID alone, as before 2.6.31; seen at a swap, which ends without a log',
  },
  {
    name: 'resume-ignores-luid',
    breaks: 'LUID-03',
    description:
      'RESUME goes to the oldest log of the UUID; after a swap the new one stays pending and never resyncs',
  },
  {
    name: 'live-count-for-pending',
    breaks: 'LUID-11',
    description: 'GET_SYNC_COUNT of a pending log is answered from the live one; seen after a reload',
  },
  {
    name: 'resync-skips-a-region',
    breaks: 'SYNC-08',
    description: 'region 1 counts as in sync with region 0 and is never handed out; seen in a full resync',
  },
  {
    name: 'resync-hands-a-region-twice',
    breaks: 'SYNC-08',
    description: 'the first region recovered is handed out once more; seen in a full resync',
  },
  {
    name: 'in-sync-two',
    breaks: 'SYNC-01',
    description: 'IN_SYNC answers 2 for a region in sync; seen at the first write or read',
  },
  {
    name: 'count-with-padding',
    breaks: 'SYNC-07',
    description:
      'a nosync log counts the padding bits of its last word while pending; seen with a region count that 32 does not divide',
  },
  {
    name: 'hint-stuck-at-zero',
    breaks: 'SYNC-10',
    description:
      'the in-sync hint of IS_REMOTE_RECOVERING is always 0; seen at writes while a resync is under way',
  },
  {
    name: 'clear-echoes-payload',
    breaks: 'FLUSH-16',
    description:
      'CLEAR is answered with its own payload, so the kernel takes it for failed; seen after a write',
  },
  {
    name: 'status-word-count',
    breaks: 'STAT-01',
    description: 'STATUS_INFO says 2 words where 1 follows; seen in dmsetup status',
  },
  {
    name: 'suspended-status-refused',
    breaks: 'STAT-04',
    description:
      'STATUS_INFO of a suspended log is answered -EINVAL; seen in dmsetup status of a suspended device',
  },
  {
    name: 'unknown-log-invalid',
    breaks: 'RECOV-14',
    description: 'requests for an unknown log are answered -EINVAL; seen when the daemon is restarted',
  },
  {
    name: 'flush-answered-before-disk-write',
    breaks: 'FLUSH-02',
    description:
      'FLUSH of a disk log is answered without writing, which waits for the suspend; seen in the image after a write, and after a crash of the host',
  },
  {
    name: 'integrated-flush-ignores-payload',
    breaks: 'FLUSH-09',
    description:
      'the regions that FLUSH lists are not marked; seen in the image of a disk log with integrated_flush',
  },
  {
    name: 'clear-of-unsynced-region-cleans',
    breaks: 'FLUSH-19',
    description: 'CLEAR makes a region clean although its sync bit is 0; seen after a leg failed for a while',
  },
  {
    name: 'disk-bit-order-reversed',
    breaks: 'DISK-01',
    description:
      'the most significant bit of a byte is its first region; seen in the image, and by the disk log of the kernel',
  },
  {
    name: 'unknown-version-interpreted',
    breaks: 'DISK-02',
    description: 'a log device with version 3 is read as if it had version 2; seen at the first RESUME',
  },
  {
    name: 'growth-says-clean',
    breaks: 'DISK-05',
    description:
      'regions that a disk log grows by are clean; seen when a table with more regions is swapped in',
  },
  {
    name: 'nosync-ignored-for-valid-header',
    breaks: 'DISK-07',
    description:
      'sync and nosync do not overrule what is on the log device; seen when a log is created anew on it',
  },
  {
    name: 'log-write-error-ignored',
    breaks: 'DISK-08',
    description:
      'FLUSH succeeds and the status shows A although the log device fails; seen with a failing log device',
  },
  {
    name: 'log-cache-not-flushed',
    breaks: 'DISK-12',
    description:
      'the cache of the log device is not flushed before FLUSH is answered; seen in the trace of the drive',
  },
  {
    name: 'log-loaded-at-construction',
    breaks: 'CTR-21',
    description: 'the log device is read and written at CTR; seen when a table is loaded beside a live one',
  },
  {
    name: 'old-instance-writes-old-bitmap',
    breaks: 'LUID-12',
    description:
      'a late FLUSH of the instance that was swapped out writes its bitmap; seen in the image after a swap',
  },
  {
    name: 'nosync-reapplied-on-reconnect',
    breaks: 'RECOV-08',
    description:
      'nosync is applied again when the kernel rebuilds a log; seen when the daemon is restarted while regions are dirty',
  },
  {
    name: 'restart-forgets-marks',
    breaks: 'RECOV-07',
    description: 'a restarted daemon takes marked regions for clean; seen when it is restarted during writes',
  },
  {
    name: 'reconnect-returns-device',
    breaks: 'RECOV-04',
    description: 'CTR of a disk log is always answered with its device; seen as a reconnect that never ends',
  },
  {
    name: 'hands-out-work-while-suspended',
    breaks: 'SYNC-20',
    description: 'a suspended log hands out regions to recover; seen when it is asked, which no kernel does',
  },
  {
    name: 'repeated-resume-resets',
    breaks: 'SUSP-13',
    description: 'RESUME of an active log resets its sync bits; seen when it is repeated',
  },
  {
    name: 'unknown-type-succeeds',
    breaks: 'ERR-04',
    description: 'a request of unknown type is answered with success; seen with types that no kernel sends',
  },
  {
    name: 'region-count-accepted',
    breaks: 'ERR-05',
    description:
      'IN_SYNC of the region after the last is answered; seen when it is asked, which no kernel does',
  },
  {
    name: 'refusal-carries-data',
    breaks: 'ERR-01',
    description: 'a refusal carries the payload of its request; seen when a table is refused',
  },
];

/** The name by which `loadProfile` and reports know the profile of a mutant. */
export function profileNameOfMutant(name: string): string {
  return `mutant-${name}`;
}
