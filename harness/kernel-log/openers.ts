import type { FindingKind } from './kinds.js';
import { culprit, functionIn, normalised } from './symbols.js';

/**
 * How far a report goes: `marked` until a line of its own that ends it; `shaped` while lines look like a trace;
 * `prose` any line until the trace begins, then while lines look like one; `rest` whatever follows.
 */
export type Extent = 'marked' | 'shaped' | 'prose' | 'rest';

/** A first line of a report that was recognised. */
export interface Opening {
  readonly kind: FindingKind;
  readonly extent: Extent;
  /** False when a program could have written it as well: then the report needs a line that only a kernel writes. */
  readonly certain: boolean;
  /** For how many seconds the thing lasted, as the kernel says; undefined when it does not say. */
  readonly seconds: number | undefined;
  /** The number of the CPU that it is about. */
  readonly cpu: number | undefined;
  /** What happened, without addresses, times and process ids: the same crash has the same title. */
  readonly title: (lines: readonly string[]) => string;
}

interface Rule {
  readonly kind: FindingKind;
  readonly extent: Extent;
  readonly certain?: false;
  readonly pattern: RegExp;
  /** Only behind a rule of equals signs. */
  readonly ruled?: true;
  readonly title: (match: RegExpExecArray, lines: readonly string[]) => string;
}

function inside(what: string, name: string | undefined): string {
  return name === undefined ? what : `${what} in ${name}`;
}

function atRip(what: string): Rule['title'] {
  return (_match, lines) => inside(what, culprit(lines, 'rip-first'));
}

function inTrace(what: string): Rule['title'] {
  return (_match, lines) => inside(what, culprit(lines, 'trace-first'));
}

function warningTitle({ groups }: RegExpExecArray, lines: readonly string[]): string {
  const name = functionIn(groups?.['symbol']) ?? culprit(lines, 'trace-first');
  return inside('WARNING', name ?? groups?.['place']?.replace(/:\d+$/, ''));
}

function lockdepTitle({ groups }: RegExpExecArray, lines: readonly string[]): string {
  const what = (groups?.['what'] ?? '').replace(/!$/, '');
  const wanted = lines.findIndex((line) => / is trying to (?:acquire|release) lock/.test(line));
  const name = functionIn(lines[wanted + 1]?.match(/ at: (.*)/)?.[1]) ?? culprit(lines, 'trace-first');
  const deadlock = /^possible (?:circular|recursive)|lock order|inversion/.test(what);
  return inside(deadlock ? 'possible deadlock' : normalised(what), name);
}

function memoryErrorTitle({ groups }: RegExpExecArray, lines: readonly string[]): string {
  const access = lines.map((line) => /^(Read|Write) (?:of size|at)/.exec(line)?.[1]).find((word) => word);
  const what = [`${groups?.['tool'] ?? ''}:`, groups?.['what'] ?? '', access].filter((word) => word);
  return inside(what.join(' '), functionIn(groups?.['place']) ?? culprit(lines, 'trace-first'));
}

/**
 * First lines, as the kernel prints them behind the time, 5.10 to 7.x (titles after syzkaller's). The first that
 * matches decides, so what is more special stands higher.
 */
