/**
 * Shell text that fails unless a process lives; a zombie does not. Without a process of its own, each of which costs some
 * 20 ms where QEMU translates its code for the first time.
 */
export function aliveScript(pid: number): string {
  return [
    `while read -r key value; do`,
    '[ "$key" = State: ] || continue',
    'case $value in [ZX]*) exit 1 ;; esac',
    'exit 0',
    `done 2>/dev/null </proc/${pid}/status`,
    'exit 1',
  ].join('\n');
}
