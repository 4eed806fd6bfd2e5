#!/usr/bin/env node
import { dieWithParent } from '../setup/owned.mjs';
import { runCommandLine } from './program.js';

dieWithParent();

// A reader that went away (`ulogcheck run --list | head`) is no error.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') process.exit();
  throw error;
});

// What was started and is still open must not keep a finished command alive; what is owned is ended with it.
process.exit(await runCommandLine(process.argv));
