import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { test } from 'node:test';
import fc from 'fast-check';
import { shellCommand, shellQuote } from './shell-words.js';

test('plain words stay readable', () => {
  assert.equal(
    shellCommand(['dmsetup', 'create', 'm', '--table', '0 8 mirror']),
    "dmsetup create m --table '0 8 mirror'",
  );
  assert.equal(shellCommand('a | b'), 'a | b');
});

test('a shell gives back every word as it was', () => {
  const word = fc.string({ unit: 'grapheme', maxLength: 20 }).filter((text) => !text.includes('\0'));
  fc.assert(
    fc.property(word, (text) => {
      const seen = execFileSync('sh', ['-c', `printf %s ${shellQuote(text)}`], { encoding: 'utf8' });
      assert.equal(seen, text);
    }),
    { numRuns: 50 },
  );
});
