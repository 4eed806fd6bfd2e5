/**
 * Short scenarios, one per behaviour, which between them show every mutant of the drive. The steps are what hosts on
 * several nodes can do too; what they must give stands beside them for the firmware of 2023.
 */
export interface Scenario {
  readonly title: string;
  readonly steps: readonly string[];
  /** Needs a drive with room for this many entries, hosts, and hosts of one mutex only. */
  readonly room?: number;
}
