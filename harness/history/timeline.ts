/** A history as text: one column per live log instance, time downwards. */
import { constructorText, type Instance } from './instance.js';
import { describeOutcome, describeReply, describeRequest } from './describe.js';
import { diskLine } from './disk-lines.js';
import type { CommandEvent, HistoryEvent, ReplyEvent, TransmissionEvent } from './events.js';
import type { Exchange } from './exchange.js';
import type { History } from './history.js';
import { milliseconds } from './queries.js';

/** Text to be shown below the last of some events, such as what an oracle says about them. */
export interface Annotation {
  /** Numbers `n` of events. */
  readonly events: readonly number[];
  readonly text: string;
}

const COLUMN = 46;
const TIME = 11;
/** Commands and observations are cut at this length; the history has them whole. */
const LINE = 200;
const RULE = '─';

/**
 * The history as text for people: a legend that names instances L1, L2...; then one line per request at the time
 * when it was made, in the column of its instance, with its outcome and how long the kernel waited, in ms.
 * A column is given to the next instance when its own one is gone. Commands, the subject, observations and
 * findings are lines of full width. Resends and replies that the kernel did not want have lines of their own.
 */
export function renderTimeline(history: History, annotations: readonly Annotation[] = []): string {
  const names = nameInstances(history);
  const notes = placeAnnotations(history, annotations);
  const began = history.events[0]?.t ?? 0n;
  const lines = [...heading(history), ...legend(names), ''];
  const columns = new Columns(names);
  lines.push(columns.titles());
  for (const event of history.events) {
    const at = milliseconds(event.t - began)
      .toFixed(3)
      .padStart(TIME - 1);
    for (const [index, line] of eventLines(history, event, columns).entries()) {
      lines.push(`${index === 0 ? at : ' '.repeat(TIME - 1)} ${line}`.trimEnd());
    }
    for (const text of notes.get(event.n) ?? []) {
      lines.push(...text.split('\n').map((line) => `${' '.repeat(TIME)}!! ${line}`));
    }
  }
  lines.push(...ending(history));
  return `${lines.join('\n')}\n`;
}

function heading({ header }: History): string[] {
  const lvm = header.lvm === 'clustered' ? ', LVM clustered' : '';
  const ids = header.ids.length === 0 ? '' : `  [${header.ids.join(' ')}]`;
  return [
    `${header.test}${ids}`,
    `kernel ${header.kernel}, daemon ${header.daemon}, userland ${header.userland}${lvm}, seed ${header.seed}, ${header.started}; under test: the ${header.underTest}`,
    `Times are ms of guest time since the first event; in brackets how long the kernel waited for the answer.`,
    '',
  ];
}

/** Puts what is said about an exchange where it belongs in a line. */
export interface Placement {
  cell(exchange: Exchange, text: string): string;
}

/** A log by the name that it has in the timeline. */
interface NamedInstance {
  readonly name: string;
  readonly instance: Instance;
}

/** The logs of a history as `L1`, `L2`… in order of birth. */
export function nameInstances(history: History): readonly NamedInstance[] {
  return history.instances().map((instance, index) => ({ name: `L${index + 1}`, instance }));
}

function legend(names: readonly NamedInstance[]): string[] {
  const width = Math.max(0, ...names.map(({ instance }) => instance.uuid.length));
  return names.map(({ name, instance }) => {
    const luid = `0x${instance.luid.toString(16)}`.padEnd(18);
    const text =
      instance.birth === undefined ? '(began before the recording)' : constructorText(instance.birth);
    return `  ${name.padEnd(4)} uuid ${instance.uuid.padEnd(width)}  luid ${luid}  ${text ?? '(constructor is not a text)'}`;
  });
}

/** Which column belongs to which instance at the moment. */
class Columns implements Placement {
  readonly #byExchange = new Map<Exchange, NamedInstance>();
  readonly #slots: (NamedInstance | undefined)[] = [];
  readonly #width: number;

  constructor(names: readonly NamedInstance[]) {
    for (const named of names) {
      for (const exchange of named.instance.exchanges) this.#byExchange.set(exchange, named);
    }
    this.#width = widestCrowd(names);
  }

  titles(): string {
    const title = `${'ms'.padStart(TIME - 1)} `;
    return `${title}${RULE.repeat(Math.max(1, this.#width) * COLUMN)}`;
  }

