/** Runs one mutant of the reference daemon: `node mutant-main.js NAME [options of the daemon]`. */
import { runDaemon } from '../reference/run-daemon.js';
import type { DaemonVariant } from '../reference/variant.js';

/** What the module of a mutant exports. */
export type Mutation = DaemonVariant;

const [name = '', ...args] = process.argv.slice(2);
// A name is one file of this directory, so that a mutant costs no more start-up time than the reference.
if (!/^[a-z-]+$/.test(name))
  throw new Error(`usage: mutant-main.js NAME, the name of a mutant; found "${name}"`);
const { mutation } = (await import(`./${name}.js`)) as { mutation: Mutation };
await runDaemon(mutation, args);
