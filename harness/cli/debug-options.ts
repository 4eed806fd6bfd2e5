/** Options of `run` and `shell` for people who look into the kernel: `--dump` and `--gdb`. */
import type { Command } from 'commander';
import type { KernelChoice } from '../plan/kernel-choice.js';
import type { RunPlan } from '../plan/run-plan.js';
import type { Selection } from '../plan/select.js';
import { UsageError } from './errors.js';

/** Whether memory is saved, and whether nodes wait for a debugger. */
export interface DebugOptions {
  readonly dump: boolean;
  readonly gdb: boolean;
}

/** Adds the options of {@link DebugOptions}. */
export function addDebugOptions(command: Command): Command {
  return command
    .option(
      '--dump',
      'save the memory of a node whose kernel panics, for crash(8) (docs/kernel-developers.md)',
      false,
    )
    .option('--gdb', 'a node waits until a debugger lets it go on, and print how to attach', false);
}

/** What the plan of a run says about it; nothing unless asked. */
export function debugOf({ dump, gdb }: DebugOptions): Pick<RunPlan, 'debug'> {
  return dump || gdb ? { debug: { dump, gdb } } : {};
}

/** A person can attend to one node at a time. Throws {@link UsageError}. */
export function checkDebugger(
  { gdb }: DebugOptions,
  { tests }: Pick<Selection, 'tests'>,
  kernels: readonly Pick<KernelChoice, 'label'>[],
): void {
  if (!gdb) return;
  if (tests.length !== 1) {
    const [first] = tests;
    throw new UsageError(
      `--gdb: ${tests.length} tests are selected, and a debugger attends to one. ` +
        (first === undefined
          ? 'Select one with -g.'
          : `Select one by its title, such as -g "${first.title}".`),
    );
  }
  if (kernels.length !== 1) {
    throw new UsageError(
      `--gdb: ${kernels.length} kernels are selected, and a debugger attends to one. Name one with --kernel.`,
    );
  }
}
