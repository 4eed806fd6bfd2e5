import { OwnedCommandError, OwnedSpawnError, runOwned } from './owned.mjs';

/** A program that is started behind a prefix of arguments, e.g. its own dynamic loader. */
export interface Program {
  /** argv prefix; the caller's arguments follow. */
  readonly command: readonly string[];
  /** Added to the environment. */
  readonly env: Readonly<Record<string, string>>;
}

/** A program failed; `output` has what it said, the end of it is in the message. */
export class ToolError extends Error {
  override name = 'ToolError';
  constructor(
    message: string,
    readonly output: string,
  ) {
    super(message);
  }
}

/** How many of the last lines of a failed program's output go into the message. */
const TAIL = 12;

/**
 * Runs a program to its end and gives its standard output; it ends with this process in any case. It sees the
 * environment of this process with a plain locale, the system directories in PATH and no APT_CONFIG.
 * Throws {@link ToolError}.
 */
export async function runTool(
  program: Program,
  args: readonly string[],
  options: { readonly cwd?: string; readonly env?: Readonly<Record<string, string>> } = {},
): Promise<string> {
  const argv = [...program.command, ...args];
  const inherited = { ...process.env };
  delete inherited['APT_CONFIG'];
  const env = {
    ...inherited,
    PATH: `${process.env['PATH'] ?? ''}:/usr/local/sbin:/usr/sbin:/sbin:/usr/bin:/bin`,
    LC_ALL: 'C.UTF-8',
    ...program.env,
    ...options.env,
  };
  try {
    const { stdout } = await runOwned(argv, options.cwd === undefined ? { env } : { env, cwd: options.cwd });
    return stdout;
  } catch (error) {
    const shown = argv.slice(0, 12).join(' ');
    if (error instanceof OwnedSpawnError) throw new ToolError(`${shown}: is not there: ${error.message}`, '');
    if (!(error instanceof OwnedCommandError)) throw error;
    const output = `${error.stdout}\n${error.stderr}`.trim();
    const how =
      error.status === null ? `was ended by ${String(error.signal)}` : `ended with status ${error.status}`;
    throw new ToolError(`${shown}: ${how}:\n${output.split('\n').slice(-TAIL).join('\n')}`, output);
  }
}
