import { createServer, type Server } from 'node:net';
import type { Nexus, ScsiTarget } from '../scsi/task.js';
import { sendAsyncEvent, type AsyncEvent } from './async-event.js';
import type { ChapCredentials } from './chap.js';
import { REAL_CLOCK, type Clock } from './clock.js';
import { LOGIN_STATUS, type LoginStatus } from './codes.js';
import { Connection, type ConnectionHost, type Ping } from './connection.js';
import { FullFeature } from './full-feature.js';
import type { LoginRequest } from './initiator-pdus.js';
import { DEFAULT_LIMITS, type Limits } from './limits.js';
import type { Identity, Login, LoginRules } from './login.js';
import { readInPlace } from './read-in-place.js';
import { DEFAULT_WISHES, type OwnWishes } from './parameters.js';
import { Session, type SessionInfo } from './session.js';
import { sharedResources, type SharedResources } from './shared-resources.js';
import type { Wire } from './wire.js';

/** Where a target listens: loopback (port 0: any free one) or a unix socket. Nothing else is served. */
export type ListenAddress = { readonly host: '127.0.0.1'; readonly port: number } | { readonly path: string };

export interface IscsiTargetOptions {
  /** Its iSCSI name, `iqn.…`. */
  readonly name: string;
  readonly alias?: string;
  readonly device: ScsiTarget;
  /** Default: 127.0.0.1, any free port. */
  readonly address?: ListenAddress;
  /** Without it, everybody may log in. */
  readonly chap?: ChapCredentials;
  readonly clock?: Clock;
  /** Default: after a minute, within a minute. Null: never. */
  readonly ping?: Ping | null;
  /** What it wants in negotiations, where that is not the default. */
  readonly wishes?: Partial<OwnWishes>;
  readonly limits?: Partial<Limits>;
  /** False: SendTargets names no address, so that initiators use the one by which they came (user networking). */
  readonly announceAddress?: boolean;
}

/** The target cannot be made: a bad name, or an address that it may not listen on. */
export class IscsiTargetError extends Error {
  override name = 'IscsiTargetError';
}

const PORTAL_GROUP = 1;
const MOST_TSIH = 0xffff;

/** An iSCSI target (RFC 7143, error recovery level 0): one target name, its device's units, any number of sessions. */
export class IscsiTarget implements AsyncDisposable {
  readonly #sessions = new Map<number, Session>();
  readonly #connections = new Set<Connection>();
  readonly #host: ConnectionHost;
  readonly #limits: Limits;
  readonly #shared: SharedResources;
  #logins = 0;
  #lastTsih = 0;
  #open = true;
  /** Called when the last connection is closed. */
  #allClosed: (() => void) | undefined;

