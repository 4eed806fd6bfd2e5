import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';

/** Playwright's command line, of the same copy that the compiled specs import: two copies break each other. */
export function playwrightCli(): string {
  const require = createRequire(import.meta.url);
  return join(dirname(require.resolve('@playwright/test/package.json')), 'cli.js');
}
