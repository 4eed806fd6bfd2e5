import './machine.mjs';
import { main, prepareToRun, runCli } from './bootstrap.mjs';

/** `npm run mutants`: sets up what is missing, then `ulogcheck mutants`. */
await main(async () => {
  await prepareToRun();
  return runCli(['mutants', ...process.argv.slice(2)]);
});
