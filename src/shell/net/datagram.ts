/**
 * What is in a datagram: a header, and after it whole lines, a piece of a line, or nothing. Pure
 * functions over bytes; sockets are in udp.ts. docs/protocol.md describes the same, in "Datagrams".
 */

/** What a datagram is for. */
export const KIND = {
  /** A stranger asks for a cookie. */
  knock: 1,
  /** The answer, which proves that the stranger can be reached at its address. */
  cookie: 2,
  /** A cookie and lines; the first one opens the connection. */
  open: 3,
  lines: 4,
  piece: 5,
  /** Nothing more will come; the last lines. */
  close: 6,
  /** There is no such connection, or no longer. */
  reset: 7,
} as const;

export type Kind = typeof KIND[keyof typeof KIND];

/** A datagram that was read. The bytes are a view. */
export interface Datagram {
  readonly kind: Kind;
  /** Of the connection: 8 bytes as 8 characters. */
  readonly id: string;
  readonly body: Uint8Array;
}

/** "R", the kind, and the 8 bytes of the connection. */
export const HEADER_BYTES = 10;
export const ID_BYTES = 8;
export const COOKIE_BYTES = 16;
/** A knock is so long that its answer is shorter. */
export const KNOCK_BYTES = 64;
/** Before a piece: 8 bytes of the hash of its line, its number, and how many there are. */
export const PIECE_HEADER_BYTES = 12;

const MAGIC = 0x52;
const NEWLINE = 0x0a;

/** The bytes of a datagram. */
export function encodeDatagram(
  kind: Kind,
  id: string,
  ...parts: readonly Uint8Array[]
): Uint8Array {
  const length = parts.reduce((sum, part) => sum + part.length, HEADER_BYTES);
  const bytes = new Uint8Array(kind === KIND.knock ? KNOCK_BYTES : length);
  bytes[0] = MAGIC;
  bytes[1] = kind;
  for (let at = 0; at < ID_BYTES; at++) bytes[2 + at] = id.charCodeAt(at);
  let at = HEADER_BYTES;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}

/** Reads a datagram; null where it is none of this protocol. */
export function decodeDatagram(bytes: Uint8Array): Datagram | null {
  if (bytes.length < HEADER_BYTES || bytes[0] !== MAGIC) return null;
  const kind = bytes[1];
  if (kind < KIND.knock || kind > KIND.reset) return null;
  if (kind === KIND.knock && bytes.length < KNOCK_BYTES) return null;
  if (kind === KIND.open && bytes.length < HEADER_BYTES + COOKIE_BYTES) return null;
  if (kind === KIND.cookie && bytes.length !== HEADER_BYTES + COOKIE_BYTES) return null;
  const id = idText(bytes.subarray(2, HEADER_BYTES));
  return { kind: kind as Kind, id, body: bytes.subarray(HEADER_BYTES) };
}

/** Eight bytes as text, to look a connection up. */
export function idText(bytes: Uint8Array): string {
  return String.fromCharCode(...bytes);
}

/** How many of the first lines fit together into so many bytes; 0 where the first alone does not. */
export function countFitting(lines: readonly Uint8Array[], from: number, room: number): number {
  let count = 0, bytes = 0;
  while (from + count < lines.length && bytes + lines[from + count].length <= room) {
    bytes += lines[from + count++].length;
  }
  return count;
}

/** The whole lines in a body, without newlines. What is behind the last newline was cut off. */
export function splitLines(body: Uint8Array): Uint8Array[] {
  const lines: Uint8Array[] = [];
  let from = 0;
  for (;;) {
    const end = body.indexOf(NEWLINE, from);
    if (end < 0) return lines;
    lines.push(body.subarray(from, end));
    from = end + 1;
  }
}

/** The bodies of the pieces of a line that is too long for one datagram. */
export function cutLine(line: Uint8Array, key: Uint8Array, room: number): Uint8Array[] {
  const size = room - PIECE_HEADER_BYTES, count = Math.ceil(line.length / size);
  return Array.from({ length: count }, (_, number) => {
    const part = line.subarray(number * size, (number + 1) * size);
    const body = new Uint8Array(PIECE_HEADER_BYTES + part.length);
    const view = new DataView(body.buffer);
    body.set(key.subarray(0, ID_BYTES));
    view.setUint16(ID_BYTES, number);
    view.setUint16(ID_BYTES + 2, count);
    body.set(part, PIECE_HEADER_BYTES);
    return body;
  });
}