const RULES: readonly Rule[] = [
  {
    kind: 'panic',
    extent: 'rest',
    pattern: /^Kernel panic - not syncing: (?<reason>.*)$/,
    title: ({ groups }) => `kernel panic: ${normalised(groups?.['reason'] ?? '')}`,
  },
  {
    kind: 'oops',
    extent: 'marked',
    pattern: /^(?:BUG: (?:unable to handle )?|Unable to handle )(?:kernel )?NULL pointer dereference/,
    title: atRip('BUG: unable to handle kernel NULL pointer dereference'),
  },
  {
    kind: 'oops',
    extent: 'marked',
    pattern: /^(?:BUG: u|U)nable to handle (?:page fault|kernel paging request|kernel )/,
    title: atRip('BUG: unable to handle kernel paging request'),
  },
  {
    kind: 'oops',
    extent: 'marked',
    pattern: /^(?:Oops: )?(?<what>[A-Za-z][\w -]*?)(?:, \w+ for .*)?: [0-9a-f]{4,16} \[#\d+\]/,
    title: ({ groups }, lines) => inside(groups?.['what'] ?? 'Oops', culprit(lines, 'rip-first')),
  },
  { kind: 'oops', extent: 'marked', pattern: /^PANIC: double fault/, title: atRip('double fault') },
  {
    kind: 'bug',
    extent: 'marked',
    pattern: /^kernel BUG at (?:\[.*\] )?\S+:\d+!/,
    title: atRip('kernel BUG'),
  },
  {
    kind: 'memory-error',
    extent: 'marked',
    pattern: /^BUG: (?<tool>KASAN|KFENCE|KMSAN): (?<what>.+?) in (?<place>\S+)/,
    title: memoryErrorTitle,
  },
  {
    kind: 'memory-error',
    extent: 'prose',
    ruled: true,
    pattern: /^BUG (?<cache>[\w-]+) \(.*\): (?<what>.+)$/,
    title: ({ groups }) => `SLUB: ${normalised(groups?.['what'] ?? '')} in ${groups?.['cache'] ?? ''}`,
  },
  {
    kind: 'warning',
    extent: 'marked',
    pattern: /^BUG: KCSAN: (?<what>\S+) in (?<place>.*)$/,
    title: ({ groups }) => `KCSAN: ${groups?.['what'] ?? ''} in ${normalised(groups?.['place'] ?? '')}`,
  },
  {
    kind: 'warning',
    extent: 'marked',
    pattern: /^UBSAN: (?<what>.+?) in (?<place>\S+?)(?::\d+)*$/,
    title: ({ groups }, lines) =>
      `UBSAN: ${groups?.['what'] ?? ''} in ${culprit(lines, 'trace-first') ?? groups?.['place'] ?? ''}`,
  },
  {
    kind: 'soft-lockup',
    extent: 'shaped',
    pattern: /^(?:NMI )?watchdog: BUG: soft lockup - CPU#(?<cpu>\d+) stuck for (?<seconds>\d+)s!/,
    title: atRip('BUG: soft lockup'),
  },
  {
    kind: 'hard-lockup',
    extent: 'shaped',
    pattern: /^(?:NMI )?watchdog: (?:CPU\d+: )?Watchdog detected hard LOCKUP on cpu (?<cpu>\d+)/i,
    title: atRip('hard LOCKUP'),
  },
  {
    kind: 'rcu-stall',
    extent: 'shaped',
    pattern:
      /^(?:rcu: )?INFO: \S+ (?:self-)?detected (?:expedited )?stalls? on CPU(?:s\/tasks:(?: .*?(?<jiffies>\d+) jiffies)?)?/,
    title: atRip('INFO: rcu detected stall'),
  },
  {
    kind: 'workqueue-lockup',
    extent: 'shaped',
    pattern: /^BUG: workqueue lockup - pool.* stuck for (?<seconds>\d+)s!/,
    title: () => 'BUG: workqueue lockup',
  },
  {
    kind: 'hung-task',
    extent: 'shaped',
    pattern: /^INFO: task .+:\d+ (?:<.*> )?blocked (?:in I\/O wait )?for more than (?<seconds>\d+) seconds\./,
    title: inTrace('INFO: task hung'),
  },
  { kind: 'lockdep', extent: 'prose', ruled: true, pattern: /^WARNING: (?<what>.+)$/, title: lockdepTitle },
  {
    kind: 'lockdep',
    extent: 'prose',
    pattern:
      /^WARNING: (?<what>(?:possible |inconsistent |bad |suspicious )[\w -]*(?:lock|dependency|inversion|RCU)[\w !-]*)$/,
    title: lockdepTitle,
  },
  {
    // 5.10 to 6.18: WARNING: CPU: 0 PID: 42 at drivers/md/dm.c:1 dm_map+0x1/0x2 [dm_mod]
    kind: 'warning',
    extent: 'marked',
    pattern: /^WARNING: CPU: \d+ PID: \d+ at (?:(?<place>\S+:\d+) )?(?<symbol>\S+)/,
    title: warningTitle,
  },
  {
    // 6.19 on: WARNING: [condition] drivers/md/dm.c:1 at dm_map+0x1/0x2 [dm_mod], CPU#0: dmsetup/42
    kind: 'warning',
    extent: 'marked',
    pattern: /^WARNING: (?:\[.*\] )?(?:(?<place>\S+:\d+) )?at (?<symbol>\S+)(?: \[\w+\])?, CPU#\d+: .*\/\d+$/,
    title: warningTitle,
  },
  {
    kind: 'warning',
    extent: 'shaped',
    certain: false,
    pattern: /^BUG: (?<what>sleeping function called from invalid context|scheduling while atomic|using )/,
    title: ({ groups }, lines) =>
      inside(
        groups?.['what'] === 'using '
          ? 'BUG: using a per-CPU value in preemptible code'
          : `BUG: ${groups?.['what'] ?? ''}`,
        culprit(lines, 'trace-first'),
      ),
  },
  {
    kind: 'clock',
    extent: 'shaped',
    pattern: /^clocksource: .*[Mm]arking clocksource '?(?<name>[\w-]+)'? as unstable/,
    title: ({ groups }) => `clocksource ${groups?.['name'] ?? ''} is unstable`,
  },
  {
    kind: 'bug',
    extent: 'prose',
    certain: false,
    pattern: /^BUG: (?<what>.+)$/,
    title: ({ groups }, lines) =>
      inside(`BUG: ${normalised(groups?.['what'] ?? '')}`, culprit(lines, 'trace-first')),
  },
];

function numberIn(text: string | undefined): number | undefined {
  return text === undefined ? undefined : Number(text);
}

/** Recognises the first line of a report; `ruled` tells that a rule of equals signs stands before it. */
export function openingOf(text: string, ruled: boolean): Opening | undefined {
  for (const { kind, extent, certain = true, pattern, ruled: needsRule = false, title } of RULES) {
    if (needsRule && !ruled) continue;
    const match = pattern.exec(text);
    if (match === null) continue;
    return {
      kind,
      extent,
      certain,
      seconds: numberIn(match.groups?.['seconds']),
      cpu: numberIn(match.groups?.['cpu']),
      title: (lines) => title(match, lines),
    };
  }
  return undefined;
}

/** For a report whose first line the console lost: what is left of it is a WARN's, as far as anybody can tell. */
export const BEHEADED: Opening = {
  kind: 'warning',
  extent: 'marked',
  certain: true,
  seconds: undefined,
  cpu: undefined,
  title: (lines) => inside('WARNING', culprit(lines, 'rip-first')),
};
