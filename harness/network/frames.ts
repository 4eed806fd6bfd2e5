/** What is on a node's cable, as far as a node needs it to reach one host: ARP, and TCP over IPv4; pure. */

/** 6 bytes. */
export type Mac = Buffer;

const ETHERNET_BYTES = 14;
const ETHERTYPE = { ipv4: 0x0800, arp: 0x0806 } as const;
const IPV4_BYTES = 20;
const PROTOCOL_TCP = 6;
const TCP_BYTES = 20;
const ARP_BYTES = 28;

/** TCP's control bits (RFC 9293 3.1). */
export const FLAG = { fin: 0x01, syn: 0x02, rst: 0x04, psh: 0x08, ack: 0x10 } as const;

/** Who asks whom for its hardware address (RFC 826). */
export interface ArpRequest {
  readonly kind: 'arp-request';
  readonly sender: { readonly mac: Mac; readonly ip: string };
  readonly target: string;
}

/** One TCP segment. */
export interface Segment {
  readonly source: string;
  readonly destination: string;
  readonly sourcePort: number;
  readonly destinationPort: number;
  /** Modulo 2^32. */
  readonly seq: number;
  readonly ack: number;
  /** See {@link FLAG}. */
  readonly flags: number;
  /** Unscaled, as it is on the wire. */
  readonly window: number;
  /** Options of a SYN: maximum segment size, and the shift of the window (RFC 7323 2). */
  readonly mss?: number;
  readonly windowScale?: number;
  readonly payload: Buffer;
}

/** What a frame from a node is; anything else a node sends is nobody's here. */
export type Received = ArpRequest | { readonly kind: 'tcp'; readonly from: Mac; readonly segment: Segment };

function address(bytes: Buffer): string {
  return [...bytes].join('.');
}

/**
 * Reads a frame; undefined for what is neither ARP nor TCP, and for fragments. Checksums are not looked at: the cable
 * is a socket of this host. The payload is a view into the frame.
 */
export function decodeFrame(frame: Buffer): Received | undefined {
  if (frame.length < ETHERNET_BYTES) return undefined;
  const body = frame.subarray(ETHERNET_BYTES);
  switch (frame.readUInt16BE(12)) {
    case ETHERTYPE.arp:
      return decodeArp(body);
    case ETHERTYPE.ipv4: {
      const segment = decodeIpv4(body);
      return segment && { kind: 'tcp', from: Buffer.from(frame.subarray(6, 12)), segment };
    }
    default:
      return undefined;
  }
}

function decodeArp(body: Buffer): ArpRequest | undefined {
  if (body.length < ARP_BYTES || body.readUInt16BE(6) !== 1) return undefined;
  const sender = { mac: Buffer.from(body.subarray(8, 14)), ip: address(body.subarray(14, 18)) };
  return { kind: 'arp-request', sender, target: address(body.subarray(24, 28)) };
}

function decodeIpv4(packet: Buffer): Segment | undefined {
  if (packet.length < IPV4_BYTES || packet[0] === undefined || packet[0] >> 4 !== 4) return undefined;
  const headerBytes = (packet[0] & 15) * 4;
  const total = packet.readUInt16BE(2);
  const fragment = packet.readUInt16BE(6) & 0x3fff;
  if (fragment !== 0 || packet[9] !== PROTOCOL_TCP) return undefined;
  // What is behind the packet is Ethernet's padding.
  if (total > packet.length || total < headerBytes + TCP_BYTES) return undefined;
  const ends = { source: address(packet.subarray(12, 16)), destination: address(packet.subarray(16, 20)) };
  return decodeTcp(packet.subarray(headerBytes, total), ends);
}

function decodeTcp(bytes: Buffer, ends: Pick<Segment, 'source' | 'destination'>): Segment | undefined {
  const headerBytes = (bytes.readUInt8(12) >> 4) << 2;
  if (headerBytes < TCP_BYTES || headerBytes > bytes.length) return undefined;
  return {
    ...ends,
    sourcePort: bytes.readUInt16BE(0),
    destinationPort: bytes.readUInt16BE(2),
    seq: bytes.readUInt32BE(4),
    ack: bytes.readUInt32BE(8),
    flags: bytes.readUInt8(13),
    window: bytes.readUInt16BE(14),
    ...synOptions(bytes.subarray(TCP_BYTES, headerBytes)),
    payload: bytes.subarray(headerBytes),
  };
}

function synOptions(options: Buffer): Pick<Segment, 'mss' | 'windowScale'> {
  const found: { mss?: number; windowScale?: number } = {};
  for (let at = 0; at < options.length;) {
    const kind = options[at];
    if (kind === 0) break;
    if (kind === 1) {
      at += 1;
      continue;
    }
    const length = options[at + 1] ?? 0;
    if (length < 2 || at + length > options.length) break;
    if (kind === 2 && length === 4) found.mss = options.readUInt16BE(at + 2);
    if (kind === 3 && length === 3) found.windowScale = Math.min(options.readUInt8(at + 2), 14);
    at += length;
  }
  return found;
}

