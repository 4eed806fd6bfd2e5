/** The life of a daemon that may serve: open the socket, keep the memory, serve, end when asked. */
import { openBlockDevice } from './block-device.js';
import { Dispatcher } from './dispatch.js';
import { eventLoopFd, turnEventLoop } from './event-loop.js';
import { createLogInstance, InstanceRegistry } from './instances.js';
import type { JsonLog } from './json-log.js';
import { isWritable } from './libc.js';
import { keepInMemory } from './memory.js';
import { UlogSocket } from './netlink-socket.js';
import type { Options } from './options.js';
import { missingConnector } from './privileges.js';
import { Resources } from './resources.js';
import { Server } from './server.js';
import { StateDirectory } from './state-directory.js';
import type { DaemonVariant } from './variant.js';

/** The bound socket. @throws when no request could ever arrive. */
export function openSocket(log: JsonLog): UlogSocket {
  log.isWritable = () => isWritable(log.fd);
  const socket = new UlogSocket(eventLoopFd());
  const problem = missingConnector();
  if (problem === undefined) return socket;
  socket[Symbol.dispose]();
  throw new Error(problem);
}

/** The directory of the state files, locked. @throws StateDirectoryError. */
export function openState(path: string, log: JsonLog): StateDirectory {
  return StateDirectory.open(path, log.write);
}

/** What a daemon serves with. */
export interface ServeOptions {
  readonly socket: UlogSocket;
  readonly state: StateDirectory;
  readonly variant: DaemonVariant;
  readonly log: JsonLog;
  readonly options: Pick<Options, 'logLevel' | 'forceExit'>;
  readonly version: string;
}

/** Serves until SIGTERM or SIGINT; then until no log is left, or at once with `forceExit`. */
export async function serve({ socket, state, variant, log, options, version }: ServeOptions): Promise<void> {
  const { createInstance = createLogInstance, createRegistry, createDispatcher, createDiskLog } = variant;
  const resources = new Resources({ state, log: log.write, openDevice: openBlockDevice, createDiskLog });
  const instances =
    createRegistry?.(createInstance, resources) ?? new InstanceRegistry(createInstance, resources);
  const dispatcher = createDispatcher?.(instances, log.write) ?? new Dispatcher(instances, log.write);
  const server = new Server(socket, dispatcher, log.write, options.logLevel === 'debug');

  let stopping = false;
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    process.on(signal, () => {
      stopping = true;
      const { size } = instances;
      log.write({ level: 'info', event: 'signal', details: { signal, instances: size } });
      if (size === 0) return;
      // The kernel would wait for ever for a daemon that left its logs behind (spec 10 item 14, RECOV-12).
      const event = options.forceExit ? 'exit-forced' : 'exit-deferred';
      log.write({ level: 'warn', event, details: { instances: size } });
    });
  }
  for (const message of keepInMemory()) {
    log.write({ level: 'warn', event: 'memory-not-kept', details: { message } });
  }
  await turnEventLoop();
  log.write({ level: 'info', event: 'ready', details: { pid: process.pid, version } });
  const mayStop = (): boolean => stopping && (options.forceExit || instances.size === 0);
  while (!mayStop()) {
    server.serve(mayStop);
    await turnEventLoop();
  }
}
