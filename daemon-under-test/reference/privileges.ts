/** What the kernel demands of a log daemon, asked before anything is opened (spec 2.1, TRN-03). */
import { existsSync, readFileSync } from 'node:fs';

const REQUIRED = [
  { name: 'CAP_NET_ADMIN', bit: 12n, without: 'the kernel does not let it listen to connector group 7' },
  { name: 'CAP_SYS_ADMIN', bit: 21n, without: 'the kernel drops its answers in silence' },
] as const;

/**
 * Why this process cannot serve, or undefined when it can.
 *
 * `status` is the text of /proc/self/status, `uidMap` that of /proc/self/uid_map: a user namespace gives
 * capabilities that are worth nothing to the connector. A kernel that was built without them has no such file.
 */
export function missingPrivilege(status: string, uidMap: string | undefined): string | undefined {
  const mask = /^CapEff:\s*([0-9a-f]+)$/m.exec(status)?.[1];
  if (mask === undefined) return 'no CapEff line in /proc/self/status: is /proc mounted?';
  const effective = BigInt(`0x${mask}`);
  for (const { name, bit, without } of REQUIRED) {
    if ((effective & (1n << bit)) === 0n)
      return `${name} is missing, and without it ${without}: run it as root`;
  }
  if (uidMap !== undefined && !/^\s*0\s+0\s+4294967295\s*$/.test(uidMap)) {
    return 'it runs in a user namespace, whose capabilities do not count: run it in the initial one';
  }
  return undefined;
}

/** The same for this very process. */
export function ownMissingPrivilege(): string | undefined {
  const uidMap = '/proc/self/uid_map';
  return missingPrivilege(
    readFileSync('/proc/self/status', 'utf8'),
    existsSync(uidMap) ? readFileSync(uidMap, 'utf8') : undefined,
  );
}

/** Why no request would ever arrive, or undefined; to be asked when the socket is open (the connector may be a module). */
export function missingConnector(): string | undefined {
  if (existsSync('/proc/self/net/connector')) return undefined;
  return 'no /proc/net/connector: this is not the initial network namespace, or the kernel has no connector';
}
