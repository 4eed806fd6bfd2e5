import { existsSync } from 'node:fs';
import { dirname, isAbsolute, resolve } from 'node:path';
import type { AllowedFinding } from '../kernel-log/index.js';
import { projectRoot } from '../setup/root.mjs';
import { TAP_FORMATS, type TapFormat } from '../tap/index.js';
import type { ConformanceTest, Tier } from './definition.js';

/** A program's own deadline must pass before the one of last resort, 15 minutes, ends the whole test. */
const LONGEST_PROGRAM_MS = 600_000;

/** A file of this machine to lay into the node before the program starts. */
export interface ProgramFile {
  /** Relative to the spec file, or absolute. */
  readonly from: string;
  /** Absolute path in the node. */
  readonly to: string;
  /** Permission bits; default 0644. */
  readonly mode?: number;
}

/** A program to run in a node, which prints its results. */
export interface ProgramSpec {
  /** Program and arguments. */
  readonly command: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  readonly deadlineMs: number;
  /** What it prints on its standard output. */
  readonly format: TapFormat;
  readonly files?: readonly ProgramFile[];
}

/** A test that is a program; what it prints are its results. */
export interface ProgramDefinition {
  /** What the program is about; unique in the suite. */
  readonly title: string;
  readonly tier: Tier;
  /** Whether the daemon under test serves beside the program; default: nobody does. */
  readonly daemon?: 'running' | 'absent';
  /** What the program provokes on purpose; it casts no doubt on the results. */
  readonly allowFindings?: readonly AllowedFinding[];
  readonly program: ProgramSpec;
}

/** A program as a test of the suite: without requirements, situation and expectations of its own. */
export function programAsTest(definition: ProgramDefinition, file: string): ConformanceTest {
  const { title, tier, daemon = 'absent', allowFindings = [], program } = definition;
  return {
    title,
    ids: [],
    tier,
    // The side whose deviations the oracle reports as failures.
    underTest: daemon === 'running' ? 'daemon' : 'kernel',
    mutants: [],
    daemon,
    allowFindings,
    file,
    program: {
      ...program,
      files: (program.files ?? []).map((entry) => ({
        ...entry,
        from: resolve(projectRoot, dirname(file), entry.from),
      })),
    },
    situation: () => [],
    drive: () => Promise.resolve(),
    expect: () => undefined,
  };
}

/** Calls `refuse` with what is wrong with a program of a test: the problem, and the remedy. */
export function checkProgram(program: ProgramSpec, refuse: (problem: string) => never): void {
  const { command, deadlineMs, format, env = {}, files = [] } = program;
  if ((command[0] ?? '').trim() === '')
    refuse("names no program. Give it command: ['/path/to/program', 'argument'].");
  if (!(deadlineMs > 0 && deadlineMs <= LONGEST_PROGRAM_MS)) {
    refuse(
      `has deadlineMs: ${deadlineMs}. Give it milliseconds, more than 0 and at most ${LONGEST_PROGRAM_MS}.`,
    );
  }
  if (!TAP_FORMATS.some((known) => known === format))
    refuse(`has format: ${format}. Give it ${TAP_FORMATS.join(' or ')}.`);
  const wrong = Object.keys(env).find((name) => !/^[A-Za-z_][A-Za-z0-9_]*$/.test(name));
  if (wrong !== undefined) refuse(`sets the variable ${wrong}, which is no name of a variable.`);
  for (const { from, to } of files) {
    if (!isAbsolute(to)) refuse(`lays a file to ${to}. Give it an absolute path in the node.`);
    if (!existsSync(from)) refuse(`lays the file ${from} into the node, which does not exist.`);
  }
}
