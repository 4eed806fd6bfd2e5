/** Broken kernels and what LVM makes of them. */
import type { History } from '../../harness/history/index.js';
import { lvmCommands } from '../../harness/history/lvm.js';
import { changed, movedBefore } from './edit.js';
import type { HistoryMutant } from './mutant.js';
import { findSwap } from './swap.js';

const resumesNewFirst: HistoryMutant = {
  name: 'lvm-swap-resumes-new-first',
  breaks: 'LVM-26',
  description: 'resumes the new log of a swap of LVM while the old one is still in use',
  apply: (history) => {
    const swap = findSwap(history);
    return swap && movedBefore(history, swap.resume, swap.postsuspend);
  },
};

/** The lvcreate that found no daemon. */
function refusedCreate(history: History) {
  return lvmCommands(history, 'lvcreate').find(({ status }) => status !== 0);
}

const succeeds: HistoryMutant = {
  name: 'lvcreate-without-daemon-succeeds',
  breaks: 'LVM-25',
  description: 'lets LVM make a mirror that nobody keeps a log for',
  apply: (history) => {
    const create = refusedCreate(history);
    return create && changed(history, create, { status: 0, stderr: '' });
  },
};

const leavesDevice: HistoryMutant = {
  name: 'lvcreate-without-daemon-leaves-device',
  breaks: 'LVM-25',
  description: 'keeps the device of a mirror that it could not make',
  apply: (history) => {
    const create = refusedCreate(history);
    const listing = history.commands().find(({ argv, t }) => argv[0] === 'dmsetup' && create && t > create.t);
    return listing && changed(history, listing, { stdout: 'vg-lv\t(253:0)\n' });
  },
};

/** All of this file. */
export const LVM_MUTANTS = [resumesNewFirst, succeeds, leavesDevice];
