#!/usr/bin/env node
import { outliveReaders } from '../setup/broken-pipe.mjs';
import { dieWithParent } from '../setup/owned.mjs';
import { exitOnUncaught } from './last-resort.js';
import { runCommandLine } from './program.js';

dieWithParent();
outliveReaders();
exitOnUncaught();

// What was started and is still open must not keep a finished command alive; what is owned is ended with it.
process.exit(await runCommandLine(process.argv));
