/**
 * Which modules of a kernel are kept: what nodes load (vm-images/needs.ts; a unit test holds the two together), and
 * the neighbours that people who test block devices reach for, so that a further need costs no new download. A kernel
 * for any machine has 4000 modules of 600 MB; these are some 100 of 10 MB.
 */
const KEPT: readonly RegExp[] = [
  /^drivers\/md\/(persistent-data\/)?(dm-|md-mod|raid)/,
  /^drivers\/block\/(brd|loop|nbd|virtio_blk|null_blk)/,
  /^drivers\/scsi\/(scsi_mod|scsi_common|sd_mod|sg|virtio_scsi|scsi_debug)\./,
  /^drivers\/scsi\/(iscsi_tcp|libiscsi|libiscsi_tcp|scsi_transport_iscsi|iscsi_boot_sysfs)\./,
  /^drivers\/scsi\/device_handler\//,
  /^drivers\/virtio\/(virtio|virtio_ring|virtio_pci|virtio_pci_\w+|virtio_balloon)\./,
  /^drivers\/char\/(virtio_console|hw_random\/(rng-core|virtio-rng))\./,
  /^drivers\/net\/(virtio_net|net_failover|dummy|nlmon)\./,
  /^drivers\/misc\/pvpanic/,
  /^drivers\/platform\/x86\/pvpanic/,
  /^drivers\/connector\//,
  /^drivers\/watchdog\/(watchdog|softdog|i6300esb)\./,
  /^fs\/(erofs|overlayfs|dlm|configfs|ext4|jbd2|gfs2)\//,
  /^net\/(sctp\/sctp|core\/failover)\./,
  // Asked for by name at run time, which the dependencies do not tell.
  /^(arch\/x86\/|lib\/)?(crypto|crc)\/(crc32c|crct10dif|libcrc32c)/,
];

/** Ends of the names of module files. */
export const MODULE_FILE = /\.ko(\.(xz|zst|gz))?$/;

/** Whether a module is kept; `path` is that below `kernel/`, e.g. `drivers/md/dm-log.ko.xz`. */
export function isKept(path: string): boolean {
  return KEPT.some((pattern) => pattern.test(path));
}

/** Changes when other modules are kept. */
export const KEPT_IDENTITY: readonly string[] = KEPT.map(({ source }) => source);

/** `kernel/drivers/md/dm-log.ko.xz` -> `dm_log`; the kernel treats `-` and `_` alike. */
export function moduleName(path: string): string {
  return path.replace(/^.*\//, '').replace(MODULE_FILE, '').replaceAll('-', '_');
}

/** Names of the modules that a module needs, as its `.modinfo` section says; bytes of the unpacked file. */
export function dependenciesOf(module: Buffer): string[] {
  const names: string[] = [];
  for (let at = module.indexOf('depends='); at >= 0; at = module.indexOf('depends=', at + 1)) {
    // An entry of the section begins behind the NUL of the one before; the same letters may be in other strings.
    if (at > 0 && module[at - 1] !== 0) continue;
    const end = module.indexOf(0, at);
    const text = module.toString('latin1', at + 'depends='.length, end < 0 ? module.length : end);
    if (/^[\w,-]*$/.test(text)) names.push(...text.split(',').filter((name) => name !== ''));
  }
  return names;
}
