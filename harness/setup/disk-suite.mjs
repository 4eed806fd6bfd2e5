import './machine.mjs';
import { join } from 'node:path';
import { main, prepareToRun } from './bootstrap.mjs';
import { spawnOwned } from './owned.mjs';
import { nodePath, projectRoot } from './root.mjs';

/** `npm run disk-suite`: sets up what is missing, then libiscsi's tests of targets against ours and Debian's tgt. */
await main(async () => {
  await prepareToRun();
  const script = join(projectRoot, 'dist/harness/disks/suite/main.js');
  const { status } = await spawnOwned([nodePath, script], { stdio: 'inherit' }).exited;
  return status ?? 1;
});
