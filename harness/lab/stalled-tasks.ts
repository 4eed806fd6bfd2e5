import type { GuestSession } from '../guest/index.js';

const DEADLINE_MS = 10_000;

/** Built-ins of the shell only: a guest in which commands stall may not be able to start another program. */
const LIST = [
  'for p in /proc/[0-9]*; do',
  'read -r stat < $p/stat || continue; echo "= $stat"',
  'while read -r line; do echo "  $line"; done < $p/stack',
  'done 2>/dev/null',
].join('\n');

/** True for a kernel thread that waits for work: its parent is kthreadd, and it sleeps where it may be woken. */
function isIdleThread(task: string): boolean {
  const [, state = '', parent = ''] = /\) (\S) (\d+) /.exec(task) ?? [];
  return (parent === '2' || parent === '0') && state !== 'D';
}

/**
 * What the tasks of a node wait for, with their kernel stacks, idle kernel threads left out: for a person who has to
 * understand why a command did not end. Gives why there is nothing when the node does not tell.
 */
export async function stalledTasks(guest: GuestSession): Promise<string[]> {
  try {
    const { stdout } = await guest.run(LIST, { deadlineMs: DEADLINE_MS });
    return stdout
      .split(/^= /m)
      .filter((task) => task.trim() !== '' && !isIdleThread(task))
      .map((task) => task.trimEnd());
  } catch (error) {
    return [`the node does not tell: ${error instanceof Error ? error.message : String(error)}`];
  }
}
