/** The line with which a WARN or a BUG begins. */
export const CUT_HERE = /^-+\[ cut here \]-+$/;
/** The line that ends a WARN, an oops, and what UBSAN says. */
export const END_TRACE = /^---\[ end trace/;
/** A rule of equals signs: lockdep, KASAN and SLUB begin with one, and some end with one. */
export const RULE = /^={20,}$/;
/** Ends a panic; nothing follows it. */
export const END_PANIC = /^---\[ end Kernel panic/;

/** Only a kernel's report has such lines: they tell one from a message that only looks like its first line. */
const CONFIRMATION =
  /^(?:CPU: \d+ |Call Trace:|RIP: 0|Modules linked in:|Hardware name:|stack backtrace:|task:\S.* state:|page:\S+ (?:ref|count))/;

/** What an oops repeats after its end: the registers, and more of the same. */
const REGISTERS = /^(?:RIP|RSP|RAX|RDX|RBP|R10|R13|FS|CS|CR2|DR[0-7]|PKRU|Code|Kernel Offset): ?/;

const SHAPES = new RegExp(
  [
    String.raw`^\s+\S`,
    String.raw`^<\/?(?:TASK|IRQ|NMI|SOFTIRQ|#?[A-Z0-9]+)>$`,
    String.raw`^\w[\w.$]*\+0x[0-9a-f]+\/0x[0-9a-f]+`,
    String.raw`^(?:CPU: \d+|CPU#\d+|RIP|RSP|EFLAGS|R[A-D]X|R[BS]P|R[SD]I|R\d\d|FS|CS|CR\d|DR\d|PKRU|Code): ?`,
    String.raw`^(?:Call Trace|Modules linked in|Unloaded tainted modules|Hardware name|Workqueue|Tainted|stack backtrace):`,
    String.raw`^(?:Stopper|Sched_ext|irq event stamp|hardirqs last|softirqs last|Kernel Offset|Last Breaking)\b`,
    String.raw`^(?:task:|rcu: |clocksource: |sched_clock: |tsc: |Sending NMI|NMI backtrace|"echo 0 >)`,
    String.raw`^(?:Showing |workqueue |pool \d+: |INFO: lockdep is turned off|INFO: task .* is blocked on )`,
    String.raw`^(?:in_atomic\(\)|preempt_count: |RCU nest depth|Preemption disabled at|\d+ locks? held by|no locks held)`,
    String.raw`^\((?:detected by|t=)`,
    String.raw`^Kernel panic`,
  ].join('|'),
);

/** True for a line that only a report can hold. */
export function isConfirmation(text: string): boolean {
  return CONFIRMATION.test(text);
}

/** True for a line of registers, as an oops repeats them behind its end. */
export function isRegisters(text: string): boolean {
  return REGISTERS.test(text);
}

/** True for a line that goes on with a report that has no line of its own for its end. */
export function isShaped(text: string): boolean {
  return SHAPES.test(text);
}
