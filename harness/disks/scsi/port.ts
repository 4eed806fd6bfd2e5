import type { Nexus } from './task.js';

/** The only target port has this relative port identifier (SPC-4), and this portal group tag in names. */
export const RELATIVE_PORT = 1;

/**
 * Name of an initiator port, `NAME,i,0xISID`, as a TransportID of iSCSI has it (spc4r37 7.6.4.6). With one target port
 * it names the I_T nexus too: a session that logs in again is the same one.
 */
export function initiatorPort({ initiator, isid }: Nexus): string {
  return `${initiator},i,0x${isid}`;
}
