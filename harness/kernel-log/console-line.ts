/** A line of the kernel's log as it stands on the console, its prefix taken apart. */
export interface KernelLine {
  /** Seconds since boot, of printk.time; undefined without it. */
  readonly time: number | undefined;
  /** `T123` (a thread) or `C0` (a CPU in interrupt context), of CONFIG_PRINTK_CALLER; undefined without it. */
  readonly caller: string | undefined;
  readonly text: string;
}

const CALLER = String.raw`\[ *([TC]\d+)\]`;
/** `[   12.345678] `, `[   12.345678][  T123] `; in front of it perhaps `<4>`, of a console that shows levels. */
const TIMED = new RegExp(String.raw`^(?:<\d{1,3}>)?\[ *(\d+\.\d{6})\](?: ?${CALLER})? ?`);
const UNTIMED = new RegExp(String.raw`^(?:<\d{1,3}>)?${CALLER} `);
/**
 * The kernel writes behind what a program left without an end of line. A log daemon that passes on the kernel's log
 * writes `kernel: ` before it, which is no line of the kernel's own.
 */
const TIMED_BEHIND = /(?<!kernel: ?)(?<=\S.*)\[ *\d+\.\d{6}\](?: ?\[ *[TC]\d+\])? \S/;

/**
 * Takes a console line apart, without its end of line. `timed` tells whether this console was seen to show
 * printk's times: then a line without one is a program's, and undefined is returned.
 */
export function kernelLine(line: string, timed: boolean): KernelLine | undefined {
  const bare = line.replace(/[\r\n]+$/, '').replace(/^\r+/, '');
  const direct = TIMED.exec(bare);
  if (direct !== null) {
    return { time: Number(direct[1]), caller: direct[2], text: bare.slice(direct[0].length) };
  }
  const behind = TIMED_BEHIND.exec(bare);
  if (behind !== null) return kernelLine(bare.slice(behind.index), timed);
  if (timed) return undefined;
  const caller = UNTIMED.exec(bare);
  if (caller !== null) return { time: undefined, caller: caller[1], text: bare.slice(caller[0].length) };
  return { time: undefined, caller: undefined, text: bare };
}
