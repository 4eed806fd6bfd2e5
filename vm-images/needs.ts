import type { ModuleNeed } from './modules.js';

function loaded(option: string, ...alternatives: string[]): ModuleNeed {
  return { alternatives, option, load: true };
}

/** For drives (docs/disks.md): a kernel without it runs all other tests. */
function carriedIfThere(option: string, ...alternatives: string[]): ModuleNeed {
  return { alternatives, option, load: false, optional: true };
}

function carried(option: string, ...alternatives: string[]): ModuleNeed {
  return { alternatives, option, load: false };
}

/**
 * What every node's kernel must offer (facts of several kernels: spec vm 8). Loaded at boot is what the way in,
 * the root file system and the recorder's probes need; the rest waits for modprobe or for device-mapper asking
 * for a target.
 */
export const NODE_NEEDS: readonly ModuleNeed[] = [
  loaded('CONFIG_VIRTIO_PCI', 'virtio_pci'),
  loaded('CONFIG_VIRTIO_BLK', 'virtio_blk'),
  loaded('CONFIG_VIRTIO_CONSOLE', 'virtio_console'),
  loaded('CONFIG_VIRTIO_NET', 'virtio_net'),
  loaded('CONFIG_SCSI_VIRTIO', 'virtio_scsi'),
  loaded('CONFIG_BLK_DEV_SD', 'sd_mod'),
  loaded('CONFIG_EROFS_FS', 'erofs'),
  loaded('CONFIG_OVERLAY_FS', 'overlay'),
  loaded('CONFIG_BLK_DEV_DM', 'dm_mod'),
  loaded('CONFIG_DM_MIRROR', 'dm_mirror'),
  loaded('CONFIG_DM_LOG_USERSPACE', 'dm_log_userspace'),
  // One module up to 5.11, split later.
  loaded('CONFIG_PVPANIC_MMIO', 'pvpanic_mmio', 'pvpanic'),
  loaded('CONFIG_PVPANIC_PCI', 'pvpanic_pci', 'pvpanic'),
  loaded('CONFIG_BLK_DEV_LOOP', 'loop'),
  carried('CONFIG_DM_SNAPSHOT', 'dm_snapshot'),
  carried('CONFIG_DM_DELAY', 'dm_delay'),
  carried('CONFIG_DM_FLAKEY', 'dm_flakey'),
  carried('CONFIG_BLK_DEV_RAM', 'brd'),
  carried('CONFIG_CHR_DEV_SG', 'sg'),
  carriedIfThere('CONFIG_ISCSI_TCP', 'iscsi_tcp'),
];
