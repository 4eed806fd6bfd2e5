/**
 * Name of the observation that the kernel reported something that says nothing about it, because the host starved
 * the guest; its value is { finding, title, because, text }.
 */
export const STARVED = 'starved';
/**
 * Name of the observation that the console was not read to the end of the test, so that the kernel may have reported
 * something about itself that nobody saw; its value tells what was awaited.
 */
export const CONSOLE_UNREAD = 'console-unread';
/** Name of the observation that tells what tasks waited for when a command stalled; its value is a list of texts. */
export const STALLED_TASKS = 'stalled-tasks';
/** Name of the observation that the host stood still for some time; its value is { ms }. */
export const HOST_STALLED = 'host-stalled';
/** Name of the observation that a node waited for a debugger, which let it go on; its value is { node }. */
export const DEBUGGER = 'debugger';
/** Name of the observation that tells by how much another node's clock was moved; its value is { node, ms, withinMs }. */
export const CLOCK_ALIGNED = 'clock-aligned';
/** Name of the observation that holds lines of the kernel's log; its value is a KernelLogLook. */
export const KERNEL_LOG = 'kernel-log';
/** Name of the observation that tells which legs hold a test write; its value is a LegBlocksLook. */
export const LEG_BLOCKS = 'leg-blocks';
/** Name of the observation that tells whether all legs of a mirror hold the same bytes; its value is { mirror, bytes, equal }. */
export const LEGS_EQUAL = 'legs-equal';
/** Name of the observation that holds what the table rewriter did for one LVM command; a list of TableRewrite. */
export const TABLE_REWRITES = 'table-rewrites';
/** Name of the observation that tells whether a logical volume holds what was written to it; its value is a DataLook. */
export const LV_DATA = 'lv-data';
/** Name of the observation that holds the headers of datagrams as a listener got them; a list of DatagramHeaders. */
export const DATAGRAMS = 'datagrams';
/** Name of the observation that tells what came of a process's try to join the connector group; its value is a GroupJoin. */
export const GROUP_JOIN = 'group-join';

/** Name of the observation that tells what hosts are to do in a random workload; its value has the seed. */
export const LOCK_SCHEDULE = 'lock-schedule';

/** Name of the observation of a SCSI command that a node sent through SG_IO: fields of sg_io_hdr, bytes in hex. */
export const SG_COMMAND = 'sg-command';

/** Lines of the kernel's log since the boot of the node that match a pattern. */
export type KernelLogLook = { readonly pattern: string; readonly lines: readonly string[] };

/** For each leg: whether the first 4 KiB of the region are what a test write puts there. */
export type LegBlocksLook = { readonly region: number; readonly written: readonly boolean[] };

/** Fields of nlmsghdr, cn_msg and dm_ulog_request (spec 2.2). */
export type DatagramHeaders = {
  readonly type: number;
  readonly flags: number;
  readonly port: number;
  readonly sequence: number;
  readonly connectorSequence: number;
  readonly requestSequence: number;
  readonly ack: number;
  /** cn_msg.len. */
  readonly length: number;
  readonly dataSize: number;
};

/** How a process joins the connector group: bind with a mask, or NETLINK_ADD_MEMBERSHIP (spec 2.1). */
export const JOIN_WAYS = ['bind', 'membership'] as const;
/** What it calls on the way: socket, bind without groups, and the call that joins. */
export const JOIN_CALLS = ['socket', 'address', 'join'] as const;

/** A process tried to join connector group 7, the one of userspace logs. */
export type GroupJoin = {
  /** Its effective user. */
  readonly uid: number;
  /** Its permitted capabilities, in hex as in /proc/PID/status. */
  readonly capabilities: string;
  readonly way: (typeof JOIN_WAYS)[number];
  /** The last call that it made. */
  readonly call: (typeof JOIN_CALLS)[number];
  /** Of that call; 0 when it succeeded. */
  readonly errno: number;
  /** The seqs of the requests that reached its socket, whether it had joined or not. */
  readonly heard: number[];
};
