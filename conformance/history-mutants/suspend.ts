/** Broken kernels that suspend and resume wrongly when a daemon is lost, slow or says no (spec 2.6, 4, 9.5). */
import type { Exchange, History } from '../../harness/history/index.js';
import { beganBefore } from '../../harness/history/kernel-queries.js';
import { ESRCH } from '../../harness/history/queries.js';
import type { RequestName } from '../../harness/ulog/index.js';
import { commandAround, commandEnded, movedBefore, withoutLogLines } from './edit.js';
import type { HistoryMutant } from './mutant.js';

const suspendFails: HistoryMutant = {
  name: 'suspend-without-daemon-fails',
  breaks: 'SUSP-11',
  description: 'fails a suspend when no daemon hears of it',
  apply: (history) => {
    const unheard = history
      .exchanges('PRESUSPEND')
      .some(({ replies, result }) => replies.length === 0 && result === -ESRCH);
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

const IO_PATH: readonly RequestName[] = ['IN_SYNC', 'GET_RESYNC_WORK', 'IS_REMOTE_RECOVERING'];

const ioBeforeResume: HistoryMutant = {
  name: 'io-before-resume',
  breaks: 'SUSP-05',
  description: 'takes up I/O of a log before it resumes it',
  apply: (history) => {
    for (const { exchanges } of history.instances()) {
      const resume = exchanges.find(({ name }) => name === 'RESUME');
      const first = exchanges.find(({ name }) => name !== undefined && IO_PATH.includes(name));
      if (resume !== undefined && first !== undefined) return movedBefore(history, first, resume);
    }
    return undefined;
  },
};

/** A RESUME of the resume path that the daemon answered with an error. */
function failedResume(history: History): Exchange | undefined {
  return history.exchanges('RESUME').find(({ answer }) => (answer?.error ?? 0) < 0);
}

const resumeErrorFails: HistoryMutant = {
  name: 'resume-error-fails-the-ioctl',
  breaks: 'SUSP-06',
  description: 'fails the ioctl when the daemon answers RESUME with an error',
  apply: (history) => {
    const resume = failedResume(history);
    const command = resume && commandAround(history, resume);
    return commandEnded(history, command, { status: 1, stderr: 'resume ioctl failed: Input/output error\n' });
  },
};

const resumeErrorSilent: HistoryMutant = {
  name: 'resume-error-is-not-logged',
  breaks: 'SUSP-06',
  description: 'ignores an error of RESUME without a word',
  apply: (history) =>
    failedResume(history) === undefined ? undefined : withoutLogLines(history, /resume failed/),
};

const duringRecovery: HistoryMutant = {
  name: 'presuspend-during-a-recovery',
  breaks: 'SUSP-12',
  description: 'sends PRESUSPEND while a region is under recovery',
  apply: (history) => {
    const [suspend] = history.exchanges('PRESUSPEND');
    const report = history
      .exchanges('SET_REGION_SYNC')
      .findLast((one) => suspend !== undefined && beganBefore(history, one, suspend));
    return suspend && report && movedBefore(history, suspend, report);
  },
};

/** All of this file. */
export const SUSPEND_MUTANTS = [
  suspendFails,
  silent,
  ioBeforeResume,
  resumeErrorFails,
  resumeErrorSilent,
  duringRecovery,
];
