/** A second listener on the connector group of userspace logs, which says nothing (spec 2.1). */
import type { GuestSession } from '../guest/index.js';
import { DATAGRAMS, type DatagramHeaders } from '../history/index.js';
import { decodeConnector, decodeNetlink, decodeUlog } from '../ulog/index.js';
import { within } from '../vm/index.js';
import type { Recording } from './recording.js';

const SCRIPT_PATH = '/run/ulogcheck-listener.pl';
const OUTPUT_PATH = '/run/ulogcheck-listener.out';
const PATIENCE_MS = 10_000;

/** AF_NETLINK, SOCK_DGRAM, NETLINK_CONNECTOR; sockaddr_nl with group mask 0x40 is group 7. One line of hex each. */
const SCRIPT = `
use strict;
socket(my $s, 16, 2, 11) or die "socket: $!";
setsockopt($s, 1, 33, pack('l', 1 << 20));
bind($s, pack('S S L L', 16, 0, 0, 0x40)) or die "bind: $!";
$| = 1;
print "listening\\n";
while (1) { defined recv($s, my $m, 65536, 0) or next; print unpack('H*', $m), "\\n"; }
`;

/** Listens from its making until it is stopped. */
export class SilentListener {
  private constructor(
    private readonly guest: GuestSession,
    private readonly recording: Recording,
    private readonly ended: Promise<unknown>,
  ) {}

  /** Returns when it has joined the group. */
  static async start(guest: GuestSession, recording: Recording): Promise<SilentListener> {
    await guest.writeFile(SCRIPT_PATH, SCRIPT);
    const run = await guest.start(`echo $$ > ${OUTPUT_PATH}.pid; exec perl ${SCRIPT_PATH} > ${OUTPUT_PATH}`);
    run.stdout.resume();
    await guest.succeed(`until grep -qs listening ${OUTPUT_PATH}; do sleep 0.02; done`, {
      deadlineMs: PATIENCE_MS,
    });
    return new SilentListener(guest, recording, run.exited);
  }

  /** Ends it and records the headers of every datagram that it received. */
  async stop(): Promise<void> {
    await this.guest.succeed(`kill -KILL $(cat ${OUTPUT_PATH}.pid)`);
    await within(this.ended, PATIENCE_MS, 'the silent listener to end');
    const lines = Buffer.from(await this.guest.readFile(OUTPUT_PATH))
      .toString('latin1')
      .split('\n');
    const datagrams = lines
      .filter((line) => /^[0-9a-f]+$/.test(line))
      .map((line) => headersOf(Buffer.from(line, 'hex')));
    await this.recording.now();
    this.recording.observe('ioctl', DATAGRAMS, datagrams);
  }
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
