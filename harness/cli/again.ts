import { relative } from 'node:path';
import type { Tier } from '../plan/definition.js';
import { selectTests, type SelectionSource } from '../plan/select.js';
import { isSourceCheckout } from '../setup/root.mjs';
import type { Again } from '../../reports/again.js';

/** How the tests of a run are started again, from where this command line is. */
export function againOf(tier: Tier, suite: SelectionSource, checkout = isSourceCheckout): Again {
  return {
    path: (path) => {
      const shorter = relative(process.cwd(), path);
      return shorter.startsWith('..') ? path : shorter.includes('/') ? shorter : `./${shorter}`;
    },
    command: checkout ? ['npm', 'start', '--'] : ['npx', 'ulogcheck', 'run'],
    patterns: (title) => {
      const ids = suite.tests.find((test) => test.title === title)?.ids ?? [];
      const { tests } = selectTests(ids, tier, suite);
      // Other tests of the same requirements would come along.
      return ids.length > 0 && tests.every((test) => test.title === title) ? ids : [title];
    },
  };
}
