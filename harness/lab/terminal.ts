import { connect, type Socket } from 'node:net';
import { createSessionKeys, type SessionKeys, SshSession } from '../guest/index.js';
import { SSH_PORT } from './environment.js';
import type { Node } from './node.js';

const KEYS = '/etc/ulogcheck';
const SSH_DEADLINE_MS = 30_000;

/** What a person gets. No udevd runs in the node: dmsetup must make its device nodes itself. */
export const TERMINAL_SHELL = 'export DM_DISABLE_UDEV=1; exec bash -l';

/** Starts SSH in a node, on a port of its own, and returns the keys that nobody else has. Throws GuestUnreachable. */
export async function serveTerminal({ session }: Node): Promise<SessionKeys> {
  const keys = createSessionKeys();
  await session.succeed(`mkdir -p ${KEYS}`);
  await session.writeFile(`${KEYS}/authorized_keys`, `${keys.userPublic}\n`, 0o600);
  await session.writeFile(`${KEYS}/ssh_host_ed25519_key`, keys.hostPrivate, 0o600);
  await session.start(['/usr/lib/ulogcheck/ssh', `/dev/virtio-ports/${SSH_PORT}`]);
  return keys;
}

/** Opens a person's way into a node. Throws GuestUnreachable. */
export async function openTerminal(node: Node): Promise<SshSession> {
  const keys = await serveTerminal(node);
  return await SshSession.open(await node.vm.port(SSH_PORT), keys, SSH_DEADLINE_MS);
}

/**
 * Opens a person's way into the node of another process, whose SSH is served on the unix socket `path`. One person can
 * be in at a time. Throws what connect(2) refuses, and GuestUnreachable.
 */
export async function enterTerminal(path: string, keys: SessionKeys): Promise<SshSession> {
  const socket = await new Promise<Socket>((resolve, reject) => {
    const attempt = connect(path);
    attempt.once('connect', () => resolve(attempt));
    attempt.once('error', reject);
  });
  return await SshSession.open(socket, keys, SSH_DEADLINE_MS);
}
