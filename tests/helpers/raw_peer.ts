/**
 * A peer made by hand, for tests that attack: a bare socket, keys of its own, and lines built as text.
 * It shares no code with src/core on purpose, so that it can be wrong in any way it likes.
 */

import { Buffer } from "node:buffer";
import {
  createHash,
  createPublicKey,
  generateKeyPairSync,
  type KeyObject,
  randomBytes,
  sign,
} from "node:crypto";
import { connect, type Socket } from "node:net";
import { type LineCheck, LineCollector, withDeadline } from "../../tools/lines.ts";

/** How long a wait lasts before it fails and shows what came. */
const DEADLINE_MS = 30_000;
/** Received lines that are kept; a flood is only counted. */
const LINES_KEPT = 20_000;
const READ_BYTES = 65_536;

const encoder = new TextEncoder();

/** A key pair, and its id as the protocol writes it. */
export interface Identity {
  readonly id: string;
  /** A signature in base64url. */
  sign(bytes: Uint8Array | string): string;
}

/** A new key pair. */
export function makeIdentity(): Identity {
  const { publicKey, privateKey } = generateKeyPairSync("ed25519") as {
    publicKey: KeyObject;
    privateKey: KeyObject;
  };
  return {
    id: publicKey.export({ format: "jwk" }).x!,
    sign: (bytes) => {
      const data = typeof bytes === "string" ? encoder.encode(bytes) : bytes;
      return sign(null, data, privateKey).toString("base64url");
    },
  };
}

/** SHA-256 in base64url. */
export function sha256(bytes: Uint8Array | string): string {
  return createHash("sha256").update(bytes).digest("base64url");
}

/** Unpredictable text that has the shape of an id, and is nearly always a usable key. */
export function randomId(): string {
  return randomBytes(32).toString("base64url");
}

/** Whether node:crypto takes text for a key. */
export function isImportable(id: string): boolean {
  try {
    createPublicKey({ key: { kty: "OKP", crv: "Ed25519", x: id }, format: "jwk" });
    return true;
  } catch {
    return false;
  }
}

/** Parts of an entry as JSON text, exactly as they will stand in the line. */
export type Parts = Readonly<
  Partial<Record<"o" | "t" | "s" | "p" | "w" | "i" | "d" | "b", string>>
>;

/** Signs whatever stands before the seal. */
export function seal(identity: Identity, unsigned: string): string {
  return `${unsigned},"z":"${identity.sign(unsigned)}"}`;
}

/** As `seal()`, for bytes that are no text. */
export function sealBytes(identity: Identity, unsigned: Uint8Array): Uint8Array {
  return concatBytes(unsigned, encoder.encode(`,"z":"${identity.sign(unsigned)}"}`));
}

/** One log by hand: numbers, hashes and signatures are right unless they are said to be others. */
export class Author {
  readonly identity: Identity;
  readonly topic: string;
  /** Of the last entry. */
  seq = 0;
  hash = "";
  /** Number of the next item. */
  first = 1;

  constructor(identity: Identity = makeIdentity(), topic = "chat") {
    this.identity = identity;
    this.topic = topic;
  }

  get id(): string {
    return this.identity.id;
  }

  /** A copy that goes on from the same entry: the way to a fork. */
  fork(): Author {
    return Object.assign(new Author(this.identity, this.topic), {
      seq: this.seq,
      hash: this.hash,
      first: this.first,
    });
  }

  /** The bytes of the next entry before its seal, with some parts replaced. */
  unsigned(items: readonly unknown[], parts: Parts = {}): string {
    const all = {
      o: JSON.stringify(this.id),
      t: JSON.stringify(this.topic),
      s: String(this.seq + 1),
      p: JSON.stringify(this.hash),
      w: String(Date.now()),
      i: String(this.first),
      d: "{}",
      b: JSON.stringify(items),
      ...parts,
    };
    const text = Object.entries(all).map(([key, value]) => `"${key}":${value}`);
    return `{${text.join(",")}`;
  }

