import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type GuestSession, shellQuote } from '../guest/index.js';
import { projectRoot } from '../setup/root.mjs';
import { PUPPET_PORT } from './environment.js';

const SOURCE = join(projectRoot, 'harness/puppet/guest/relay.pl');
const DIRECTORY = '/run/ulogcheck';
const SCRIPT = `${DIRECTORY}/relay.pl`;
const PID_FILE = `${DIRECTORY}/relay.pid`;
/** What the relay could not do, such as sending a datagram that the kernel did not take. */
export const RELAY_LOG = `${DIRECTORY}/relay.log`;

/**
 * Starts the relay in a node, which goes on by itself, and returns its process id as soon as it is bound to the
 * kernel's group; the host need not be connected to its port. One that runs already is left alone and told instead,
 * so that it may have been started before a snapshot. Throws GuestCommandError.
 */
export async function startRelay(guest: GuestSession): Promise<number> {
  const words = ['perl', SCRIPT, `/dev/virtio-ports/${PUPPET_PORT}`, PID_FILE, RELAY_LOG];
  const script = `mkdir -p ${DIRECTORY} && cat > ${SCRIPT} && exec ${words.map(shellQuote).join(' ')}`;
  return Number(await guest.succeed(script, { stdin: await readFile(SOURCE) }));
}

/** The relay's text: what decides what it does. */
export async function relayIdentity(): Promise<string> {
  return await readFile(SOURCE, 'utf8');
}

/** SIGKILL, and waits until nothing of the process is bound any more. */
export async function killRelay(guest: GuestSession, pid: number): Promise<void> {
  // A zombie has closed its sockets; a process that is only dying may not have.
  const alive = `grep -q '^State:.[^ZX]' /proc/${pid}/status 2>/dev/null`;
  await guest.succeed(`kill -KILL ${pid}; while ${alive}; do sleep 0.02; done`);
}
