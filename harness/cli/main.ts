#!/usr/bin/env node
import { outliveReaders } from '../setup/broken-pipe.mjs';
import { dieWithParent } from '../setup/owned.mjs';
import { exitOnUncaught } from './last-resort.js';
import { runCommandLine } from './program.js';

dieWithParent();
outliveReaders();
exitOnUncaught();

/** Ends when all that was written has gone to the reader, or there is none any more. A pipe holds 64 KiB only. */
async function flushed(stream: NodeJS.WriteStream): Promise<void> {
  await new Promise<void>((resolve) => {
    if (stream.destroyed || stream.writableEnded) resolve();
    else stream.write('', () => resolve());
  });
}

const status = await runCommandLine(process.argv);
await flushed(process.stdout);
await flushed(process.stderr);
// What was started and is still open must not keep a finished command alive; what is owned is ended with it.
process.exit(status);
