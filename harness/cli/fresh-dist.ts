import { BUILT_VARIABLE, staleFile } from '../setup/build.mjs';
import { isSourceCheckout } from '../setup/root.mjs';
import { UsageError } from './errors.js';

/** Subcommands that say something about a subject: what they say must come from the sources as they are. */
const JUDGING = new Set(['run', 'mutants', 'judge', 'bisect']);

/**
 * Refuses to run, test or judge by a dist/ that is not the sources' of this checkout any more. An installed package
 * has no sources, and `npm start` and the like have just compiled them. Throws {@link UsageError}.
 */
export function checkFreshDist(subcommand: string): void {
  if (!JUDGING.has(subcommand) || !isSourceCheckout || process.env[BUILT_VARIABLE] !== undefined) return;
  const stale = staleFile();
  if (stale === undefined) return;
  throw new UsageError(
    `dist/ was not compiled from the sources as they are (see ${stale}). Run \`npm run build\`, or start with \`npm start\`.`,
  );
}
