/** Nodes for self tests with drives: copies of the golden node that the puppet lives in. */
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { ownedTempDir } from '../../setup/owned.mjs';
import type { RunEnvironment } from '../environment.js';
import { Node } from '../node.js';
import { openGolden } from '../open-golden.js';
import { prepareRun } from '../prepare.js';

/** Of the default kernel and userland, or those that ULOGCHECK_KERNEL and ULOGCHECK_USERLAND name. */
export class SelfTestNodes implements AsyncDisposable {
  readonly #nodes: Node[] = [];

  private constructor(
    private readonly environment: RunEnvironment,
    private readonly directory: Awaited<ReturnType<typeof ownedTempDir>>,
  ) {}

  /** Throws what prepareRun does. */
  static async prepare(): Promise<SelfTestNodes> {
    const machine = {
      kernel: process.env['ULOGCHECK_KERNEL'] ?? 'stable',
      userland: process.env['ULOGCHECK_USERLAND'] ?? 'trixie',
      qemu: undefined,
    };
    const underTest = new Set(['kernel' as const]);
    const options = { ...machine, daemons: [], underTest, golden: 'ready' as const };
    const { environment } = await prepareRun(options, () => undefined);
    return new SelfTestNodes(environment as RunEnvironment, await ownedTempDir('ulogcheck-test-'));
  }

  /** One more, from the snapshot, without disks. Throws what Node.restore does. */
  async restore(name: string): Promise<Node> {
    const { environment } = this;
    const directory = join(this.directory.path, name);
    await mkdir(directory);
    const golden = await openGolden(environment.plain.golden.ready ?? '');
    const node = await Node.restore({
      environment,
      images: environment.plain,
      name,
      directory,
      disks: [],
      golden,
    });
    this.#nodes.push(node);
    return node;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const node of this.#nodes) await node[Symbol.asyncDispose]();
    await this.directory[Symbol.asyncDispose]();
  }
}
