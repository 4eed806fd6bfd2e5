/** The daemon as a process: command line, privileges, and then the receive loop. */
import { JsonLog } from './json-log.js';
import { StateDirectoryError } from './log-error.js';
import { parseOptions, UsageError, USAGE, type Options } from './options.js';
import { ownMissingPrivilege } from './privileges.js';
import type { DaemonVariant } from './variant.js';

/** Told by --version and in the `ready` event; kept equal to package.json's by hand, which the guest does not have. */
const DAEMON_VERSION = '0.1.0';

/** Exit statuses, after sysexits.h. */
const EXIT = { usage: 64, unavailable: 69, cannotCreate: 73, busy: 75, noPermission: 77 } as const;

/** Runs the daemon until it is told to end; `args` are its arguments. Sets the exit status of the process. */
export async function runDaemon(
  variant: DaemonVariant = {},
  args: readonly string[] = process.argv.slice(2),
): Promise<void> {
  let options: Options;
  try {
    options = parseOptions(args);
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    process.stderr.write(`${error.message}\n\n${USAGE}`);
    process.exitCode = EXIT.usage;
    return;
  }
  if (options.help) process.stdout.write(USAGE);
  else if (options.version) process.stdout.write(`ulogcheck reference log daemon ${DAEMON_VERSION}\n`);
  else await start(variant, options);
}

async function start(variant: DaemonVariant, options: Options): Promise<void> {
  const log = openLog(options);
  if (log === undefined) return;
  const refuse = (error: unknown, status: number): void => {
    const message = error instanceof Error ? error.message : String(error);
    log.write({ level: 'error', event: 'refused-to-start', details: { message } });
    process.exitCode = status;
  };
  const privilege = ownMissingPrivilege();
  if (privilege !== undefined) {
    refuse(privilege, EXIT.noPermission);
    return;
  }
  // What needs native code is loaded only now, so that the above works everywhere.
  const { openSocket, openState, serve } = await import('./serve.js');
  let state;
  try {
    // Before the socket: two daemons must not both be listening, not even for a moment.
    state = openState(options.stateDirectory, log);
  } catch (error) {
    refuse(
      error,
      error instanceof StateDirectoryError && error.reason === 'busy' ? EXIT.busy : EXIT.cannotCreate,
    );
    return;
  }
  using lock = state;
  let socket;
  try {
    socket = openSocket(log);
  } catch (error) {
    refuse(error, EXIT.unavailable);
    return;
  }
  using open = socket;
  await serve({ socket: open, state: lock, variant, log, options, version: DAEMON_VERSION });
  log.write({ level: 'info', event: 'exit', details: {} });
}

/** Undefined, and told on stderr, when the log cannot be written. */
function openLog({ logFile, logLevel }: Options): JsonLog | undefined {
  try {
    return new JsonLog(logFile, logLevel);
  } catch (error) {
    process.stderr.write(`--log-file: ${error instanceof Error ? error.message : String(error)}\n`);
    process.exitCode = EXIT.cannotCreate;
    return undefined;
  }
}
