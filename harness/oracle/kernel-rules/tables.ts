/** What the table lines in a history say about logs (spec 5). */
import type { JsonValue } from '../../history/index.js';
import type { Life } from '../life.js';
import type { KernelContext } from './kernel-context.js';

/** One `mirror userspace` line of a table. */
export interface TableLine {
  readonly uuid: string;
  readonly integrated: boolean;
  /** '<len> <type> <args>', what the daemon must be told; undefined when the line does not count its words well. */
  readonly constructorText: string | undefined;
}

/** Finds the mirror lines with userspace logs in a text: a command line, or output of `dmsetup table`. */
export function tableLines(text: string): TableLine[] {
  const lines: TableLine[] = [];
  for (const match of text.matchAll(/\b(\d+) mirror userspace (\d+) ([^\n'"]+)/g)) {
    const [, length = '', countText = '', rest = ''] = match;
    const words = rest.trim().split(/ +/);
    const log = words.slice(0, Number(countText));
    const [uuid, ...args] = log;
    if (uuid === undefined) continue;
    const integrated = args[0]?.toLowerCase() === 'integrated_flush';
    const type = integrated ? args.slice(1) : args;
    const counted = log.length === Number(countText) && type.length >= 2;
    lines.push({ uuid, integrated, constructorText: counted ? [length, ...type].join(' ') : undefined });
  }
  return lines;
}

/** 'legacy': MARK_REGION and FLUSH apart; 'integrated': FLUSH carries the marks; undefined: cannot be told. */
export type FlushMode = 'legacy' | 'integrated' | undefined;

/**
 * How a log was constructed to flush. In this order: the table line in the command that loaded it; table lines
 * with its uuid in commands, their output and observations named 'table' during its life, if they agree; its own
 * requests: a FLUSH with payload, else a MARK_REGION.
 */
export function flushMode(context: KernelContext, life: Life): FlushMode {
  const { birth, exchanges } = life.instance;
  const loaded = birth === undefined ? [] : linesOf(context.command(birth)?.argv.join(' ') ?? '', life);
  return (
    agreed(loaded) ??
    agreed(linesDuring(context, life)) ??
    (exchanges.some(({ name, payload }) => name === 'FLUSH' && payload.length > 0)
      ? 'integrated'
      : undefined) ??
    (exchanges.some(({ name }) => name === 'MARK_REGION') ? 'legacy' : undefined)
  );
}

function agreed(lines: readonly TableLine[]): FlushMode {
  const modes = new Set(lines.map(({ integrated }) => integrated));
  if (modes.size !== 1) return undefined;
  return modes.has(true) ? 'integrated' : 'legacy';
}

function linesOf(text: string, { uuid }: Life): TableLine[] {
  return tableLines(text).filter((line) => line.uuid === uuid);
}

function linesDuring({ history }: KernelContext, life: Life): TableLine[] {
  const texts: string[] = [];
  for (const event of history.events) {
    const at = history.place(event);
    if (at < life.from || at > life.to || event.node !== life.node) continue;
    if (event.kind === 'command') texts.push(event.argv.join(' '), event.stdout);
    if (event.kind === 'observation' && event.name === 'table') texts.push(...strings(event.value));
  }
  return texts.flatMap((text) => linesOf(text, life));
}

function strings(value: JsonValue): string[] {
  if (typeof value === 'string') return [value];
  if (Array.isArray(value)) return value.flatMap(strings);
  return typeof value === 'object' && value !== null ? Object.values(value).flatMap(strings) : [];
}
