import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Command } from 'commander';
import { COMMANDS } from './program.js';

test('each command is found by its own name', async () => {
  for (const [name, load] of Object.entries(COMMANDS)) {
    const program = new Command();
    const add = await load();
    add(program, () => undefined);
    assert.deepEqual(
      program.commands.flatMap((command) => [command.name(), ...command.aliases()]),
      [name],
    );
  }
});
