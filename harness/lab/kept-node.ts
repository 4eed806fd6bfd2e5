/** Nodes that live on after their test, for people (`ulogcheck run --keep`, `ulogcheck enter`). */
import { existsSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { SSH_PORT } from './environment.js';
import type { Node } from './node.js';
import { memoryFile } from './node-memory.js';
import { enterTerminal, serveTerminal, TERMINAL_SHELL } from './terminal.js';

/** In the directory of a test whose node is kept. */
const KEPT_FILE = 'node.json';

const keptSchema = z.strictObject({
  schemaVersion: z.literal(1),
  /** Unix socket on which the node serves SSH. */
  socket: z.string(),
  keys: z.strictObject({
    userPrivate: z.string(),
    userPublic: z.string(),
    hostPrivate: z.string(),
    hostPublic: z.string(),
  }),
});

/** There is no kept node where one was asked for; the message says what to do. */
export class NoKeptNode extends Error {
  override readonly name = 'NoKeptNode';
}

/**
 * Makes a node enterable by way of the directory of its test, unless its kernel has panicked. Returns what a person is
 * to be told. Throws when the guest is out of reach.
 */
export async function keepNode(node: Node, directory: string): Promise<string> {
  if (node.vm.panic !== undefined) {
    const path = join(directory, memoryFile(node));
    const where = existsSync(path) ? `is in ${path}` : 'was not saved';
    return `its kernel panicked, so nobody can enter; its memory ${where}`;
  }
  const keys = await serveTerminal(node);
  const kept: z.infer<typeof keptSchema> = {
    schemaVersion: 1,
    socket: node.vm.portPath(SSH_PORT),
    keys: { ...keys },
  };
  await writeFile(join(directory, KEPT_FILE), `${JSON.stringify(kept, undefined, 2)}\n`, { mode: 0o600 });
  return `enter it with: npx ulogcheck enter ${directory}`;
}

/** Joins a kept node to the terminal until the shell in it ends; returns that shell's status. Throws NoKeptNode. */
export async function enterKeptNode(directory: string): Promise<number> {
  const path = join(directory, KEPT_FILE);
  const text = await readFile(path, 'utf8').catch(() => undefined);
  const parsed = text === undefined ? undefined : keptSchema.safeParse(json(text));
  if (parsed?.success !== true) {
    throw new NoKeptNode(
      `${directory}: no node of this test is kept. Run the test with --keep, and enter it while that run is there.`,
    );
  }
  const { socket, keys } = parsed.data;
  try {
    await using terminal = await enterTerminal(socket, keys);
    return await terminal.interact(TERMINAL_SHELL, process.stdin, process.stdout);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code !== 'ENOENT' && code !== 'ECONNREFUSED') throw error;
    throw new NoKeptNode(`${directory}: its node is gone: the run that kept it has ended.`, { cause: error });
  }
}

function json(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
