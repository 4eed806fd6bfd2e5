import { initiatorName, type ReachableDrives } from '../../disks/drives.js';
import { type GuestSession, shellCommand, shellQuote } from '../../guest/index.js';
import { MTU, VirtualHost } from '../../network/index.js';
import { InfraError, type VirtualMachine } from '../../vm/index.js';
import { proveExact } from './exact-path.js';
import { findDrives, type FoundDrive, IN_SESSIONS } from './find-drives.js';
import { SgDevice } from './sg-device.js';

/** The node's own address, and where it finds the harness; on a cable between the two, with nobody else on it. */
const NODE_ADDRESS = '10.0.2.15/24';
const HOST_ADDRESS = '10.0.2.100';
/** Of iSCSI; each further target is at the next one. */
const FIRST_PORT = 3260;
const PORTAL_GROUP = 1;
/** An emulated guest on a busy host. */
const LOGIN_DEADLINE_MS = 90_000;

/** A drive as a node has it. */
export interface NodeDrive extends FoundDrive {
  readonly lun: number;
}

/** How a login is to behave when something goes wrong. */
export interface LoginOptions {
  /** How long commands wait for a lost session to come back before they fail, s. Default 10 (open-iscsi: 120). */
  readonly replacementSeconds?: number;
  /** Proves by the first drive that refusals of mutex commands arrive as they are. Default: with IDM drives. */
  readonly prove?: boolean;
}

interface Login {
  readonly port: number;
  readonly nodes: readonly NodeDrive[];
}

/** The guest's own initiator, open-iscsi, on a node; made ready at its first login (docs/disks.md, way B). */
export class Initiator {
  readonly #logins = new Map<ReachableDrives, Login>();
  /** Made at the first login: the end of the cable, and the daemon. */
  #host: VirtualHost | undefined;
  #nextPort = FIRST_PORT;

  constructor(
    private readonly guest: GuestSession,
    private readonly vm: VirtualMachine,
    private readonly node: string,
  ) {}

  /** Its iSCSI name. */
  get name(): string {
    return initiatorName(this.node);
  }

  /**
   * Logs in, and returns when the guest has a device for each drive; in the order of their LUNs. A second login to the
   * same drives gives what the first one gave. The first one to IDM drives proves that a refused lock arrives as one.
   * Throws GuestCommandError, GuestCommandStalled or InfraError.
   */
  async login(drives: ReachableDrives, options: LoginOptions = {}): Promise<readonly NodeDrive[]> {
    const known = this.#logins.get(drives);
    if (known !== undefined) return known.nodes;
    const host = await this.#ready();
    const port = this.#nextPort++;
    host.listen(port, (connection) => drives.target.serve(connection));
    try {
      const nodes = await this.#logIn(drives, port, options);
      this.#logins.set(drives, { port, nodes });
      const [first] = nodes;
      if (first !== undefined && (options.prove ?? drives.idm)) await this.#prove(first);
      return nodes;
    } catch (error) {
      host.unlisten(port);
      throw error;
    }
  }

  /** Logs out, and returns when the devices are gone. */
  async logout(drives: ReachableDrives): Promise<void> {
    const login = this.#logins.get(drives);
    if (login === undefined) throw new InfraError(`${this.node} is not logged in to ${drives.name}`);
    const record = ['iscsiadm', '-m', 'node', '-T', drives.name];
    const leave = [
      `${shellCommand([...record, '--logout'])} >/dev/null`,
      shellCommand([...record, '-o', 'delete']),
    ];
    const naas = login.nodes.map(({ naa }) => naa);
    await findDrives(this.guest, 'go', IN_SESSIONS, naas, leave);
    this.#logins.delete(drives);
    this.#host?.unlisten(login.port);
  }

  /**
   * The node's path to all its drives is lost. `reset`: its connections are reset, and new ones refused, so that both
   * sides know at once. `silence`: nothing arrives any more in either way, which only time-outs tell.
   */
  losePath(how: 'reset' | 'silence'): void {
    const host = this.#reached();
    if (how === 'silence') {
      host.cut = true;
      return;
    }
    for (const { port } of this.#logins.values()) host.unlisten(port);
    host.reset();
  }

  /** The path is there again: the node's initiator logs in by itself when it tries the next time. */
  restorePath(): void {
    const host = this.#reached();
    host.cut = false;
    for (const [drives, { port }] of this.#logins)
      host.listen(port, (connection) => drives.target.serve(connection));
  }

  /** Throws InfraError. */
  async #prove({ sg }: NodeDrive): Promise<void> {
    await using device = await SgDevice.open(this.guest, sg);
    await proveExact(device, this.node);
  }

  #reached(): VirtualHost {
    if (this.#host === undefined) throw new InfraError(`${this.node} has not logged in to any drive`);
    return this.#host;
  }

  async #ready(): Promise<VirtualHost> {
    if (this.#host !== undefined) return this.#host;
    const host = new VirtualHost(await this.vm.cable(), HOST_ADDRESS);
    await this.guest.succeed(setUp(this.name), { deadlineMs: LOGIN_DEADLINE_MS });
    this.#host = host;
    return host;
  }

  async #logIn(drives: ReachableDrives, port: number, options: LoginOptions): Promise<readonly NodeDrive[]> {
    const portal = `${HOST_ADDRESS}:${port}`;
    const record = ['iscsiadm', '-m', 'node', '-T', drives.name];
    const enter = [
      `umask 077; printf %s ${shellQuote(settings(drives, options))} >/etc/iscsi/iscsid.conf`,
      // The target would name an address of its own: the record is made by hand, without discovery.
      `${shellCommand([...record, '-p', `${portal},${PORTAL_GROUP}`, '-o', 'new'])} >/dev/null`,
      `${shellCommand([...record, '-p', portal, '--login'])} >/dev/null`,
    ];
    const naas = drives.all.map(({ naa }) => naa);
    const found = await findDrives(this.guest, 'come', IN_SESSIONS, naas, enter);
    return drives.all.map(({ lun, naa }) => {
      const drive = found.find((candidate) => candidate.naa === naa);
      if (drive === undefined) throw new InfraError(`${this.node} has no device for ${naa}`);
      return { lun, ...drive };
    });
  }
}

/** Once per node: modules, the card, the daemon. iscsid reads its initiator name when it starts. */
function setUp(name: string): string {
  return [
    'modprobe -a iscsi_tcp sg',
    `ip addr add ${NODE_ADDRESS} dev eth0`,
    `ip link set eth0 mtu ${MTU} up`,
    'mkdir -p /run/lock/iscsi',
    `echo InitiatorName=${name} >/etc/iscsi/initiatorname.iscsi`,
    // It forks when it listens, and iscsiadm need not start it.
    'iscsid',
  ].join(' && ');
}

/** iscsid.conf(5) as it holds for the next record; iscsiadm reads it each time, and puts it into the record. */
function settings({ chap }: ReachableDrives, { replacementSeconds = 10 }: LoginOptions): string {
  const lines = {
    'node.startup': 'manual',
    'node.session.scan': 'auto',
    'node.session.timeo.replacement_timeout': replacementSeconds,
    // A starved guest, or a busy harness, is no lost path: a sign of life may take longer than open-iscsi's 5 s.
    'node.conn[0].timeo.noop_out_interval': 5,
    'node.conn[0].timeo.noop_out_timeout': 15,
    ...(chap && {
      'node.session.auth.authmethod': 'CHAP',
      'node.session.auth.username': chap.user,
      'node.session.auth.password': chap.secret,
    }),
  };
  return Object.entries(lines)
    .map(([name, value]) => `${name} = ${value}\n`)
    .join('');
}
