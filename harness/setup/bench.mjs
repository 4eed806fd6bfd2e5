import './machine.mjs';
import { main, prepareToRun, runCli } from './bootstrap.mjs';

/** `npm run bench`: sets up what is missing, then `ulogcheck bench`. */
await main(async () => {
  await prepareToRun();
  return runCli(['bench', ...process.argv.slice(2)]);
});
