/** Quotes one word for a POSIX shell. */
export function shellQuote(word: string): string {
  return /^[A-Za-z0-9_@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;
}

/** One command line for `sh -c` from argv; a string is taken as shell text already. */
export function shellCommand(argv: readonly string[] | string): string {
  return typeof argv === 'string' ? argv : argv.map(shellQuote).join(' ');
}
