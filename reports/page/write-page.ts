import type { RunResults } from '../../harness/results/model.js';
import type { View } from '../explanation.js';
export const MATRIX_PAGE = 'matrix.html';
export async function writeMatrixPage(_results: RunResults, _view: View): Promise<void> {}
