import { createServer, type Socket } from 'node:net';

/** A socket that somebody else is going to connect to. */
export interface AwaitedSocket extends Disposable {
  /** Resolves with the first connection; never settles without one. */
  readonly socket: Promise<Socket>;
}

/** Listens on the unix socket `path` for one connection. Throws what listen(2) refuses. */
export async function acceptOne(path: string): Promise<AwaitedSocket> {
  const server = createServer();
  let connection: Socket | undefined;
  const socket = new Promise<Socket>((resolve) => {
    server.once('connection', (accepted) => {
      connection = accepted;
      server.close();
      resolve(accepted);
    });
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(path, resolve);
  });
  return {
    socket,
    [Symbol.dispose]: () => {
      connection?.destroy();
      server.close();
    },
  };
}
