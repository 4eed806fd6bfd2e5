import { loadCatalogue, type Catalogue } from '../../conformance/requirements/catalogue.js';
import type { History } from '../history/index.js';
import { judgeHistory } from '../oracle/index.js';
import type { JudgedTest } from './expectations.js';
import { judge, type Judged } from './judgement.js';

/**
 * Judges one test: its own expectations, and the oracle over the same history. Pure but for the catalogue,
 * which is read once. See {@link judge} for the rules. Throws only when something names a requirement that is
 * not in the catalogue.
 */
export function judgeTest(
  test: JudgedTest,
  history: History,
  catalogue: Catalogue = loadCatalogue(),
): Judged {
  return judge(test, history, judgeHistory(history), catalogue);
}
