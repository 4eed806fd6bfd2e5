import { createSessionKeys, SshSession } from '../guest/index.js';
import { SSH_PORT } from './environment.js';
import type { Node } from './node.js';

const KEYS = '/etc/ulogcheck';
const SSH_DEADLINE_MS = 30_000;

/** Opens a person's way into a node: starts SSH in it, with keys that nobody else has. Throws GuestUnreachable. */
export async function openTerminal(node: Node): Promise<SshSession> {
  const { session, vm } = node;
  const keys = createSessionKeys();
  await session.succeed(`mkdir -p ${KEYS}`);
  await session.writeFile(`${KEYS}/authorized_keys`, `${keys.userPublic}\n`, 0o600);
  await session.writeFile(`${KEYS}/ssh_host_ed25519_key`, keys.hostPrivate, 0o600);
  await session.start(['/usr/lib/ulogcheck/ssh', `/dev/virtio-ports/${SSH_PORT}`]);
  return await SshSession.open(await vm.port(SSH_PORT), keys, SSH_DEADLINE_MS);
}
