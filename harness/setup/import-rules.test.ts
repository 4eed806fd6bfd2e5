import assert from 'node:assert/strict';
import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { ownedTempDir, runOwned } from './owned.mjs';
import { projectRoot } from './root.mjs';

/** Runs the project's import rules on a project of the given files; gives the lines about what is wrong. */
async function violations(files: Record<string, string>): Promise<string[]> {
  await using directory = await ownedTempDir('ulogcheck-imports-');
  for (const [path, text] of Object.entries({ 'tsconfig.json': '{}', ...files })) {
    await mkdir(dirname(join(directory.path, path)), { recursive: true });
    await writeFile(join(directory.path, path), text);
  }
  const cruiser = join(projectRoot, 'node_modules/dependency-cruiser/bin/dependency-cruise.mjs');
  const rules = join(projectRoot, '.dependency-cruiser.cjs');
  const { stdout } = await runOwned([process.execPath, cruiser, '--config', rules, '.'], {
    cwd: directory.path,
    allow: 'any', // the number of violations
    env: { ...process.env, NO_COLOR: '1' },
  });
  return stdout
    .split('\n')
    .filter((line) => line.startsWith('  error '))
    .map((line) => line.slice('  error '.length))
    .sort();
}

test('imports that break the rules are found, also of types; others are not', async () => {
  assert.deepEqual(
    await violations({
      'harness/ulog/index.ts': 'export const x = 1; export type X = number;',
      'harness/history/index.ts': "export { x } from '../ulog/index.js'; export type Y = 1;",
      'harness/oracle/index.ts':
        "import type { Z } from '../../daemon-under-test/reference/daemon.js'; export const z: Z = 1;",
      'daemon-under-test/reference/daemon.ts':
        "import { x } from '../../harness/ulog/index.js'; import type { Y } from '../../harness/history/index.js'; export type Z = Y; export const w = x;",
      'harness/fixtures.ts': "export { x } from './history/index.js';",
      'conformance/luid/swap.spec.ts':
        "import { x } from '../../harness/fixtures.js'; import { z } from '../../harness/oracle/index.js'; x + z;",
      'harness/vm/a.ts': "import './b.js';",
      'harness/vm/b.ts': "import './a.js';",
      'harness/new-part/index.ts': "import '../ulog/index.js';",
      'harness/setup/start.mjs': "import 'node:fs'; import './late.js';",
      'harness/setup/late.ts': 'export {};',
      'harness/cli/a.test.ts': '',
      'harness/cli/main.ts': "import './a.test.js';",
      'harness/vm/vm.test.ts': "import '../oracle/index.js';",
      'harness/oracle/oracle.test.ts': "import '../../daemon-under-test/reference/daemon.js';",
    }),
    [
      'a part that is not in the table of .dependency-cruiser.cjs imports nothing of ours: harness/new-part/index.ts → harness/ulog/index.ts',
      'conformance imports what it may not: conformance/luid/swap.spec.ts → harness/oracle/index.ts',
      'daemon-under-test/reference imports what it may not: daemon-under-test/reference/daemon.ts → harness/history/index.ts',
      'harness/oracle imports what it may not: harness/oracle/index.ts → daemon-under-test/reference/daemon.ts',
      'no import in a circle: harness/vm/a.ts → ',
      'nothing imports a unit test: harness/cli/main.ts → harness/cli/a.test.ts',
      'set-up code does not import compiled code, because it runs before tsc: harness/setup/start.mjs → harness/setup/late.ts',
      'the oracle does not depend on what it judges, over no detour: harness/oracle/index.ts → daemon-under-test/reference/daemon.ts',
      'the oracle does not depend on what it judges, over no detour: harness/oracle/oracle.test.ts → daemon-under-test/reference/daemon.ts',
      'the reference daemon does not depend on its judge, over no detour: daemon-under-test/reference/daemon.ts → harness/history/index.ts',
    ],
  );
});
