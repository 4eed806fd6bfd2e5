/** Which log and which features a mirror's table asks for; sizes in regions, region size in 512-byte sectors. */
export interface MirrorTable {
  readonly uuid: string;
  readonly regions: number;
  /** Sectors per region; default 128 (64 KiB). */
  readonly regionSectors: number;
  readonly log: 'clustered-core';
  readonly sync: 'default' | 'sync' | 'nosync';
  readonly integratedFlush: boolean;
  readonly handleErrors: boolean;
  /** Further words of the log, behind all others. */
  readonly extraArguments?: readonly string[];
}

/** Length of the target in 512-byte sectors. */
export function tableSectors(table: MirrorTable): number {
  return table.regions * table.regionSectors;
}

/**
 * The device-mapper line of a two-or-more-leg mirror with a userspace log (spec dm-log-userspace 5).
 * The log's argument count counts everything of the log after itself.
 */
export function tableLine(table: MirrorTable, legs: readonly string[]): string {
  const logArguments = [
    table.uuid,
    ...(table.integratedFlush ? ['integrated_flush'] : []),
    table.log,
    String(table.regionSectors),
    ...(table.sync === 'default' ? [] : [table.sync]),
    ...(table.extraArguments ?? []),
  ];
  const words = [
    ...[
      '0',
      String(tableSectors(table)),
      'mirror',
      'userspace',
      String(logArguments.length),
      ...logArguments,
    ],
    ...[String(legs.length), ...legs.flatMap((leg) => [leg, '0'])],
    ...(table.handleErrors ? ['1', 'handle_errors'] : []),
  ];
  return words.join(' ');
}
