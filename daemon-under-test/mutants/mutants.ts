/** The table of the broken variants of the reference daemon, and what each breaks. */

/** One mutant; it lives in the module of its name, and still creates, writes and removes a plain mirror. */
export interface DaemonMutant {
  readonly name: string;
  /** The requirement that it breaks. */
  readonly breaks: string;
  /** Further ones that it breaks, of scenarios in which the fault shows as well. */
  readonly alsoBreaks?: readonly string[];
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
    alsoBreaks: ['LUID-03'],
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
    name: 'first-created-wins',
    breaks: 'LUID-01',
    alsoBreaks: ['LUID-03', 'LUID-11'],
    description:
      'every request but CTR and DTR acts on the oldest log of the UUID; seen at a swap, after which the new one never resyncs',
  },
  {
    name: 'parameters-of-first-ctr',
    breaks: 'LUID-01',
    description:
      'a log made beside another one of its UUID gets the region size and count of that one; seen when a mirror grows',
  },
  {
    name: 'sync-reported-to-all',
    breaks: 'LUID-01',
    description:
      'SET_REGION_SYNC reaches every log of the UUID; seen when a table is swapped in that was loaded during a resync',
  },
  {
    name: 'resume-destroys-old',
    breaks: 'LUID-01',
    description:
      'RESUME destroys the other logs of the UUID; seen at a swap, as a DTR of the old one that is refused',
  },
  {
    name: 'suspend-by-uuid',
    breaks: 'LUID-03',
    description:
      'PRESUSPEND halts recovery for the UUID until the same log is resumed; after a swap the new one never resyncs',
  },
  {
    name: 'resync-position-by-uuid',
    breaks: 'LUID-03',
    description:
      'how far a resync has come is remembered for the UUID; seen after a swap, as regions that are never recovered',
  },
  {
    name: 'dtr-takes-newest',
    breaks: 'LUID-03',
    description: 'DTR destroys the newest log of the UUID; seen at a swap, which ends without a log',
  },
  {
    name: 'resume-by-uuid',
    breaks: 'LUID-03',
    description:
      'RESUME wakes every suspended log of the UUID; after a swap the old disk log has taken the log device back',
  },
  {
    name: 'dtr-frees-log-device',
    breaks: 'LUID-03',
    description:
      'DTR of the old log takes the log device away from the new one; after a swap each FLUSH with a mark fails',
  },
  {
    name: 'luid-upper-half',
    breaks: 'LUID-08',
    alsoBreaks: ['LUID-01', 'LUID-03'],
    description:
      'only the upper 32 bits of a luid are kept, in which the kernel addresses of one host are alike; seen at a swap',
  },
  {
    name: 'state-copied-to-pending',
    breaks: 'LUID-11',
    description:
      'a log made beside a live one takes its regions in sync over; seen after a reload, and as a new leg that stays empty',
  },
  {
    name: 'dtr-writes-old-bitmap',
    breaks: 'LUID-12',
    description:
      'DTR of a disk log writes its header and bitmap once more; seen in the image after a swap, and when that is loaded',
  },
  {
    name: 'marks-go-to-newest',
    breaks: 'FLUSH-02',
    description:
      'MARK_REGION marks the newest log of the UUID; seen in the image when a write meets a table that is only loaded',
  },
  {
    name: 'dtr-keeps-state',
    breaks: 'SYNC-08',
    alsoBreaks: ['LVM-09'],
    description:
      'what a log knew outlives its DTR and goes to the next log of the UUID; seen when a mirror is made anew',
  },
  {
    name: 'resync-skips-a-region',
    breaks: 'SYNC-08',
    alsoBreaks: ['LVM-01', 'LVM-22', 'LVM-23', 'LVM-24'],
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
    alsoBreaks: ['LVM-23', 'LVM-24'],
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
    name: 'log-loaded-at-construction',
    breaks: 'CTR-21',
    description: 'the log device is read and written at CTR; seen when a table is loaded beside a live one',
  },
  {
    name: 'log-device-not-told',
    breaks: 'CTR-23',
    description:
      'CTR of a disk log is answered without its device; seen in dmsetup deps, and when LVM suspends that device first',
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
    name: 'refusal-carries-data',
    breaks: 'ERR-01',
    description: 'a refusal carries the payload of its request; seen when a table is refused',
  },
  {
    name: 'quiescing-refuses-marks',
    breaks: 'SUSP-02',
    description:
      'MARK_REGION between PRESUSPEND and POSTSUSPEND is refused; seen when writes are in flight at a suspend',
  },
  {
    name: 'late-clear-refused',
    breaks: 'SUSP-03',
    description: 'CLEAR_REGION after POSTSUSPEND is refused; seen when the last write ends with the suspend',
  },
  {
    name: 'late-flush-unknown',
    breaks: 'ERR-03',
    description: 'FLUSH after POSTSUSPEND is answered -ESRCH, as if the log were unknown; seen there too',
  },
  {
    name: 'in-sync-flickers',
    breaks: 'SYNC-02',
    alsoBreaks: ['LVM-01'],
    description:
      'the first IN_SYNC of a region that is in sync is answered 0; seen at a first write, which then misses a leg',
  },
  {
    name: 'resync-of-a-synced-region',
    breaks: 'SYNC-04',
    description: 'region 0 is handed out once more when all regions are in sync; seen at the end of a resync',
  },
  {
    name: 'sync-reports-counted',
    breaks: 'SYNC-06',
    description: 'GET_SYNC_COUNT counts reports instead of regions; seen when a region fails twice',
  },
  {
    name: 'failed-region-forgotten',
    breaks: 'SYNC-17',
    description:
      'a region whose write failed counts as in sync after the next RESUME; seen when a leg fails for a while',
  },
  {
    name: 'nosync-hint-at-zero',
    breaks: 'SYNC-11',
    description: 'the in-sync hint of a nosync log stays 0; seen as a question before each write',
  },
  {
    name: 'status-empty-in-resync',
    breaks: 'STAT-09',
    description: 'STATUS_INFO is empty while regions are out of sync; seen in dmsetup status during a resync',
  },
  {
    name: 'region-size-capped',
    breaks: 'CTR-03',
    description: 'GET_REGION_SIZE answers 128 for larger regions; seen with regions of 256 sectors',
  },
  {
    name: 'set-sync-echoes-payload',
    breaks: 'ERR-07',
    description: 'SET_REGION_SYNC is answered with its own payload; seen in a resync',
  },
  {
    name: 'underscore-accepted',
    breaks: 'CTR-06',
    description: 'clustered_core is taken for clustered-core; seen when a table says so',
  },
  {
    name: 'odd-region-size-accepted',
    breaks: 'CTR-05',
    description: 'a region size of 192 sectors is taken for 128; seen when a table says so',
  },
  {
    name: 'block-on-error-refused',
    breaks: 'CTR-04',
    description: 'a table with block_on_error is refused',
  },
  {
    name: 'live-ctr-refused',
    breaks: 'RECOV-02',
    description: 'CTR of a live log is refused; seen when several threads reconnect after a restart',
  },
  {
    name: 'unknown-log-not-in-sync',
    breaks: 'RECOV-13',
    description:
      'IN_SYNC of an unknown log is answered 0; seen when an idle daemon is restarted, and as legs that differ',
  },
  {
    name: 'reconnect-starts-unsynced',
    breaks: 'RECOV-11',
    description: 'a log that is rebuilt after a restart has no region in sync whatever was known of it',
  },
  {
    name: 'unknown-presuspend-again',
    breaks: 'ERR-02',
    description:
      'PRESUSPEND of an unknown log is answered -EAGAIN; seen when a restart is followed by a suspend',
  },
  {
    name: 'disk-status-with-path',
    breaks: 'STAT-01',
    description: 'the status of a disk log names a path; seen in dmsetup status',
  },
  {
    name: 'disk-words-swapped',
    breaks: 'DISK-03',
    description: 'the bitmap is in big-endian words; seen when the disk log of the kernel reads it',
  },
  {
    name: 'disk-blank-is-clean',
    breaks: 'DISK-04',
    description: 'on a blank device all regions are clean; seen when a mirror is made on one',
  },
  {
    name: 'disk-old-bits-clean',
    breaks: 'LUID-13',
    description: 'a log that grows takes its old regions for clean; seen when dirty ones are among them',
  },
  {
    name: 'disk-starts-all-dirty',
    breaks: 'DISK-06',
    alsoBreaks: ['LVM-09'],
    description:
      'what is on the device is not read, and all regions are dirty; seen as a full resync after a power cut or an activation',
  },
  {
    name: 'disk-small-device-accepted',
    breaks: 'DISK-09',
    description: 'a log device that is too small is accepted',
  },
  {
    name: 'disk-padding-set',
    breaks: 'DISK-10',
    description: 'the bits behind the last region are 1; seen on the log device',
  },
  {
    name: 'resume-starts-anew',
    breaks: 'LVM-08',
    alsoBreaks: ['LVM-10'],
    description:
      'a log that is resumed after a suspend has no region in sync; seen when a mirror is refreshed or renamed',
  },
  {
    name: 'dtr-keeps-device-open',
    breaks: 'LVM-21',
    description: 'the log device stays open after DTR; seen when LVM removes the volume of the log',
  },
  {
    name: 'dtr-refused-in-resync',
    breaks: 'LVM-21',
    description:
      'DTR of a log with regions to recover is refused; seen when a mirror is removed during its resync',
  },
  {
    name: 'rebuild-resume-refused',
    breaks: 'RECOV-03',
    alsoBreaks: ['LVM-22'],
    description:
      'the RESUME that follows the CTR of a rebuild is refused; seen as a request that fails after a restart',
  },
  {
    name: 'repetition-refused',
    breaks: 'LVM-23',
    description:
      'a request that is sent again is refused; seen when a daemon goes on that stood still for 15 s',
  },
];

/** The name by which `loadProfile` and reports know the profile of a mutant. */
export function profileNameOfMutant(name: string): string {
  return `mutant-${name}`;
}
