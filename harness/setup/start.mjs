import './machine.mjs';
import { main, prepareToRun, runCli } from './bootstrap.mjs';

/** `npm start`: sets up what is missing, then `ulogcheck run`; arguments after `npm start --` go to it. */
await main(async () => {
  await prepareToRun();
  return runCli(['run', ...process.argv.slice(2)]);
});