  /** The line with `text` in the column of the exchange's instance. */
  cell(exchange: Exchange, text: string): string {
    const named = this.#byExchange.get(exchange);
    if (named === undefined) return text;
    let slot = this.#slots.indexOf(named);
    if (slot === -1) {
      slot = this.#slots.indexOf(undefined);
      if (slot === -1) slot = this.#slots.length;
      this.#slots[slot] = named;
    }
    const left = Array.from({ length: slot }, (_, index) => this.#bar(index)).join('');
    const dies = exchange === named.instance.death || (named.instance.stillborn && exchange.name === 'CTR');
    if (dies) this.#slots[slot] = undefined;
    const own = `${named.name} ${text}`.padEnd(COLUMN - 1);
    const right = this.#slots.slice(slot + 1).map((_, index) => this.#bar(slot + 1 + index));
    return `${left}${own} ${right.join('')}`;
  }

  #bar(slot: number): string {
    return (this.#slots[slot] === undefined ? '' : '·').padEnd(COLUMN);
  }
}

/** Most instances that live at one time. */
function widestCrowd(names: readonly NamedInstance[]): number {
  const changes = names.flatMap(({ instance }) => {
    const from = firstEvent(instance.exchanges[0]);
    const to = instance.stillborn ? from : firstEvent(instance.death);
    return [
      { at: from, by: 1 },
      { at: to, by: -1 },
    ];
  });
  let now = 0;
  let most = 0;
  for (const { by } of changes.toSorted((a, b) => a.at - b.at || a.by - b.by)) {
    now += by;
    most = Math.max(most, now);
  }
  return most;
}

function firstEvent(exchange: Exchange | undefined): number {
  return exchange?.events()[0]?.n ?? Infinity;
}

/** What an event is shown as, without its time; nothing when its exchange says it already. */
export function eventLines(history: History, event: HistoryEvent, columns: Placement): string[] {
  switch (event.kind) {
    case 'request':
    case 'transmission':
    case 'reply':
    case 'return':
      return exchangeLines(history, event, columns);
    case 'command':
      return commandLines(event);
    case 'subject':
      return [banner(`daemon ${event.action}${event.detail === '' ? '' : `: ${event.detail}`}`)];
    case 'observation':
      return [banner(`observed ${event.name} (${event.evidence}): ${oneLine(JSON.stringify(event.value))}`)];
    case 'finding':
      return [banner(`KERNEL ${event.finding.toUpperCase()}: ${oneLine(event.title)}`)];
    case 'disk-command':
    case 'disk-nexus':
    case 'disk-reset':
    case 'disk-power-cut':
    case 'disk-clock':
    case 'disk-profile':
    case 'lock-call':
    case 'lock-answer':
      return [banner(diskLine(event))];
  }
}

/** A request is one line where it began; what happens to it later is worth a line only if it is unusual. */
function exchangeLines(history: History, event: HistoryEvent, columns: Placement): string[] {
  const exchange = history.exchangeOf(event);
  if (exchange === undefined) {
    return event.kind === 'reply' ? [banner(`reply with unknown seq ${event.seq}`)] : [];
  }
  if (event === exchange.events()[0]) return [columns.cell(exchange, summary(exchange, event))];
  if (event.kind === 'transmission' && exchange.transmissions[0] !== event) {
    return [columns.cell(exchange, resend(exchange, event))];
  }
  if (event.kind === 'reply' && event !== exchange.answer) {
    return [columns.cell(exchange, unusualReply(exchange, event))];
  }
  return [];
}

function summary(exchange: Exchange, first: HistoryEvent): string {
  const done = exchange.return ?? exchange.answer;
  const waited = done === undefined ? '' : ` (${milliseconds(done.t - first.t).toFixed(1)})`;
  const outcome = describeOutcome(exchange);
  const mark = exchange.answer === undefined || exchange.answer.error !== 0 ? ' *' : '';
  return `${describeRequest(exchange)} → ${outcome}${waited}${mark}`;
}

function resend(exchange: Exchange, event: TransmissionEvent): string {
  const attempt = exchange.transmissions.indexOf(event) + 1;
  return `  sent again (${attempt}) ${describeRequest(exchange)} seq ${event.seq}`;
}

function unusualReply(exchange: Exchange, event: ReplyEvent): string {
  const words = describeReply(exchange, event);
  if (exchange.accepted.includes(event)) return `  ${words} to seq ${event.seq}: asks to send again`;
  return `  not wanted: ${words} to seq ${event.seq} of ${describeRequest(exchange)}`;
}

function commandLines(event: CommandEvent): string[] {
  const took = `${milliseconds(event.end - event.t).toFixed(1)} ms`;
  const status = event.outcome === 'exited' ? `exit status ${event.status ?? '?'}` : event.outcome;
  const output = [...outputLines('   ', event.stdout), ...outputLines('   stderr: ', event.stderr)];
  return [banner(`$ ${oneLine(event.argv.map(quote).join(' '))}  [${status}, ${took}]`), ...output];
}

function outputLines(prefix: string, text: string): string[] {
  const lines = text.split('\n').filter((line) => line.trim() !== '');
  const shown = lines.slice(0, 6).map((line) => `${prefix}${line}`);
  return lines.length > 6 ? [...shown, `${prefix}... ${lines.length - 6} more lines`] : shown;
}

function banner(text: string): string {
  return `${RULE}${RULE} ${text}`;
}

function oneLine(text: string): string {
  const line = text.replaceAll(/\s+/g, ' ');
  return line.length > LINE ? `${line.slice(0, LINE - 3)}...` : line;
}

function quote(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word}'`;
}

function ending(history: History): string[] {
  const { end } = history;
  if (end === undefined) return ['', 'The history ends here without an end line: it is truncated.'];
  const losses = `${end.overruns} overruns, ${end.missed} missed probe hits`;
  const parts = [...(end.reason === '' ? [] : [end.reason]), losses, ...(end.truncated ? ['TRUNCATED'] : [])];
  return ['', `End: ${parts.join('; ')}`];
}

function placeAnnotations(
  history: History,
  annotations: readonly Annotation[],
): ReadonlyMap<number, readonly string[]> {
  const notes = new Map<number, string[]>();
  for (const { events, text } of annotations) {
    // Below the line of the last event's exchange, which stands where the exchange began.
    const shown = events.map((n) => shownAt(history, n)).filter((n) => n !== undefined);
    const last = shown.at(-1);
    if (last === undefined) continue;
    const list = notes.get(last);
    if (list === undefined) notes.set(last, [text]);
    else list.push(text);
  }
  return notes;
}

/** The number of the event whose line shows event `n`; undefined when there is no such event. */
export function shownAt(history: History, n: number): number | undefined {
  const event = history.event(n);
  if (event === undefined) return undefined;
  return history.exchangeOf(event)?.events()[0]?.n ?? n;
}
