/** The types of logs: two that a daemon serves, and the kernel's own two of the same kinds (spec 5, 12). */
export type LogType = 'clustered-core' | 'clustered-disk' | 'core' | 'disk';

/** Which log and which features a mirror's table asks for; sizes in regions, region size in 512-byte sectors. */
export interface MirrorTable {
  readonly uuid: string;
  readonly regions: number;
  /** Sectors per region; default 128 (64 KiB). */
  readonly regionSectors: number;
  readonly log: LogType;
  /** Path or maj:min of the device of a `clustered-disk` or `disk` log. */
  readonly logDevice: string;
  readonly sync: 'default' | 'sync' | 'nosync';
  readonly integratedFlush: boolean;
  readonly handleErrors: boolean;
  /** Further words of the log, behind all others. */
  readonly extraArguments?: readonly string[];
  /** Instead of type, device, region size and sync: what the daemon gets behind the length, as it stands. */
  readonly constructorWords?: readonly string[];
}

/** Length of the target in 512-byte sectors. */
export function tableSectors(table: MirrorTable): number {
  return table.regions * table.regionSectors;
}

/** True for the logs that the kernel keeps itself, without a daemon. */
function isKernelLog(log: LogType): boolean {
  return log === 'core' || log === 'disk';
}

function typeWords({ log, logDevice, regionSectors, sync }: MirrorTable): readonly string[] {
  return [
    log,
    ...(log === 'clustered-disk' || log === 'disk' ? [logDevice] : []),
    String(regionSectors),
    ...(sync === 'default' ? [] : [sync]),
  ];
}

/** `<type> <number of arguments> <arguments>`: a userspace log counts its type word, the kernel's own does not. */
function logWords(table: MirrorTable): readonly string[] {
  if (isKernelLog(table.log)) {
    const [type = table.log, ...args] = typeWords(table);
    return [type, String(args.length), ...args];
  }
  const args = [
    table.uuid,
    ...(table.integratedFlush ? ['integrated_flush'] : []),
    ...(table.constructorWords ?? typeWords(table)),
    ...(table.extraArguments ?? []),
  ];
  return ['userspace', String(args.length), ...args];
}

/** The device-mapper line of a two-or-more-leg mirror (spec dm-log-userspace 5). */
export function tableLine(table: MirrorTable, legs: readonly string[]): string {
  const words = [
    ...['0', String(tableSectors(table)), 'mirror', ...logWords(table)],
    ...[String(legs.length), ...legs.flatMap((leg) => [leg, '0'])],
    ...(table.handleErrors ? ['1', 'handle_errors'] : []),
  ];
  return words.join(' ');
}
