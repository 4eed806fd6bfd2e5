import './machine.mjs';
import { main, prepare } from './bootstrap.mjs';

/** `npm run build`: sets up what is missing, and compiles what changed. Exit status 1: the sources have type errors. */
await main(async () => {
  const { errors } = await prepare();
  process.stdout.write(errors);
  return errors === '' ? 0 : 1;
});
