/** Broken kernels that print status and tables wrongly. */
import type { CommandEvent, History } from '../../harness/history/index.js';
import { commandEnded, movedBefore } from './edit.js';
import type { HistoryMutant } from './mutant.js';

function dmsetup(history: History, verb: string): readonly CommandEvent[] {
  return history
    .commands()
    .filter(({ argv, status }) => argv[0] === 'dmsetup' && argv[1] === verb && status === 0);
}

const editsAnswer: HistoryMutant = {
  name: 'status-line-edits-the-answer',
  breaks: 'STAT-02',
  description: 'prints the status text of the daemon without its word count',
  apply: (history) => {
    const line = dmsetup(history, 'status').find(({ stdout }) => / 1 clustered-core$/m.test(stdout));
    return commandEnded(history, line, {
      stdout: line?.stdout.replace(' 1 clustered-core', ' clustered-core') ?? '',
    });
  },
};

const forgetsWord: HistoryMutant = {
  name: 'table-line-forgets-a-word',
  breaks: 'STAT-03',
  description: 'prints a table without integrated_flush, but with its word count',
  apply: (history) => {
    const line = dmsetup(history, 'table').find(({ stdout }) => stdout.includes(' integrated_flush '));
    return commandEnded(history, line, { stdout: line?.stdout.replace(' integrated_flush ', ' ') ?? '' });
  },
};

const countLast: HistoryMutant = {
  name: 'count-after-status',
  breaks: 'STAT-10',
  description: 'asks for the status text before the count of regions in sync',
  apply: (history) => {
    const info = history.exchanges('STATUS_INFO')[0];
    if (info === undefined) return undefined;
    const thread = history.thread(info.node, info.tid);
    const count = thread[thread.indexOf(info) - 1];
    return count?.name === 'GET_SYNC_COUNT' ? movedBefore(history, info, count) : undefined;
  },
};

/** All of this file. */
export const STATUS_MUTANTS = [editsAnswer, forgetsWord, countLast];
