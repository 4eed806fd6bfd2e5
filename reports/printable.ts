import { stripVTControlCharacters } from 'node:util';

/**
 * A text without escape sequences and control characters, which guests and daemons may print and which would act on
 * the reader's terminal. Line ends and blanks stay as they are; tabs become blanks.
 */
export function printable(text: string): string {
  return stripVTControlCharacters(text)
    .replaceAll('\r\n', '\n')

    .replaceAll(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u2028\u2029]+/g, ' ');
}

/** A {@link printable} text as one line of at most `limit` characters, for formats of lines. */
export function oneLine(text: string, limit = Infinity): string {
  const line = printable(text).replaceAll(/\n+/g, ' ').trim();
  const characters = Array.from(line);
  return characters.length <= limit ? line : `${characters.slice(0, limit - 1).join('')}…`;
}