/** The answer to an ARP request: `ip` is at `mac`. */
export function encodeArpReply(request: ArpRequest, mac: Mac): Buffer {
  const frame = Buffer.alloc(ETHERNET_BYTES + ARP_BYTES);
  ethernet(frame, request.sender.mac, mac, ETHERTYPE.arp);
  // Ethernet, IPv4, address lengths 6 and 4, operation 2: reply.
  Buffer.from([0, 1, 8, 0, 6, 4, 0, 2]).copy(frame, 14);
  mac.copy(frame, 22);
  ip(request.target).copy(frame, 28);
  request.sender.mac.copy(frame, 32);
  ip(request.sender.ip).copy(frame, 38);
  return frame;
}

/** A frame with a segment; `parts` are its payload, one behind the other, instead of the segment's own. */
export function encodeSegment(
  to: Mac,
  from: Mac,
  segment: Omit<Segment, 'payload'>,
  parts: readonly Buffer[] = [],
): Buffer {
  const { mss, windowScale } = segment;
  const options = [
    ...(mss === undefined ? [] : [2, 4, mss >> 8, mss & 0xff]),
    ...(windowScale === undefined ? [] : [3, 3, windowScale, 1]),
  ];
  const payloadBytes = parts.reduce((sum, { length }) => sum + length, 0);
  const tcpBytes = TCP_BYTES + options.length + payloadBytes;
  // Not from Node's pool: the checksum wants it to begin at an even address.
  const frame = Buffer.allocUnsafeSlow(ETHERNET_BYTES + IPV4_BYTES + tcpBytes);
  ethernet(frame, to, from, ETHERTYPE.ipv4);
  const header = frame.subarray(ETHERNET_BYTES, ETHERNET_BYTES + IPV4_BYTES);
  header.fill(0);
  header[0] = 0x45;
  header.writeUInt16BE(IPV4_BYTES + tcpBytes, 2);
  header.writeUInt16BE(0x4000, 6); // do not fragment
  header[8] = 64;
  header[9] = PROTOCOL_TCP;
  ip(segment.source).copy(header, 12);
  ip(segment.destination).copy(header, 16);
  header.writeUInt16BE(checksum(sum(header)), 10);
  const tcp = frame.subarray(ETHERNET_BYTES + IPV4_BYTES);
  tcp.writeUInt16BE(segment.sourcePort, 0);
  tcp.writeUInt16BE(segment.destinationPort, 2);
  tcp.writeUInt32BE(segment.seq, 4);
  tcp.writeUInt32BE(segment.ack, 8);
  tcp[12] = ((TCP_BYTES + options.length) / 4) << 4;
  tcp[13] = segment.flags;
  tcp.writeUInt16BE(segment.window, 14);
  tcp.writeUInt32BE(0, 16);
  tcp.set(options, TCP_BYTES);
  let at = TCP_BYTES + options.length;
  for (const part of parts) at += part.copy(tcp, at);
  // The pseudo header (RFC 9293 3.1): both addresses, protocol, length.
  const pseudo = Buffer.alloc(12);
  header.copy(pseudo, 0, 12, 20);
  pseudo[9] = PROTOCOL_TCP;
  pseudo.writeUInt16BE(tcpBytes, 10);
  tcp.writeUInt16BE(checksum(sum(tcp) + sum(pseudo)), 16);
  return frame;
}

function ethernet(frame: Buffer, to: Mac, from: Mac, type: number): void {
  to.copy(frame, 0);
  from.copy(frame, 6);
  frame.writeUInt16BE(type, 12);
}

function ip(text: string): Buffer {
  return Buffer.from(text.split('.').map(Number));
}

/** Sum of the 16-bit words in the byte order of this machine, which is little endian; of 64 KiB it fits 32 bits. */
function sum(bytes: Buffer): number {
  const words = bytes.length >> 1;
  let total = (bytes.length & 1) === 0 ? 0 : (bytes[bytes.length - 1] ?? 0);
  if ((bytes.byteOffset & 1) === 0) {
    const view = new Uint16Array(bytes.buffer, bytes.byteOffset, words);
    for (let word = 0; word < words; word++) total += view[word] ?? 0;
  } else {
    for (let at = 0; at < words * 2; at += 2) total += bytes.readUInt16LE(at);
  }
  return total;
}

/** The one's complement of a sum, big endian: byte order does not matter to it but for a swap (RFC 1071 2). */
function checksum(total: number): number {
  let folded = total;
  while (folded > 0xffff) folded = (folded & 0xffff) + Math.floor(folded / 0x10000);
  const value = ~folded & 0xffff;
  return ((value & 0xff) << 8) | (value >> 8);
}