  private constructor(
    private readonly options: IscsiTargetOptions,
    private readonly server: Server,
  ) {
    const {
      name,
      alias,
      device,
      chap,
      clock = REAL_CLOCK,
      ping = { afterMs: 60_000, withinMs: 60_000 },
    } = options;
    this.#limits = { ...DEFAULT_LIMITS, ...options.limits };
    this.#shared = sharedResources(device, this.#limits);
    const loginRules: LoginRules = {
      targetName: name,
      targetAlias: alias,
      portalGroupTag: PORTAL_GROUP,
      chap,
      wishes: { ...DEFAULT_WISHES, ...options.wishes },
      agreedIn: (initiator, isid, tsih) => {
        const session = this.#sessions.get(tsih);
        const same = session?.nexus.initiator === initiator && session.nexus.isid === isid;
        return same ? session.parameters : undefined;
      },
    };
    this.#host = {
      clock,
      limits: this.#limits,
      loginRules,
      ping: ping ?? undefined,
      admit: (connection, login, request) => this.#admit(connection, login, request),
      targets: (connection) => this.#announced(connection.socket),
      fullFeature: new FullFeature(device, () => this.#sessions.values()),
      closed: (connection) => {
        this.#connections.delete(connection);
        if (this.#connections.size === 0) this.#allClosed?.();
      },
    };
    server.on('connection', (socket) => this.#accept(readInPlace(socket)));
    device.whenPathFails?.((initiator) => this.dropConnections(initiator));
  }

  /** Throws {@link IscsiTargetError}. */
  static async listen(options: IscsiTargetOptions): Promise<IscsiTarget> {
    const { name, address = { host: '127.0.0.1', port: 0 } } = options;
    if (!/^(?:iqn\.|eui\.|naa\.)[^\s,]{1,219}$/.test(name))
      throw new IscsiTargetError(`${name} is no iSCSI name`);
    const { host, path }: { host?: string; path?: string } = address;
    if (host !== undefined ? host !== '127.0.0.1' : path === undefined || !path.startsWith('/')) {
      throw new IscsiTargetError(
        `a target listens on 127.0.0.1 or a unix socket, not on ${host ?? path ?? '?'}`,
      );
    }
    const server = createServer({ noDelay: true, pauseOnConnect: true });
    const target = new IscsiTarget(options, server);
    await new Promise<void>((resolve, reject) => {
      // Later errors are about connections that could not be accepted; those are gone.
      server.on('error', (error) => reject(new IscsiTargetError(`cannot listen: ${error.message}`)));
      server.listen(address, () => resolve());
    });
    return target;
  }

  get name(): string {
    return this.options.name;
  }

  /** Where it listens, with the port that it was given. */
  get address(): ListenAddress {
    const address = this.server.address();
    if (typeof address === 'string') return { path: address };
    if (address === null) throw new IscsiTargetError('the target is closed');
    return { host: '127.0.0.1', port: address.port };
  }

  /** Takes a connection that did not come by its own address. After `close` it is destroyed. */
  serve(connection: Wire): void {
    this.#accept(connection);
  }

  /** All sessions, discovery sessions included. */
  sessions(): SessionInfo[] {
    return [...this.#sessions.values()].map((session) => session.info);
  }

  /** Cuts all connections, or those of one initiator, without a word, as a failing path does. */
  dropConnections(initiator?: string): void {
    for (const connection of [...this.#connections]) {
      if (initiator === undefined || connection.session?.nexus.initiator === initiator) connection.destroy();
    }
  }

  /** Sends an Async Message in all sessions but discovery sessions, or in those of one initiator. */
  announce(event: AsyncEvent, initiator?: string): void {
    for (const { nexus, discovery, connections } of this.#sessions.values()) {
      const [connection] = connections.values();
      if (discovery || connection === undefined) continue;
      if (initiator === undefined || nexus.initiator === initiator) sendAsyncEvent(connection, event);
    }
  }

  /** Ends all sessions and stops listening; settles when all sockets are closed. */
  async close(): Promise<void> {
    if (!this.#open) return;
    this.#open = false;
    const closed = new Promise<void>((resolve) => this.server.close(() => resolve()));
    const gone = new Promise<void>((resolve) => (this.#allClosed = resolve));
    if (this.#connections.size === 0) this.#allClosed?.();
    this.dropConnections();
    await Promise.all([closed, gone]);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  #accept(socket: Wire): void {
    const waiting = [...this.#connections].filter((connection) => !connection.inFullFeature).length;
    if (!this.#open || waiting >= this.#limits.loginsUnderWay) {
      socket.destroy();
      return;
    }
    this.#connections.add(new Connection(socket, this.#host));
  }

  #admit(connection: Connection, login: Login, request: LoginRequest): Session | LoginStatus {
    const { identity } = login;
    return identity.tsih === 0 ? this.#begin(connection, login, request) : this.#join(connection, identity);
  }

  /** A new session; one of the same initiator port ends, with all that was under way in it (RFC 7143 6.3.5). */
  #begin(connection: Connection, login: Login, { cmdSn }: LoginRequest): Session | LoginStatus {
    const { initiator, isid, discovery } = login.identity;
    for (const { nexus, discovery: other, tsih } of this.#sessions.values()) {
      const same = nexus.initiator === initiator && nexus.isid === isid && other === discovery;
      if (same) this.#sessions.get(tsih)?.end();
    }
    if (this.#sessions.size >= this.#limits.sessions) return LOGIN_STATUS.outOfResources;
    const { device, name } = this.options;
    const nexus: Nexus = { initiator, isid, target: name, login: ++this.#logins };
    if (!discovery && !device.nexusBegan(nexus)) return LOGIN_STATUS.serviceUnavailable;
    const { session: parameters } = login.negotiation;
    const tsih = this.#freeTsih();
    const ended = (): void => {
      this.#sessions.delete(tsih);
      if (!discovery) device.nexusEnded(nexus);
    };
    const session = new Session(nexus, tsih, discovery, parameters, cmdSn, this.#shared, ended);
    this.#sessions.set(tsih, session);
    session.connections.set(connection.cid, connection);
    return session;
  }

  /** One more connection of a session, or one in place of an older connection of the same number. */
  #join(connection: Connection, { initiator, isid, tsih, cid }: Identity): Session | LoginStatus {
    const session = this.#sessions.get(tsih);
    if (session?.nexus.initiator !== initiator || session.nexus.isid !== isid)
      return LOGIN_STATUS.sessionDoesNotExist;
    if (session.discovery) return LOGIN_STATUS.cannotIncludeInSession;
    const older = session.connections.get(cid);
    if (older === undefined && session.connections.size >= session.parameters.maxConnections) {
      return LOGIN_STATUS.tooManyConnections;
    }
    session.connections.set(cid, connection);
    if (older !== undefined) {
      void session.abort([...session.commands.values()].filter((command) => command.connection === older));
      older.destroy();
    }
    return session;
  }

  #freeTsih(): number {
    do this.#lastTsih = (this.#lastTsih % MOST_TSIH) + 1;
    while (this.#sessions.has(this.#lastTsih));
    return this.#lastTsih;
  }

  /** By which the initiator came; a unix socket has no address that SendTargets could name. */
  #announced({ localAddress, localPort }: Wire): string {
    if (this.options.announceAddress === false || localAddress === undefined) return '';
    return `${localAddress}:${localPort ?? 3260},${PORTAL_GROUP}`;
  }
}
