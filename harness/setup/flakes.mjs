import './machine.mjs';
import { main, prepareToRun, runCli } from './bootstrap.mjs';

/** `npm run flakes`: sets up what is missing, then `ulogcheck flakes`. */
await main(async () => {
  await prepareToRun();
  return runCli(['flakes', ...process.argv.slice(2)]);
});
