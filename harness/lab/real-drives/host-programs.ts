import type { Conversation, GuestSession } from '../../guest/index.js';
import { type OwnedChild, spawnOwned } from '../../setup/owned.mjs';

/** Runs the programs that tests talk to on this machine instead of in a node; all have ended when it is disposed of. */
export class HostPrograms implements Pick<GuestSession, 'converse'>, AsyncDisposable {
  readonly #children: OwnedChild[] = [];

  /** Starts one. Throws OwnedSpawnError. */
  async converse(argv: readonly string[] | string): Promise<Conversation> {
    const child = spawnOwned(typeof argv === 'string' ? ['sh', '-c', argv] : argv);
    this.#children.push(child);
    // What it does not read any more is told by its end.
    child.stdin.on('error', () => undefined);
    return await Promise.resolve({
      id: child.pid,
      stdout: child.stdout,
      stderr: child.stderr,
      exited: child.exited,
      write: (bytes) => {
        child.stdin.write(bytes);
      },
      end: () => {
        child.stdin.end();
      },
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#children.map((child) => child[Symbol.asyncDispose]()));
  }
}
