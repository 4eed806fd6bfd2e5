import { once } from 'node:events';
import { open } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import type { Program } from '../../setup/packages-tool.js';
import { runTool, ToolError } from '../../setup/packages-tool.js';
import type { DiskPeers } from '../../setup/packages-disk-peers.js';
import { ownedTempDir, spawnOwned, type OwnedChild } from '../../setup/owned.mjs';

/** Debian's tgt could not be started. */
export class PeerError extends Error {
  override name = 'PeerError';
}

/** A running tgtd with one unit, a sparse file. */
export interface PeerTarget extends AsyncDisposable {
  /** `iscsi://…` of the unit. */
  readonly url: string;
  /** Of 127.0.0.1. */
  readonly port: number;
  /** Name of the target. */
  readonly name: string;
  readonly lun: number;
  /** First NAA designator of the unit, in hex, as tgt makes it from the numbers of target and unit. */
  readonly naa: string;
}

const NAME = 'iqn.2026-11.invalid.ulogcheck:peer';
/** Number 0 is the target's controller. */
const LUN = 1;
/** Each try waits for a process that tells nobody when it is ready. */
const TRIES = 100;
const TRY_MS = 100;

/** Starts tgtd in the foreground on loopback, with a unit of `bytes` bytes. Throws {@link PeerError}. */
export async function startPeer({ tgtd, tgtadm }: DiskPeers, bytes: number): Promise<PeerTarget> {
  const directory = await ownedTempDir('ulogcheck-tgt-');
  let child: OwnedChild | undefined;
  const end = async (): Promise<void> => {
    child?.kill('SIGKILL');
    await child?.exited;
    await directory[Symbol.asyncDispose]();
  };
  try {
    const image = join(directory.path, 'unit');
    const file = await open(image, 'wx');
    await file.truncate(bytes);
    await file.close();
    const port = await freePort();
    const env = { TGT_IPC_SOCKET: join(directory.path, 'socket') };
    child = spawnOwned([...tgtd.command, '--foreground', '--iscsi', `portal=127.0.0.1:${port}`], {
      env: { ...process.env, ...tgtd.env, ...env },
    });
    let said = '';
    child.stderr.on('data', (chunk: Buffer) => (said += chunk.toString()));
    child.stdout.on('data', (chunk: Buffer) => (said += chunk.toString()));
    const setUp = { ...tgtadm, env: { ...tgtadm.env, ...env } };
    await configure(setUp, child, image, () => said);
    return {
      url: `iscsi://127.0.0.1:${port}/${NAME}/${LUN}`,
      ...{ port, name: NAME, lun: LUN, naa: '3000000100000001' },
      [Symbol.asyncDispose]: end,
    };
  } catch (error) {
    await end();
    if (error instanceof ToolError) throw new PeerError(error.message, { cause: error });
    throw error;
  }
}

async function configure(
  tgtadm: Program,
  child: OwnedChild,
  image: string,
  said: () => string,
): Promise<void> {
  const iscsi = ['--lld', 'iscsi', '--tid', '1', '--op'];
  for (let left = TRIES; ; left--) {
    try {
      await runTool(tgtadm, [...iscsi, 'new', '--mode', 'target', '--targetname', NAME]);
      break;
    } catch (error) {
      if (!(error instanceof ToolError) || left === 0 || !child.running) {
        throw new PeerError(`tgtd is not ready: ${said().trim() || String(error)}`, { cause: error });
      }
      await Promise.race([child.exited, new Promise((resolve) => setTimeout(resolve, TRY_MS))]);
    }
  }
  const unit = ['--lun', String(LUN), '--backing-store', image];
  await runTool(tgtadm, [...iscsi, 'new', '--mode', 'logicalunit', ...unit]);
  await runTool(tgtadm, [...iscsi, 'bind', '--mode', 'target', '--initiator-address', 'ALL']);
}

/** A port that nobody listens on now: tgtd cannot choose one itself. */
async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  if (address === null || typeof address === 'string') throw new PeerError('no free port');
  return address.port;
}
