import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { parse } from 'yaml';
import { projectRoot } from '../setup/root.mjs';

const text = readFileSync(join(projectRoot, 'docs', 'ci.md'), 'utf8');
const blocks = [...text.matchAll(/^```yaml\n(.*?)^```$/gms)].map(([, block = '']) => block);

/** All strings in a value, however deep. */
function strings(value: unknown): string[] {
  if (typeof value === 'string') return [value];
  if (typeof value !== 'object' || value === null) return [];
  return Object.values(value).flatMap(strings);
}

test('the jobs in docs/ci.md are YAML, and run shards that are merged', () => {
  assert.equal(blocks.length, 2);
  for (const block of blocks) {
    const commands = strings(parse(block)).filter((words) => words.startsWith('npx ulogcheck '));
    assert.deepEqual(
      commands.map((words) => words.split(' ')[2]),
      ['run', 'merge'],
    );
    // A folded text with a line break in it would be two commands.
    assert.ok(commands.every((words) => !words.trim().includes('\n')));
    assert.match(commands[0] ?? '', / --shard \S+(?: matrix.shard }})?\/\S+ --seed /);
  }
});
