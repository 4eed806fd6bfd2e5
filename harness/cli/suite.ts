import { loadCatalogue } from '../../conformance/requirements/catalogue.js';
import { discoverTests } from '../plan/discover.js';
import type { SelectionSource } from '../plan/select.js';

/** The catalogue and the tests of this package. Throws CatalogueError and DefinitionError. */
export async function loadSuite(): Promise<SelectionSource> {
  return { catalogue: loadCatalogue(), tests: await discoverTests() };
}
