/** Further processes on the connector group of userspace logs, which answer nothing (spec 2.1). */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type GuestSession, shellCommand } from '../guest/index.js';
import {
  DATAGRAMS,
  type DatagramHeaders,
  GROUP_JOIN,
  type GroupJoin,
  JOIN_CALLS,
  JOIN_WAYS,
} from '../history/index.js';
import { projectRoot } from '../setup/root.mjs';
import { decodeConnector, decodeNetlink, decodeUlog } from '../ulog/index.js';
import { InfraError, within } from '../vm/index.js';
import { ProgramLines } from './program-lines.js';
import type { Recording } from './recording.js';

const SOURCE = join(projectRoot, 'harness/lab/guest/listen.pl');
const PATIENCE_MS = 10_000;

type JoinWay = GroupJoin['way'];
/** What came of one try; and who made all of them. */
type Try = Pick<GroupJoin, 'way' | 'call' | 'errno'>;
type Credentials = Pick<GroupJoin, 'uid' | 'capabilities'>;

/** Users of the guest, with the numbers that every Debian gives them. */
const UIDS = { root: 0, nobody: 65534 } as const;
/** Who tries to join. */
export type JoiningUser = keyof typeof UIDS;

/** The program in the node that tries to join, and listens then. */
class Listener {
  private constructor(
    private readonly guest: GuestSession,
    private readonly fifo: string,
    private readonly lines: ProgramLines,
    readonly credentials: Credentials,
    readonly tries: readonly Try[],
  ) {}

  /** Returns when it has tried. Throws InfraError when it ended before that. */
  static async start(guest: GuestSession, user: JoiningUser, ways: readonly JoinWay[]): Promise<Listener> {
    const fifo = `/run/ulogcheck-listener.${user}.${ways.join('-')}`;
    const words = [await readFile(SOURCE, 'utf8'), fifo, String(UIDS[user]), ...ways];
    const run = await guest.start(`mkfifo ${fifo} && exec ${shellCommand(['perl', '-e', ...words])}`);
    const lines = new ProgramLines(run, `the listener of ${user}`);
    const next = async (): Promise<string> => await within(lines.next(), PATIENCE_MS, `${user} to listen`);
    const credentials = credentialsOf(await next());
    const tries: Try[] = [];
    for (let line = await next(); line !== 'listening'; line = await next()) tries.push(tryOf(line));
    return new Listener(guest, fifo, lines, credentials, tries);
  }

  /** Ends it. The headers of all datagrams that it had been sent by now, for each way in their order. */
  async stop(): Promise<{ readonly way: JoinWay; readonly headers: DatagramHeaders }[]> {
    // Opened for reading too: nobody reads from the FIFO of a listener that is gone, and the write must not wait.
    await this.guest.succeed(`echo end 1<> ${this.fifo}`);
    return (await within(this.lines.rest(), PATIENCE_MS, 'a listener to end')).map((line) => {
      const [word, way, hex = ''] = line.split(' ');
      if (word !== 'heard') throw unexpected(line);
      return { way: oneOf(JOIN_WAYS, way, line), headers: headersOf(Buffer.from(hex, 'hex')) };
    });
  }
}

/** Listens as root from its making until it is stopped. */
export class SilentListener {
  private constructor(
    private readonly listener: Listener,
    private readonly recording: Recording,
  ) {}

  /** Returns when it has joined the group. Throws InfraError when it cannot. */
  static async start(guest: GuestSession, recording: Recording): Promise<SilentListener> {
    const listener = await Listener.start(guest, 'root', ['bind']);
    const failed = listener.tries.find(({ errno }) => errno !== 0);
    if (failed !== undefined)
      throw new InfraError(`the silent listener cannot join group 7: ${failed.call}: errno ${failed.errno}`);
    return new SilentListener(listener, recording);
  }

  /** Ends it and records the headers of every datagram that it received. */
  async stop(): Promise<void> {
    const heard = await this.listener.stop();
    await this.recording.now();
    this.recording.observe(
      'ioctl',
      DATAGRAMS,
      heard.map(({ headers }) => headers),
    );
  }
}

/** A process that has tried to join the group, and listens whether it may or not, until it is stopped. */
export class GroupJoiner {
  private constructor(
    private readonly listener: Listener,
    private readonly recording: Recording,
  ) {}

  /** Tries each of {@link JOIN_WAYS}, with a socket for each, and returns. Throws InfraError when it could not try. */
  static async start(guest: GuestSession, recording: Recording, user: JoiningUser): Promise<GroupJoiner> {
    return new GroupJoiner(await Listener.start(guest, user, JOIN_WAYS), recording);
  }

  /** Ends it and records a GroupJoin for each way: what came of the try, and what was received. */
  async stop(): Promise<void> {
    const all = await this.listener.stop();
    await this.recording.now();
    for (const one of this.listener.tries) {
      const heard = all.filter(({ way }) => way === one.way).map(({ headers }) => headers.requestSequence);
      const join: GroupJoin = { ...this.listener.credentials, ...one, heard };
      this.recording.observe('ioctl', GROUP_JOIN, join);
    }
  }
}

function unexpected(line: string): InfraError {
  return new InfraError(`a listener said "${line}"`);
}

function oneOf<Word extends string>(words: readonly Word[], word: string | undefined, line: string): Word {
  const found = words.find((one) => one === word);
  if (found === undefined) throw unexpected(line);
  return found;
}

function credentialsOf(line: string): Credentials {
  const [, uid, capabilities] = /^as (\d+) ([0-9a-f]{16})$/.exec(line) ?? [];
  if (uid === undefined || capabilities === undefined) throw unexpected(line);
  return { uid: Number(uid), capabilities };
}

function tryOf(line: string): Try {
  const [, way, call, errno] = /^try (\w+) (\w+) (\d+)$/.exec(line) ?? [];
  if (errno === undefined) throw unexpected(line);
  return { way: oneOf(JOIN_WAYS, way, line), call: oneOf(JOIN_CALLS, call, line), errno: Number(errno) };
}

function headersOf(bytes: Uint8Array): DatagramHeaders {
  const netlink = decodeNetlink(bytes);
  const connector = decodeConnector(netlink.payload);
  const request = decodeUlog(connector.body);
  return {
    type: netlink.type,
    flags: netlink.flags,
    sequence: netlink.seq,
    port: netlink.pid,
    connectorSequence: connector.seq,
    ack: connector.ack,
    length: connector.len,
    requestSequence: request.seq,
    dataSize: request.dataSize,
  };
}
