/** The command line of the daemon. */
import { parseArgs } from 'node:util';

/** In rising order of weight. */
export const LOG_LEVELS = ['debug', 'info', 'warn', 'error'] as const;
/** The least weight that is logged. */
export type LogLevel = (typeof LOG_LEVELS)[number];

/** What the command line asks for. */
export interface Options {
  readonly help: boolean;
  readonly version: boolean;
  readonly logLevel: LogLevel;
  /** Where the log goes; undefined is stderr. */
  readonly logFile: string | undefined;
  /** Where the state of the logs survives the daemon. */
  readonly stateDirectory: string;
  /** SIGTERM and SIGINT end the daemon even while logs are live. */
  readonly forceExit: boolean;
}

/** Memory of the host: what is there is gone after a reboot, as it has to be. */
const DEFAULT_STATE_DIRECTORY = '/run/ulogcheck-logd';

/** A command line that cannot be understood; the message says what was wrong and what would be right. */
export class UsageError extends Error {}

/** The text of --help. */
export const USAGE = `Usage: main.js [options]

Serves the kernel's userspace dirty logs of this host: clustered-core,
and clustered-disk in the format of the kernel's own disk log.

Options:
  --log-level LEVEL  ${LOG_LEVELS.join(', ')} (default: info)
  --log-file PATH    append the log to a file instead of writing it to stderr
  --state-dir DIR    directory, best on a tmpfs, that keeps the state of the logs
                     for the daemon that is started after this one
                     (default: ${DEFAULT_STATE_DIRECTORY})
  --force-exit       exit on SIGTERM and SIGINT even while logs are live; their
                     mirrors then block until a daemon runs again
  --help             show this text
  --version          show the version

Log lines are JSON objects; {"event":"ready"} is written once requests are served.
SIGTERM and SIGINT end the daemon when no log is live, at once or after the last
log was removed. SIGKILL always does; the next daemon goes on where this one was.

Exit status: 0 ended as asked, 64 wrong usage, 69 the kernel offers no connector,
73 the log file or the state directory cannot be used, 75 another daemon serves
this host, 77 privileges are missing.
`;

function isLogLevel(word: string): word is LogLevel {
  return (LOG_LEVELS as readonly string[]).includes(word);
}

/** Reads the arguments behind the script. @throws UsageError. */
export function parseOptions(args: readonly string[]): Options {
  const { values } = parse(args);
  const level = values['log-level'] ?? 'info';
  if (!isLogLevel(level)) {
    throw new UsageError(`--log-level "${level}" is not one of ${LOG_LEVELS.join(', ')}`);
  }
  const stateDirectory = values['state-dir'] ?? DEFAULT_STATE_DIRECTORY;
  if (stateDirectory === '') throw new UsageError('--state-dir is empty, must be a directory');
  return {
    help: values.help ?? false,
    version: values.version ?? false,
    logLevel: level,
    logFile: values['log-file'],
    stateDirectory,
    forceExit: values['force-exit'] ?? false,
  };
}

function parse(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      options: {
        help: { type: 'boolean' },
        version: { type: 'boolean' },
        'log-level': { type: 'string' },
        'log-file': { type: 'string' },
        'state-dir': { type: 'string' },
        'force-exit': { type: 'boolean' },
      },
    });
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error));
  }
}
