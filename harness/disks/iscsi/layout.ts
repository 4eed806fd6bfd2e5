/** Basic header segments, described as fields at offsets and read and written from that description. */

/** Length of a basic header segment in bytes (RFC 7143 11.2.1). */
export const HEADER_LENGTH = 48;

/** A field of a basic header segment; all numbers are unsigned and big-endian. */
export interface Field<T> {
  read(header: Buffer): T;
  /** Into a header whose bits are all 0 there. */
  write(header: Buffer, value: T): void;
}

/** One byte. */
export function u8(at: number): Field<number> {
  return { read: (h) => h.readUInt8(at), write: (h, value) => void h.writeUInt8(value, at) };
}

/** Two bytes. */
export function u16(at: number): Field<number> {
  return { read: (h) => h.readUInt16BE(at), write: (h, value) => void h.writeUInt16BE(value, at) };
}

/** Four bytes. */
export function u32(at: number): Field<number> {
  return { read: (h) => h.readUInt32BE(at), write: (h, value) => void h.writeUInt32BE(value, at) };
}

/** One bit, 7 the most significant one of the byte. */
export function bit(at: number, position: number): Field<boolean> {
  const mask = 1 << position;
  return {
    read: (h) => (h.readUInt8(at) & mask) !== 0,
    write: (h, value) => void h.writeUInt8(h.readUInt8(at) | (value ? mask : 0), at),
  };
}

/** `width` bits of one byte, the lowest of them at `position`. */
export function bits(at: number, position: number, width: number): Field<number> {
  const mask = (1 << width) - 1;
  return {
    read: (h) => (h.readUInt8(at) >> position) & mask,
    write: (h, value) => void h.writeUInt8(h.readUInt8(at) | ((value & mask) << position), at),
  };
}

/** Bytes that share the header's memory when read. */
export function raw(at: number, length: number): Field<Buffer> {
  return {
    read: (h) => h.subarray(at, at + length),
    write: (h, value) => void value.copy(h, at, 0, length),
  };
}

type Fields = Readonly<Record<string, Field<number> | Field<boolean> | Field<Buffer>>>;
/** What the fields of a layout hold. */
export type ValuesOf<F> = { readonly [K in keyof F]: F[K] extends Field<infer T> ? T : never };
/** What a PDU of this layout says in its header. */
export type Values<L> = L extends Layout<infer F> ? ValuesOf<F> : never;

/** One kind of PDU. */
export interface Layout<F> {
  readonly opcode: number;
  readonly fields: F;
  /** From 48 bytes; what is reserved is not looked at. */
  read(header: Buffer): ValuesOf<F>;
  /** 48 bytes; fields that are not given are 0. The lengths at 4 to 7 are set by who adds the segments. */
  write(values: Partial<ValuesOf<F>>): Buffer;
}

/** Describes one kind of PDU; `fixed` are bits of byte 1 that are always set. */
export function layout<F extends Fields>(opcode: number, fields: F, fixed = 0): Layout<F> {
  const entries: (readonly [string, Field<unknown>])[] = Object.entries(fields);
  return {
    opcode,
    fields,
    read(header) {
      const values: Record<string, unknown> = {};
      for (const [name, field] of entries) values[name] = field.read(header);
      return values as ValuesOf<F>;
    },
    write(values) {
      const header = Buffer.alloc(HEADER_LENGTH);
      header[0] = opcode;
      header[1] = fixed;
      const given: Record<string, unknown> = values;
      for (const [name, field] of entries) {
        const value = given[name];
        if (value !== undefined) field.write(header, value);
      }
      return header;
    },
  };
}