  /** A line for the place of the next entry; this log stays where it is. */
  draft(items: readonly unknown[], parts: Parts = {}): string {
    return seal(this.identity, this.unsigned(items, parts));
  }

  /** The next entry of this log. */
  next(items: readonly unknown[], parts: Parts = {}): string {
    const line = this.draft(items, parts);
    this.seq++;
    this.hash = sha256(line);
    this.first += items.length;
    return line;
  }
}

/** How a raw peer connects. */
export interface RawOptions {
  /** A loopback address of this machine to connect from, so that it looks like another host. */
  readonly from?: string;
  readonly network?: string;
  readonly identity?: Identity;
  /** Acknowledges entries, as a well-behaved peer does. */
  readonly acks?: boolean;
  /** Answers pings; true unless it is said otherwise. */
  readonly answers?: boolean;
}

/** How a connection ended: the code of the last goodbye, or null where there was none. */
export interface Ending {
  readonly code: string | null;
  readonly why: string;
  readonly after_ms: number;
}

/** A bare connection to a node. */
export class RawPeer implements AsyncDisposable {
  readonly identity: Identity;
  readonly network: string;
  readonly nonce = randomBytes(16).toString("base64url");
  /** Resolves when the node has closed, or has been closed. */
  readonly ended: Promise<Ending>;
  /** Called with each line that comes; lines of a flood are not kept. */
  onLine: (line: string) => void = () => {};
  /** Lines and bytes that came. */
  received = { lines: 0, bytes: 0 };
  acks: boolean;
  answers: boolean;
  readonly #pipe: Pipe;
  readonly #lines = new LineCollector();
  readonly #began = performance.now();
  /** Pieces of an unfinished line. */
  #partial: string[] = [];
  #entry_bytes = 0;
  #unsent_bytes = 0;
  /** What was written last is behind all that was written before. */
  #written: Promise<void> = Promise.resolve();
  /** Reading waits for this. */
  #gate = Promise.withResolvers<void>();
  #goodbye: { code: string; why: string } | null = null;
  #isClosed = false;

  private constructor(pipe: Pipe, options: RawOptions) {
    this.#pipe = pipe;
    this.identity = options.identity ?? makeIdentity();
    this.network = options.network ?? "rumor";
    this.acks = options.acks ?? false;
    this.answers = options.answers ?? true;
    this.#gate.resolve();
    this.ended = this.#read();
  }

  /** Opens a connection and says nothing. */
  static async connect(address: string, options: RawOptions = {}): Promise<RawPeer> {
    if (address.startsWith("/")) {
      return new RawPeer(await Deno.connect({ transport: "unix", path: address }), options);
    }
    const at = address.lastIndexOf(":");
    const hostname = address.slice(0, at), port = Number(address.slice(at + 1));
    if (options.from !== undefined) {
      return new RawPeer(await connectFrom(hostname, port, options.from), options);
    }
    const pipe = await Deno.connect({ hostname, port });
    pipe.setNoDelay(true);
    return new RawPeer(pipe, options);
  }

  /** Speaks on a connection that was opened by the other side. */
  static over(connection: Deno.TcpConn, options: RawOptions = {}): RawPeer {
    return new RawPeer(connection, options);
  }

  /** Opens a connection and greets as a peer, up to the node's first clock. */
  static async peer(address: string, options: RawOptions = {}): Promise<RawPeer> {
    const peer = await RawPeer.connect(address, options);
    await peer.greet();
    return peer;
  }

  /** Opens a connection and greets as a guest. */
  static async guest(address: string, options: RawOptions = {}): Promise<RawPeer> {
    const guest = await RawPeer.connect(address, options);
    guest.send(`{"k":"hello","v":1,"network":"${guest.network}","guest":true}`);
    await guest.control("hello");
    return guest;
  }

  get id(): string {
    return this.identity.id;
  }

  get isClosed(): boolean {
    return this.#isClosed;
  }

