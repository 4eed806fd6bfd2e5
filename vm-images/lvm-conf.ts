/**
 * /etc/lvm/lvm.conf of the nodes, for LVM 2.03.11 and newer: each setting is known to all of them, so that none warns.
 * No udevd runs, and nobody serves dmeventd, lvmpolld or D-Bus: nothing may wait for them.
 *
 * - Physical volumes are plugged disks (sd*), and what a test calls pv… in /dev/mapper; neither system disks (vd*) nor
 *   mirrors that dmsetup made, whose reads would ask the log daemon. LVM's own names have a dash in them.
 * - No hints: they save nothing with a handful of disks. There is no setting about a devices file, for 2.03.11 does not
 *   know one; newer ones as Debian builds them use none.
 * - Synchronous reads: to end an asynchronous context takes the kernel 20 ms, a quarter of the time of `lvs`.
 * - Copies of old metadata are not kept, but the latest is: without it each command warns, and it costs nothing.
 * - pvmove looks every second how far it is, not every 15 s.
 */
export const LVM_CONF = `devices {
	obtain_device_list_from_udev = 0
	external_device_info_source = "none"
	scan_lvs = 0
	hints = "none"
	filter = [ "a|^/dev/sd|", "a|^/dev/mapper/pv[^-]*$|", "r|.*|" ]
}
activation {
	udev_sync = 0
	udev_rules = 0
	verify_udev_operations = 0
	monitoring = 0
	polling_interval = 1
}
global {
	use_aio = 0
	use_lvmpolld = 0
	use_lvmlockd = 0
	event_activation = 0
	notify_dbus = 0
}
backup {
	archive = 0
}
`;
