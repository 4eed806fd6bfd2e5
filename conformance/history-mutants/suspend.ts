/** Broken kernels that suspend and resume wrongly when a daemon is lost, slow or says no (spec 2.6, 4, 9.5). */
import { KERNEL_LOG, type History, type KernelLogLook } from '../../harness/history/index.js';
import { changed, commandEnded } from './edit.js';
import type { HistoryMutant } from './mutant.js';

/** The history in which no line of the kernel's log that matches was printed; undefined when none was. */
export function withoutLogLines(history: History, pattern: RegExp): History | undefined {
  const look = history
    .observations(KERNEL_LOG)
    .find(({ value }) => ((value as Partial<KernelLogLook>).lines ?? []).some((line) => pattern.test(line)));
  if (look === undefined) return undefined;
  const { lines = [], pattern: asked = '' } = look.value as Partial<KernelLogLook>;
  return changed(history, look, {
    value: { pattern: asked, lines: lines.filter((line) => !pattern.test(line)) },
  });
}

const suspendFails: HistoryMutant = {
  name: 'suspend-without-daemon-fails',
  breaks: 'SUSP-11',
  description: 'fails a suspend when no daemon hears of it',
  apply: (history) => {
    const unheard = history
      .exchanges('PRESUSPEND')
      .some(({ replies, result }) => replies.length === 0 && result === -3);
    const command = history.commands().find(({ argv, status }) => argv[1] === 'suspend' && status === 0);
    return unheard
      ? commandEnded(history, command, { status: 1, stderr: 'suspend ioctl failed: No such process\n' })
      : undefined;
  },
};

const silent: HistoryMutant = {
  name: 'suspend-without-daemon-is-silent',
  breaks: 'SUSP-11',
  description: 'says nothing in its log when no daemon hears of a suspend',
  apply: (history) => withoutLogLines(history, /suspend failed/i),
};

/** All of this file. */
export const SUSPEND_MUTANTS = [suspendFails, silent];