  /** The lines that came. */
  get lines(): readonly string[] {
    return this.#lines.lines;
  }

  /** Bytes that the system has not taken yet. */
  get unsent_bytes(): number {
    return this.#unsent_bytes;
  }

  /** Sends lines, each with its newline. */
  send(...lines: string[]): void {
    this.write(lines.map((line) => `${line}\n`).join(""));
  }

  /** Sends text or bytes as they are, behind what was sent before. */
  write(data: string | Uint8Array): void {
    this.writeAll(data);
  }

  /** Sends bytes and waits until the system has taken them, or the connection is over. */
  writeAll(data: string | Uint8Array): Promise<void> {
    const bytes = typeof data === "string" ? encoder.encode(data) : data;
    this.#unsent_bytes += bytes.length;
    // A node that has enough of it closes: what cannot be written then is what the test wanted.
    return this.#written = this.#written.then(() => this.#writeNow(bytes)).catch(() => {})
      .then(() => void (this.#unsent_bytes -= bytes.length));
  }

  /** Stops reading: what the node sends stays in the system's buffers, then in its own. */
  stopReading(): void {
    this.#gate = Promise.withResolvers<void>();
  }

  /** Reads again. */
  goOnReading(): void {
    this.#gate.resolve();
  }

  /** The hello of this peer as JSON text, with some parts replaced or, with undefined, left out. */
  hello(parts: Readonly<Record<string, string | undefined>> = {}): string {
    const all = {
      k: '"hello"',
      v: "1",
      network: JSON.stringify(this.network),
      id: JSON.stringify(this.id),
      address: '"127.0.0.1:9"',
      nonce: JSON.stringify(this.nonce),
      ...parts,
    };
    const kept = Object.entries(all).filter(([, value]) => value !== undefined);
    return `{${kept.map(([key, value]) => `"${key}":${value}`).join(",")}}`;
  }

  /** The proof for a node's hello. */
  proof(hello: { readonly id: string; readonly nonce: string }): string {
    const text = `rumor proof 1\n${this.network}\n${hello.nonce}\n${this.id}\n${hello.id}`;
    return `{"k":"proof","z":"${this.identity.sign(text)}"}`;
  }

  /** Greets as a peer: hello, proof, clocks. */
  async greet(): Promise<void> {
    this.send(this.hello());
    const hello = await this.control("hello");
    this.send(this.proof(hello as { id: string; nonce: string }), '{"k":"have","c":{}}');
    await this.control("have");
  }

  /** The first control line of a kind that came, or will come. */
  // deno-lint-ignore no-explicit-any -- a test looks at whatever is in it
  async control(kind: string): Promise<any> {
    return JSON.parse(await this.wait((line) => line.startsWith(`{"k":"${kind}"`)));
  }

  /** The line that satisfies `check`. */
  wait(check: LineCheck, timeout_ms = DEADLINE_MS): Promise<string> {
    const explain = () =>
      `what the test waits for did not come; the last of ${this.received.lines} lines:\n` +
      this.lines.slice(-10).map((line) => `    ${line.slice(0, 300)}`).join("\n");
    const found = this.#lines.wait(check).catch((error: Error) => {
      throw new Error(`${error.message}: ${explain()}`);
    });
    return withDeadline(found, timeout_ms, explain);
  }

  /** Waits until the node has acted on everything that was sent before: it answers in order. */
  async settled(timeout_ms = DEADLINE_MS): Promise<void> {
    const x = RawPeer.#pings++;
    this.send(`{"k":"ping","x":${x}}`);
    await this.wait(`{"k":"pong","x":${x}}`, timeout_ms);
  }

  /** How the node ended the connection. */
  ending(timeout_ms = DEADLINE_MS): Promise<Ending> {
    return withDeadline(this.ended, timeout_ms, () => "the node did not close the connection");
  }

