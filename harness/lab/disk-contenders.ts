/** The disks that `ulogcheck bench` compares, and the ways by which a node reaches them. */
import { connect } from 'node:net';
import type { Duplex } from 'node:stream';
import { Drives, type ReachableDrives } from '../disks/drives.js';
import { ServedDisks } from '../disks/bench/served.js';
import { type PeerTarget, startPeer } from '../disks/suite/peer-target.js';
import type { DiskPeers } from '../setup/packages-disk-peers.js';
import type { Node } from './node.js';

/** docs/disks.md: QEMU's own initiator, and the node's. */
export type Way = 'A' | 'B';

/** A disk in a node. */
export interface Contender {
  /**
   * On way A each is a process of its own. On way B the node's cable ends in this process, where `ours` is too: tgt is behind
   * one more socket, in a process of its own, and so is `ours by a socket`.
   */
  readonly name: 'ours' | 'ours by a socket' | 'tgt';
  /** In the node. */
  readonly device: string;
}

/** Of each; as large as drives of tests are. */
export const DISK_BYTES = 64 * 1024 * 1024;

/** Everything that is compared; ends with its disks. */
export interface Contenders extends AsyncDisposable {
  readonly ways: readonly { readonly name: Way; readonly contenders: readonly Contender[] }[];
}

/** Starts the targets, and gives the node a disk of each, on both ways. Throws PeerError, and what drives and nodes throw. */
export async function contenders(peers: DiskPeers, node: Node): Promise<Contenders> {
  const owned: AsyncDisposable[] = [];
  const own = <T extends AsyncDisposable>(made: T): T => {
    owned.push(made);
    return made;
  };
  const end = async (): Promise<void> => {
    for (const made of owned.reverse()) await made[Symbol.asyncDispose]();
  };
  try {
    const plain = { count: 1, idm: false, bytes: DISK_BYTES } as const;
    const ours = own(await Drives.serve(plain));
    // Linux shares processors between sessions: a process in this one would have to share its part with all others.
    const apart = own(await ServedDisks.start(1, ['--size', String(DISK_BYTES)]));
    const farther = asDrives({ ...apart.first, lun: 0 });
    const tgt = asDrives(own(await startPeer(peers, DISK_BYTES)));
    const a = [await plugged(node, 'ours', farther), await plugged(node, 'tgt', tgt)];
    const b = [
      await loggedIn(node, 'ours', ours),
      await loggedIn(node, 'ours by a socket', farther),
      await loggedIn(node, 'tgt', tgt),
    ];
    const ways = [
      { name: 'A', contenders: a },
      { name: 'B', contenders: b },
    ] as const;
    return { ways, [Symbol.asyncDispose]: end };
  } catch (error) {
    await end();
    throw error;
  }
}

async function plugged(node: Node, name: Contender['name'], drives: ReachableDrives): Promise<Contender> {
  return { name, device: (await node.passthrough.plug(drives, only(drives.all))).sd };
}

async function loggedIn(node: Node, name: Contender['name'], drives: ReachableDrives): Promise<Contender> {
  return { name, device: only(await node.initiator.login(drives)).sd };
}

function only<T>([first]: readonly T[]): T {
  if (first === undefined) throw new Error('a target has no disk');
  return first;
}

function asDrives({
  name,
  port,
  lun,
  naa,
}: Pick<PeerTarget, 'name' | 'port' | 'lun' | 'naa'>): ReachableDrives {
  return {
    all: [{ lun, naa, serial: name }],
    ...{ idm: false, chap: undefined, name, port },
    letGo: () => undefined, // it withholds nothing
    target: { serve: (connection) => lead(connection, port) },
  };
}

/** Leads a connection to a port of this host; one that ends takes the other one along. */
function lead(connection: Duplex, port: number): void {
  const socket = connect({ host: '127.0.0.1', port, noDelay: true });
  for (const [one, other] of [
    [connection, socket],
    [socket, connection],
  ] as const) {
    one.pipe(other);
    one.on('error', () => undefined); // 'close' follows
    one.on('close', () => other.destroy());
  }
}
