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
];

/** The name by which `loadProfile` and reports know the profile of a mutant. */
export function profileNameOfMutant(name: string): string {
  return `mutant-${name}`;
}