  /** Breaks the connection off. */
  close(): void {
    this.#gate.resolve();
    try {
      this.#pipe.close();
    } catch {
      // It is closed already.
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.close();
    await this.ended;
    await this.#written;
  }

  static #pings = 1_000_000;

  async #read(): Promise<Ending> {
    const buffer = new Uint8Array(READ_BYTES);
    try {
      for (;;) {
        await this.#gate.promise;
        const count = await this.#pipe.read(buffer);
        if (count === null) break;
        this.#onData(Buffer.from(buffer.buffer, 0, count));
      }
    } catch {
      // A reset is an ending like another.
    }
    this.close();
    this.#isClosed = true;
    this.#lines.end("the connection ended without it");
    const { code = null, why = "" } = this.#goodbye ?? {};
    return { code, why, after_ms: performance.now() - this.#began };
  }

  async #writeNow(bytes: Uint8Array): Promise<void> {
    for (let at = 0; at < bytes.length;) at += await this.#pipe.write(bytes.subarray(at));
  }

  #onData(chunk: Buffer): void {
    this.received.bytes += chunk.length;
    // Cut at newlines in latin1, so that no character is torn; each line is decoded by itself.
    const parts = chunk.toString("latin1").split("\n");
    for (const [index, part] of parts.entries()) {
      this.#partial.push(part);
      if (index === parts.length - 1) break;
      const line = Buffer.from(this.#partial.join(""), "latin1").toString("utf8");
      this.#partial = [];
      this.#onLine(line);
    }
  }

  #onLine(line: string): void {
    this.received.lines++;
    if (line.startsWith('{"k":"bye"')) this.#goodbye = JSON.parse(line);
    if (this.acks && line.startsWith('{"o":')) this.#acknowledge(line);
    // Whoever says nothing for five seconds is taken for dead.
    if (this.answers && line.startsWith('{"k":"ping"')) {
      this.send(line.replace('"ping"', '"pong"'));
    }
    this.onLine(line);
    if (this.received.lines <= LINES_KEPT) this.#lines.push(`${line}\n`);
  }

  #acknowledge(line: string): void {
    this.#entry_bytes += Buffer.byteLength(line) + 1;
    const [, o, t, s] = /^\{"o":"([^"]+)","t":"([^"]+)","s":(\d+)/.exec(line)!;
    this.send(`{"k":"have","c":{"${o}":{"${t}":${s}}},"n":${this.#entry_bytes}}`);
  }
}

/** What a raw peer reads from and writes to. */
interface Pipe {
  read(buffer: Uint8Array): Promise<number | null>;
  write(bytes: Uint8Array): Promise<number>;
  close(): void;
}

/** Deno cannot choose the address that it connects from; node:net can. */
async function connectFrom(host: string, port: number, from: string): Promise<Pipe> {
  const socket: Socket = connect({ host, port, localAddress: from });
  await new Promise<void>((resolve, reject) => {
    socket.once("connect", resolve);
    socket.once("error", reject);
  });
  socket.on("error", () => {});
  socket.setNoDelay(true);
  const chunks = socket[Symbol.asyncIterator]();
  let rest: Uint8Array = new Uint8Array();
  return {
    async read(buffer) {
      if (rest.length === 0) {
        const { value, done } = await chunks.next();
        if (done) return null;
        rest = value;
      }
      const taken = rest.subarray(0, buffer.length);
      buffer.set(taken);
      rest = rest.subarray(taken.length);
      return taken.length;
    },
    write: (bytes) =>
      new Promise((resolve, reject) =>
        socket.write(bytes, (error) => error ? reject(error) : resolve(bytes.length))
      ),
    close: () => void socket.destroy(),
  };
}

/** Bytes one behind the other. */
export function concatBytes(...parts: readonly Uint8Array[]): Uint8Array {
  return new Uint8Array(Buffer.concat(parts));
}

/** The items of a line that is an entry, and of a certain topic. */
export function itemsOf(line: string, topic = "chat"): unknown[] {
  if (!line.startsWith('{"o":')) return [];
  const entry = JSON.parse(line);
  return entry.t === topic ? entry.b : [];
}
