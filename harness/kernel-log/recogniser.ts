import { kernelLine } from './console-line.js';
import type { FindingKind } from './kinds.js';
import { BEHEADED, openingOf, type Opening } from './openers.js';
import {
  CUT_HERE,
  END_PANIC,
  END_TRACE,
  isConfirmation,
  isRegisters,
  isShaped,
  RULE,
} from './report-shape.js';

/** What a kernel said about itself, from its first line to its last. */
export interface KernelReport {
  readonly kind: FindingKind;
  /** What happened, the same for the same crash: `WARNING in dm_rh_inc_pending`. */
  readonly title: string;
  /** All its lines without printk's prefix. */
  readonly text: string;
  /** For how many seconds something lasted at least, as far as the kernel says it. */
  readonly seconds: number | undefined;
  /** The number of the CPU that it is about, if it names one in its first line. */
  readonly cpu: number | undefined;
}

/** A report begins (told at once, for a panic may stop everything) or is complete. */
export type KernelLogEvent =
  | {
      readonly type: 'begun';
      readonly id: number;
      readonly kind: FindingKind;
      readonly firstLine: string;
    }
  | { readonly type: 'ended'; readonly id: number; readonly report: KernelReport };

/** A report that has no end of its own, or whose end was lost, goes on for so many lines at most. */
const REPORT_LINES = 400;
/** So many other lines in a row end a report that goes on as long as lines look like it. */
const FOREIGN_LINES = 3;
/** What a program could have written too is no report unless a line that only a kernel writes is among so many. */
const PATIENCE = { certain: 8, uncertain: 5 } as const;
/** A WARN's own message stands between "cut here" and its first line; it may have some lines. */
const MESSAGE_LINES = 10;

/** A report that is being put together; without an opening it may still turn out to be none. */
interface Draft {
  readonly lines: string[];
  opening: Opening | undefined;
  readonly ruled: boolean;
  /** Given out when the report is certain to be one. */
  id: number | undefined;
  confirmed: boolean;
  /** Lines since the last one that belonged to it. */
  foreign: number;
  /** The call trace was reached, where that matters. */
  traced: boolean;
  /** Its end was seen; what an oops repeats behind it may follow. */
  ended: boolean;
}

/** Jiffies of an RCU stall, which tell its length: at 1000 Hz, the most a kernel has, they are milliseconds. */
function stallSeconds(lines: readonly string[]): number | undefined {
  for (const line of lines) {
    const jiffies = /\bt=(\d+) jiffies|\} (\d+) jiffies s: /.exec(line);
    if (jiffies !== null) return Number(jiffies[1] ?? jiffies[2]) / 1000;
  }
  return undefined;
}

/**
 * Finds the kernel's reports about itself in the lines of a console, and puts each of them together. Pure but for
 * the state between lines: the same lines give the same events. With CONFIG_PRINTK_CALLER the reports of several
 * CPUs are told apart even when their lines alternate.
 *
 * On a console that shows printk's times, a line without one is a program's and never matters. On one that does
 * not, a first line counts only when lines follow that no program writes.
 */
export class KernelLogRecogniser {
  /** By printk's caller; one draft for all when the kernel does not tell callers. */
  readonly #drafts = new Map<string, Draft>();
  /** Callers whose last report was cut short: its end may still come and is no report of its own. */
  readonly #cutShort = new Set<string>();
  #timed = false;
  #nextId = 0;

  /** True while a report has begun and its end was not seen. */
  get busy(): boolean {
    return this.#drafts.size > 0;
  }

