import pc from 'picocolors';
import type { Verdict } from '../harness/results/model.js';

/** How a report looks on the terminal or file that it goes to. */
export interface Style {
  readonly colors: ReturnType<typeof pc.createColors>;
  /** Columns to fill. */
  readonly width: number;
}

/** Widest useful table; beyond it lines are hard to follow. */
const MAX_WIDTH = 140;
/** Width of a file or pipe, which has none of its own. */
const DEFAULT_WIDTH = 110;

/** Colours on a terminal only, and not when NO_COLOR is set (no-color.org). */
export function styleOf(
  stream: { readonly isTTY?: boolean | undefined; readonly columns?: number | undefined },
  env: NodeJS.ProcessEnv = process.env,
): Style {
  const coloured = stream.isTTY === true && (env['NO_COLOR'] ?? '') === '' && env['TERM'] !== 'dumb';
  const columns = stream.isTTY === true ? stream.columns : undefined;
  return {
    colors: pc.createColors(coloured),
    width: Math.min(Math.max(columns ?? DEFAULT_WIDTH, 80), MAX_WIDTH),
  };
}

/** Colours a text as its verdict deserves. */
export function paint(verdict: Verdict, text: string, { colors }: Style): string {
  switch (verdict) {
    case 'pass':
      return colors.green(text);
    case 'fail':
    case 'infra':
      return colors.red(text);
    case 'unknown':
      return colors.yellow(text);
    case 'not-applicable':
      return colors.dim(text);
  }
}

/** `850 ms`, `4.1 s`, `2 min 5 s`. */
export function duration(ms: number): string {
  if (ms < 1000) return `${Math.round(ms)} ms`;
  if (ms < 59_950) return `${(ms / 1000).toFixed(1)} s`;
  const seconds = Math.round(ms / 1000);
  return `${Math.floor(seconds / 60)} min ${seconds % 60} s`;
}

/** Breaks `text` at blanks into lines of at most `width` characters; a longer word stays whole. */
export function wrap(text: string, width: number): string[] {
  const lines: string[] = [];
  for (const paragraph of text.split('\n')) {
    let line = '';
    for (const word of paragraph.split(' ')) {
      if (line !== '' && line.length + 1 + word.length > width) {
        lines.push(line);
        line = word;
      } else {
        line = line === '' ? word : `${line} ${word}`;
      }
    }
    lines.push(line);
  }
  return lines;
}

/** `label  text`, the text wrapped and aligned behind a label of `labelWidth` columns. */
export function labelled(
  label: string,
  text: string,
  labelWidth: number,
  { width }: Style,
  indent = '  ',
): string[] {
  const room = Math.max(30, width - indent.length - labelWidth);
  return wrap(text, room).map(
    (line, index) => `${indent}${(index === 0 ? label : '').padEnd(labelWidth)}${line}`,
  );
}

/** `0, 4-7, 12`: numbers ascending, neighbours joined; at most `limit` groups. */
export function ranges(numbers: readonly number[], limit = 12): string {
  const sorted = [...new Set(numbers)].sort((a, b) => a - b);
  const groups: [number, number][] = [];
  for (const number of sorted) {
    const last = groups.at(-1);
    if (last?.[1] === number - 1) last[1] = number;
    else groups.push([number, number]);
  }
  const shown = groups.slice(0, limit).map(([from, to]) => (from === to ? `${from}` : `${from}-${to}`));
  return shown.join(', ') + (groups.length > limit ? ', …' : '');
}
