import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { renderMutants } from './mutants-terminal.js';
import { styleOf } from './style.js';

describe('the table of mutants', () => {
  it('tells what caught each, and what survived', () => {
    const text = renderMutants(
      {
        schemaVersion: 2,
        mutants: [
          {
            name: 'uuid-keyed',
            kind: 'daemon',
            breaks: 'LUID-03',
            verdict: 'killed',
            reason: 'expected a; seen b',
            killedBy: 'a swap',
            durationMs: 4000,
          },
          {
            name: 'drop',
            kind: 'history',
            breaks: 'SUSP-01',
            verdict: 'survived',
            reason: 'nobody saw it',
            killedBy: null,
            durationMs: 3,
          },
        ],
      },
      styleOf({}, {}),
    );
    assert.deepEqual(text.split('\n'), [
      '',
      'mutant      breaks   kind     verdict       time  killed by, or why not',
      'uuid-keyed  LUID-03  daemon   killed       4.0 s  a swap',
      `${' '.repeat(50)}expected a; seen b`,
      'drop        SUSP-01  history  survived      3 ms  nobody saw it',
      '',
      'not caught drop (SUSP-01)',
      '  why   nobody saw it',
      '',
      '1 killed, 1 survived, 0 weak, 0 infra, 0 not applicable',
      '',
    ]);
  });
});
