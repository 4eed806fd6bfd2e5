import { existsSync, readdirSync } from 'node:fs';
import { join, relative } from 'node:path';
import { pathToFileURL } from 'node:url';
import { projectRoot } from '../setup/root.mjs';
import { DefinitionError, type ConformanceTest } from './definition.js';
import { registeredTests } from './registry.js';

/** Set while spec files are imported only to learn what they define: `conformanceTest` then only registers. */
export const DISCOVER_VARIABLE = 'ULOGCHECK_DISCOVER';

/** The compiled spec files, sorted, as absolute paths. */
function specFiles(): string[] {
  const directory = join(projectRoot, 'dist', 'conformance');
  if (!existsSync(directory)) return [];
  return readdirSync(directory, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.spec.js'))
    .sort()
    .map((name) => join(directory, name));
}

/** The source file of a compiled spec file: `conformance/luid/swap.spec.ts`. */
function sourceOf(file: string): string {
  return relative(join(projectRoot, 'dist'), file).replace(/\.js$/, '.ts');
}

let discovered: Promise<readonly ConformanceTest[]> | undefined;

async function importSpecs(): Promise<readonly ConformanceTest[]> {
  const sources = join(projectRoot, 'conformance');
  const before = process.env[DISCOVER_VARIABLE];
  process.env[DISCOVER_VARIABLE] = '1';
  try {
    for (const file of specFiles()) {
      // A spec whose source is gone is a leftover of an earlier build; running it would judge deleted tests.
      if (existsSync(sources) && !existsSync(join(projectRoot, sourceOf(file)))) continue;
      try {
        await import(pathToFileURL(file).href);
      } catch (error) {
        if (error instanceof DefinitionError) throw error;
        const text = error instanceof Error ? error.message : String(error);
        throw new DefinitionError(`${sourceOf(file)}: cannot be loaded: ${text}`, { cause: error });
      }
    }
  } finally {
    if (before === undefined) Reflect.deleteProperty(process.env, DISCOVER_VARIABLE);
    else process.env[DISCOVER_VARIABLE] = before;
  }
  return registeredTests();
}

/**
 * Imports every spec file once, in this process and without running anything, and returns the tests that
 * they define. Throws {@link DefinitionError}.
 */
export function discoverTests(): Promise<readonly ConformanceTest[]> {
  discovered ??= importSpecs();
  return discovered;
}
