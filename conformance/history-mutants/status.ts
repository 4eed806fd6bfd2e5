/** Broken kernels that print status and tables wrongly. */
import type { CommandEvent, History } from '../../harness/history/index.js';
import { commandEnded, foreignRequest, insertedAfter, movedBefore } from './edit.js';
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

const comFailureHidden: HistoryMutant = {
  name: 'com-failure-not-shown',
  breaks: 'STAT-07',
  description: 'ends the status line behind the health characters when the daemon gives no status',
  apply: (history) => {
    const line = dmsetup(history, 'status').find(({ stdout }) => stdout.includes('COM_FAILURE'));
    return commandEnded(history, line, {
      stdout: line?.stdout.replace(/ userspace 1 COM_FAILURE/, '') ?? '',
    });
  },
};

const tableFromDaemon: HistoryMutant = {
  name: 'table-text-from-the-daemon',
  breaks: 'STAT-08',
  description: 'prints a table without its log when the daemon does not answer',
  apply: (history) => {
    const frozen = history.subjectEvents().find(({ action }) => action === 'frozen');
    const line = dmsetup(history, 'table').find(({ t }) => frozen !== undefined && t > frozen.t);
    return commandEnded(history, line, {
      stdout: line?.stdout.replace(/userspace .*nosync/, 'userspace 1 COM_FAILURE') ?? '',
    });
  },
};

const tableAsked: HistoryMutant = {
  name: 'status-table-asked',
  breaks: 'STAT-08',
  description: 'asks the daemon for the text of the table, as 2.6.31-rc did',
  apply: (history) => {
    const info = history.exchanges('STATUS_INFO').at(-1);
    return info && insertedAfter(history, info, foreignRequest(history, info, { name: 'STATUS_TABLE' }));
  },
};

/** All of this file. */
export const STATUS_MUTANTS = [
  editsAnswer,
  forgetsWord,
  countLast,
  comFailureHidden,
  tableFromDaemon,
  tableAsked,
];
