/** How LVM reads the status line of a mirror (spec 14; libdm's dm_get_status_mirror). */

/** What LVM makes of a mirror's status. */
export interface MirrorStatus {
  readonly legs: readonly string[];
  readonly inSync: number;
  readonly regions: number;
  /** One character per leg. */
  readonly health: string;
  /** `clustered-core`, `clustered-disk`, `core`, `disk` or `COM_FAILURE`. */
  readonly logType: string;
  /** Words behind the log type. */
  readonly logWords: readonly string[];
}

/** LVM's own limit. */
const MOST_LEGS = 8;

/** Takes words from the front of a line. */
class Words {
  readonly #words: string[];

  constructor(line: string) {
    this.#words = line.trim().split(/ +/);
  }

  next(what: string): string {
    const word = this.#words.shift();
    if (word === undefined || word === '') throw new StatusSyntaxError(`${what} is missing`);
    return word;
  }

  number(what: string): number {
    const word = this.next(what);
    if (!/^\d+$/.test(word)) throw new StatusSyntaxError(`${what} is no number: "${word}"`);
    return Number(word);
  }

  matching(pattern: RegExp, what: string): string {
    const word = this.next(what);
    if (!pattern.test(word)) throw new StatusSyntaxError(`${what} is "${word}"`);
    return word;
  }

  peek(): string | undefined {
    return this.#words[0];
  }

  rest(): readonly string[] {
    return this.#words;
  }
}

/** A line that LVM cannot parse; the message says which part. */
class StatusSyntaxError extends Error {
  override readonly name = 'StatusSyntaxError';
}

/**
 * Parses a line of `dmsetup status`: `<start> <length> mirror <#legs> <maj:min>... <in sync>/<total> <#words> <health>
 * [userspace] <#log words> <log type>...`. Returns the reason as a text when LVM would refuse it, or read something
 * else than is there: a word count that is not the number of words, a health character that it does not know.
 */
export function parseMirrorStatus(line: string): MirrorStatus | string {
  try {
    return parse(new Words(line));
  } catch (error) {
    if (error instanceof StatusSyntaxError) return error.message;
    throw error;
  }
}

function parse(words: Words): MirrorStatus {
  words.number('the start');
  words.number('the length');
  words.matching(/^mirror$/, 'the target type');
  const count = words.number('the number of legs');
  if (count < 1 || count > MOST_LEGS) throw new StatusSyntaxError(`${count} legs`);
  const legs = Array.from({ length: count }, () => words.matching(/^\d+:\d+$/, 'a leg'));
  const ratio = words.matching(/^\d+\/\d+$/, 'the ratio of regions in sync');
  const [inSync = 0, regions = 0] = ratio.split('/').map(Number);
  if (inSync > regions) throw new StatusSyntaxError(`more regions in sync than there are: ${ratio}`);
  if (words.number('the number of health words') !== 1) throw new StatusSyntaxError('not one health word');
  const health = words.matching(/^[AFDSRU]+$/, 'the health of the legs');
  if (health.length !== count)
    throw new StatusSyntaxError(`${health.length} health characters for ${count} legs`);
  if (words.peek() === 'userspace') words.next('the word userspace');
  const logCount = words.number('the number of log words');
  const rest = words.rest();
  if (logCount < 1 || rest.length !== logCount) {
    throw new StatusSyntaxError(`${logCount} log words are announced, ${rest.length} follow`);
  }
  const [logType = '', ...logWords] = rest;
  if (/disk$/.test(logType) && !/^\d+:\d+ [ADFR]$/.test(logWords.join(' '))) {
    throw new StatusSyntaxError(`the log device and its health are "${logWords.join(' ')}"`);
  }
  return { legs, inSync, regions, health, logType, logWords };
}
