import { readFileSync } from 'node:fs';
import { cpus, release, totalmem, type } from 'node:os';
import { join } from 'node:path';
import type { Catalogue } from '../../conformance/requirements/catalogue.js';
import { projectRoot } from '../setup/root.mjs';
import type { RunDescription } from '../results/model.js';

/** Name and version of this package, from its package.json. */
export function suiteVersion(): RunDescription['suite'] {
  const text = readFileSync(join(projectRoot, 'package.json'), 'utf8');
  const { name, version } = JSON.parse(text) as { readonly name: string; readonly version: string };
  return { name, version };
}

/** The machine that runs the suite. */
export function describeHost(): RunDescription['host'] {
  return {
    system: `${type()} ${release()} ${process.arch}`,
    cpus: Math.max(1, cpus().length),
    memoryMiB: Math.max(1, Math.round(totalmem() / 2 ** 20)),
    node: process.version,
  };
}

/** Which catalogue the results speak of. */
export function describeCatalogue({ requirements, digest }: Catalogue): RunDescription['catalogue'] {
  return { requirements: requirements.length, digest };
}
