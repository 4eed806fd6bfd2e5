import { resolve } from 'node:path';
import type { Command } from 'commander';

/** Defines `ulogcheck enter`. Ctrl-C belongs to the node here, so that there is no Interruption. */
export function addEnter(program: Command, finish: (status: number) => void): void {
  program
    .command('enter <directory>')
    .description('enter the node that `ulogcheck run --keep` left up: the directory of its test')
    .action(async (directory: string) => {
      const { enterKeptNode } = await import('../lab/kept-node.js');
      finish(await enterKeptNode(resolve(directory)));
    });
}