  /** Takes the next line, with or without its end of line. */
  accept(line: string): KernelLogEvent[] {
    const kernel = kernelLine(line, this.#timed);
    if (kernel === undefined) return [];
    if (kernel.time !== undefined && !this.#timed) {
      this.#timed = true;
      // What stood open was a program's, or else the kernel would have shown the time before it.
      for (const [key, draft] of this.#drafts) if (draft.id === undefined) this.#drafts.delete(key);
    }
    const text = kernel.text.trimEnd();
    if (text === '') return [];
    const key = kernel.caller ?? '';
    const draft = this.#drafts.get(key);
    if (draft === undefined) return this.#consider(key, text);
    const taken = this.#goOn(key, draft, text);
    return taken ?? [...this.#close(key, draft), ...this.#consider(key, text)];
  }

  /** Ends what is open: nothing more comes, or nothing came for long. */
  flush(): KernelLogEvent[] {
    return [...this.#drafts].flatMap(([key, draft]) => {
      if (!draft.ended) this.#cutShort.add(key);
      return this.#close(key, draft);
    });
  }

  /** A line outside any report. */
  #consider(key: string, text: string): KernelLogEvent[] {
    const ruled = RULE.test(text);
    if (ruled || CUT_HERE.test(text)) {
      this.#cutShort.delete(key);
      this.#draft(key, text, undefined, ruled);
      return [];
    }
    const opening = openingOf(text, false);
    if (opening !== undefined) {
      this.#cutShort.delete(key);
      return this.#confirm(this.#draft(key, text, opening, false), text);
    }
    if (!END_TRACE.test(text)) return [];
    // The end of something whose beginning the console lost.
    if (this.#cutShort.delete(key)) return [];
    const draft = this.#draft(key, text, BEHEADED, false);
    draft.ended = true;
    return [...this.#confirm(draft, text), ...this.#close(key, draft)];
  }

  #draft(key: string, text: string, opening: Opening | undefined, ruled: boolean): Draft {
    const draft: Draft = {
      lines: [text],
      opening,
      ruled,
      id: undefined,
      confirmed: false,
      foreign: 0,
      traced: false,
      ended: false,
    };
    this.#drafts.set(key, draft);
    return draft;
  }

  /** The next line while a report is open; undefined when it does not belong to it and the report is over. */
  #goOn(key: string, draft: Draft, text: string): KernelLogEvent[] | undefined {
    if (draft.ended) return isRegisters(text) ? this.#take(draft, text) : undefined;
    if (draft.lines.length >= REPORT_LINES) {
      this.#cutShort.add(key);
      return undefined;
    }
    if (draft.opening === undefined) return this.#name(draft, text);
    const { extent, kind } = draft.opening;
    if (CUT_HERE.test(text)) return kind === 'oops' || kind === 'panic' ? this.#take(draft, text) : undefined;
    const other = kind === 'panic' ? undefined : openingOf(text, false);
    if (other !== undefined && !isSameCrash(draft, other)) return undefined;
    if (END_TRACE.test(text) || (extent === 'marked' && draft.ruled && RULE.test(text))) draft.ended = true;
    const events = other === undefined ? this.#shape(draft, extent, text) : this.#take(draft, text);
    if (events !== undefined && (END_PANIC.test(text) || (draft.ended && kind !== 'oops' && kind !== 'bug')))
      return [...events, ...this.#close(key, draft)];
    return events;
  }

  /** A line behind "cut here" or a rule: the first line of a report, its message, or nothing of the kind. */
  #name(draft: Draft, text: string): KernelLogEvent[] | undefined {
    const opening = openingOf(text, draft.ruled);
    if (opening !== undefined) {
      draft.opening = opening;
      return this.#take(draft, text);
    }
    if (draft.ruled || draft.lines.length > MESSAGE_LINES || CUT_HERE.test(text)) return undefined;
    if (!isConfirmation(text)) return this.#take(draft, text);
    draft.opening = BEHEADED;
    return this.#take(draft, text);
  }

  #shape(draft: Draft, extent: Opening['extent'], text: string): KernelLogEvent[] | undefined {
    if (draft.ended) return this.#take(draft, text);
    const patience = draft.opening?.certain === true ? PATIENCE.certain : PATIENCE.uncertain;
    if (extent !== 'shaped' && draft.id === undefined && draft.lines.length >= patience) return undefined;
    if (/^(?:stack backtrace|Call Trace):/.test(text)) draft.traced = true;
    const anything = extent === 'marked' || extent === 'rest' || (extent === 'prose' && !draft.traced);
    if (anything || isShaped(text)) return this.#take(draft, text);
    draft.foreign += 1;
    return draft.foreign < FOREIGN_LINES ? [] : undefined;
  }

  #take(draft: Draft, text: string): KernelLogEvent[] {
    draft.lines.push(text);
    draft.foreign = 0;
    return this.#confirm(draft, text);
  }

  /** Tells that a report begins, as soon as it is sure to be one. */
  #confirm(draft: Draft, text: string): KernelLogEvent[] {
    const { opening } = draft;
    if (opening === undefined || draft.id !== undefined) return [];
    draft.confirmed ||= isConfirmation(text) || (opening === BEHEADED && END_TRACE.test(text));
    const believed = (opening.certain && this.#timed) || draft.confirmed || opening.kind === 'panic';
    if (!believed) return [];
    draft.id = this.#nextId++;
    return [{ type: 'begun', id: draft.id, kind: opening.kind, firstLine: draft.lines[0] ?? text }];
  }

  #close(key: string, draft: Draft): KernelLogEvent[] {
    this.#drafts.delete(key);
    const { id, opening, lines } = draft;
    if (id === undefined || opening === undefined) return [];
    const report: KernelReport = {
      kind: opening.kind,
      title: opening.title(lines),
      text: lines.join('\n'),
      seconds: opening.kind === 'rcu-stall' ? stallSeconds(lines) : opening.seconds,
      cpu: opening.cpu,
    };
    return [{ type: 'ended', id, report }];
  }
}

/** One fault is announced twice: by what happened (`BUG: unable to …`, `kernel BUG at …`), then as an oops. */
function isSameCrash({ opening, lines }: Draft, other: Opening): boolean {
  if (opening === undefined || other.kind !== 'oops') return false;
  return (opening.kind === 'oops' || opening.kind === 'bug') && !lines.some(isConfirmation);
}

/** All reports in a text, in the order in which they end. */
export function reportsIn(text: string): KernelReport[] {
  const recogniser = new KernelLogRecogniser();
  const events = text.split('\n').flatMap((line) => recogniser.accept(line));
  return [...events, ...recogniser.flush()].flatMap((event) =>
    event.type === 'ended' ? [event.report] : [],
  );
}
