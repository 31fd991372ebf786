/**
 * Speaks docs/protocol.md to real nodes with nothing but a socket and WebCrypto. Nothing of src is
 * used here: if the document and the program part, this test fails.
 */

import { assert, assertEquals } from "@std/assert";
import { abortable } from "@std/async/abortable";
import { TextLineStream } from "@std/streams/text-line-stream";
import { DEFAULT_TIMEOUT_MS, startRumor } from "../../tools/process.ts";

type Fields = Record<string, unknown>;

const encoder = new TextEncoder();
const LOCAL = ["--listen", "127.0.0.1:0"];
/** Nobody dials an address of a peer that is linked already. */
const NOWHERE = "127.0.0.1:9";
const BASE64URL = { alphabet: "base64url", omitPadding: true } as const;

function base64url(bytes: ArrayBuffer | Uint8Array): string {
  return new Uint8Array(bytes as ArrayBuffer).toBase64(BASE64URL);
}

async function hash(line: string): Promise<string> {
  return base64url(await crypto.subtle.digest("SHA-256", encoder.encode(line)));
}

async function verify(id: string, text: string, signature: string): Promise<boolean> {
  const raw = Uint8Array.fromBase64(id, BASE64URL);
  const key = await crypto.subtle.importKey("raw", raw, "Ed25519", false, ["verify"]);
  const bytes = Uint8Array.fromBase64(signature, BASE64URL);
  return await crypto.subtle.verify("Ed25519", key, bytes, encoder.encode(text));
}

/** Whether the signature of an entry is good: it covers all that stands before `,"z":`. */
async function isSigned(line: string): Promise<boolean> {
  const { o, z } = JSON.parse(line);
  return await verify(o, line.slice(0, line.lastIndexOf(',"z":"')), z);
}

function proofText(nonce: string, prover: string, verifier: string): string {
  return `rumor proof 1\nrumor\n${nonce}\n${prover}\n${verifier}`;
}

/** A key pair, and the log of each topic that it wrote. */
class Origin {
  readonly #heads = new Map<string, { seq: number; hash: string; items: number }>();

  private constructor(readonly id: string, readonly key: CryptoKey) {}

  static async make(): Promise<Origin> {
    const pair = await crypto.subtle.generateKey("Ed25519", true, ["sign", "verify"]);
    const { publicKey, privateKey } = pair as CryptoKeyPair;
    return new Origin(base64url(await crypto.subtle.exportKey("raw", publicKey)), privateKey);
  }

  async sign(text: string): Promise<string> {
    return base64url(await crypto.subtle.sign("Ed25519", this.key, encoder.encode(text)));
  }

  /** The next entry of a log. */
  async entry(topic: string, deps: Fields, items: unknown[]): Promise<string> {
    const head = this.#heads.get(topic) ?? { seq: 0, hash: "", items: 0 };
    const body = `{"o":"${this.id}","t":"${topic}","s":${head.seq + 1},"p":"${head.hash}",` +
      `"w":${Date.now()},"i":${head.items + 1},"d":${JSON.stringify(deps)},` +
      `"b":${JSON.stringify(items)}`;
    const line = `${body},"z":"${await this.sign(body)}"}`;
    const next = { seq: head.seq + 1, hash: await hash(line), items: head.items + items.length };
    this.#heads.set(topic, next);
    return line;
  }
}

/** A key pair that private messages are sealed to. */
class Box {
  private constructor(readonly text: string, readonly key: CryptoKey) {}

  static async make(): Promise<Box> {
    const pair = await crypto.subtle.generateKey("X25519", true, ["deriveBits"]) as CryptoKeyPair;
    const text = base64url(await crypto.subtle.exportKey("raw", pair.publicKey));
    return new Box(text, pair.privateKey);
  }

  async seal(other: string, from: string, to: string, role: string, n: number, text: string) {
    const { key, ...cipher } = await this.#cipher([this.text, other], from, to, role, n);
    return base64url(await crypto.subtle.encrypt(cipher, key, encoder.encode(text)));
  }

  async open(other: string, from: string, to: string, role: string, { n, x }: Fields) {
    const { key, ...cipher } = await this.#cipher([other, this.text], from, to, role, n as number);
    const sealed = Uint8Array.fromBase64(x as string, BASE64URL);
    return new TextDecoder().decode(await crypto.subtle.decrypt(cipher, key, sealed));
  }

  async #cipher(boxes: string[], from: string, to: string, role: string, n: number) {
    const raw = Uint8Array.fromBase64(boxes.find((box) => box !== this.text)!, BASE64URL);
    const other = await crypto.subtle.importKey("raw", raw, "X25519", false, []);
    const x25519 = { name: "X25519", public: other };
    const secret = await crypto.subtle.deriveBits(x25519, this.key, 256);
    const base = await crypto.subtle.importKey("raw", secret, "HKDF", false, ["deriveKey"]);
    const context = ["rumor private 1", "rumor", from, to];
    const info = encoder.encode(["rumor private 1", ...boxes, ...context].join("\n"));
    const hkdf = { name: "HKDF", hash: "SHA-256", salt: new Uint8Array(0), info };
    const aes = { name: "AES-GCM", length: 256 };
    const key = await crypto.subtle.deriveKey(hkdf, base, aes, false, ["encrypt", "decrypt"]);
    const nonce = new DataView(new ArrayBuffer(12));
    nonce.setUint32(0, role === "data" ? 0 : 1);
    nonce.setBigUint64(4, BigInt(n));
    const additionalData = encoder.encode([...context, role, n].join("\n"));
    return { name: "AES-GCM", key, iv: new Uint8Array(nonce.buffer), additionalData };
  }
}

/** A connection that is read line by line. */
class Link implements Disposable {
  readonly lines: string[] = [];
  readonly #untaken: string[] = [];
  #ended = false;
  #arrived = Promise.withResolvers<void>();

  constructor(readonly conn: Deno.TcpConn) {
    this.#read();
  }

  static async to(address: string): Promise<Link> {
    const [hostname, port] = address.split(":");
    return new Link(await Deno.connect({ hostname, port: Number(port) }));
  }

  /** Sends lines: entries as they are, everything else as JSON. */
  async send(...lines: (string | Fields)[]): Promise<void> {
    const text = lines.map((line) => typeof line === "string" ? line : JSON.stringify(line));
    const bytes = encoder.encode(text.join("\n") + "\n");
    for (let at = 0; at < bytes.length;) at += await this.conn.write(bytes.subarray(at));
  }

  /** The first line that has these values and was not taken before, once it is there. */
  async next(wanted: Fields): Promise<[Fields, string]> {
    const over = AbortSignal.timeout(DEFAULT_TIMEOUT_MS);
    try {
      for (;;) {
        for (const [at, line] of this.#untaken.entries()) {
          const fields = JSON.parse(line);
          if (Object.entries(wanted).some(([key, value]) => fields[key] !== value)) continue;
          this.#untaken.splice(at, 1);
          return [fields, line];
        }
        if (this.#ended) throw new Error("the connection is closed");
        await abortable(this.#arrived.promise, over);
      }
    } catch (error) {
      const what = `${JSON.stringify(wanted)} did not come: ${(error as Error).message}`;
      throw new Error(`${what}; what came:\n${this.lines.join("\n")}`);
    }
  }

  /** Resolves when the other side has closed. */
  async end(): Promise<void> {
    while (!this.#ended) await this.#arrived.promise;
  }

  [Symbol.dispose](): void {
    try {
      this.conn.close();
    } catch {
      // Closed already.
    }
  }

  async #read(): Promise<void> {
    const lines = this.conn.readable.pipeThrough(new TextDecoderStream())
      .pipeThrough(new TextLineStream());
    try {
      for await (const line of lines) {
        this.lines.push(line);
        this.#untaken.push(line);
        this.#wake();
      }
    } catch {
      // Closed here, while it was read.
    }
    this.#ended = true;
    this.#wake();
  }

  #wake(): void {
    this.#arrived.resolve();
    this.#arrived = Promise.withResolvers();
  }
}

function hello(me: Origin, nonce: string): Fields {
  return { k: "hello", v: 1, network: "rumor", id: me.id, address: NOWHERE, nonce };
}

/** Proves who this is, and checks the other's proof. */
async function prove(link: Link, me: Origin, nonce: string, theirs: Fields): Promise<void> {
  const id = theirs.id as string;
  await link.send({ k: "proof", z: await me.sign(proofText(theirs.nonce as string, me.id, id)) });
  const [proof] = await link.next({ k: "proof" });
  assert(await verify(id, proofText(nonce, id, me.id), proof.z as string), "the proof of the node");
}

/** Greets a node as a guest. */
async function visit(address: string): Promise<Link> {
  const link = await Link.to(address);
  await link.send({ k: "hello", v: 1, network: "rumor", guest: true });
  const [{ v, network }] = await link.next({ k: "hello" });
  assertEquals({ v, network }, { v: 1, network: "rumor" });
  return link;
}

Deno.test("the protocol serves a guest that subscribes, publishes and asks", async () => {
  await using node = startRumor(LOCAL);
  using link = await visit(await node.address());

  await link.send({ k: "publish", i: 1, t: "chat", b: ["one", "two", "three"], ack: 1 });
  assertEquals((await link.next({ k: "published" }))[0], { k: "published", i: 1, held: 1 });
  await node.waitForStdout("three");

  await link.send({ k: "want", t: "chat", history: 2 });
  const [{ skip }] = await link.next({ k: "from", t: "chat" });
  const [entry, line] = await link.next({ t: "chat", s: 1 });
  assert(await isSigned(line), "the signature of the entry");
  assertEquals((entry.b as string[]).slice(skip as number), ["two", "three"]);
  // What was taken is acknowledged, so that more may follow.
  await link.send({ k: "have", c: {}, n: line.length + 1 });

  const payment = { id: "rent-11", from: "alice", to: "bob", amount: 5 };
  await link.send({ k: "publish", i: 2, t: "ledger", b: [payment] });
  assertEquals((await link.next({ k: "published" }))[0].i, 2);
  await link.send({ k: "publish", i: 3, t: "ledger", b: [{ ...payment, amount: 6 }] });
  assertEquals((await link.next({ k: "refused" }))[0].i, 3);
  await link.send({ k: "ask", i: 4, q: "balances", a: [] });
  const [{ r }] = await link.next({ k: "answer", i: 4 });
  assertEquals(r, [["alice", "-5"], ["bob", "5"]]);

  await node.send("four");
  const [later, later_line] = await link.next({ t: "chat", s: 2 });
  assertEquals(later.p, await hash(line));
  assertEquals([later.i, later.b], [4, ["four"]]);
  assert(await isSigned(later_line), "the signature of the later entry");
});

Deno.test("the protocol serves a peer that joins a node", async () => {
  await using node = startRumor(LOCAL);
  const address = await node.address();
  await node.send("who is there?", "say so");
  await node.waitForStdout("say so");
  const me = await Origin.make();
  using link = await Link.to(address);

  await link.send(hello(me, "my nonce"));
  const [theirs] = await link.next({ k: "hello", network: "rumor" });
  const id = theirs.id as string;
  await prove(link, me, "my nonce", theirs);
  await link.send({ k: "have", c: {} }, { k: "want", peers: true });
  const [{ c }] = await link.next({ k: "have" });
  const [{ p }] = await link.next({ k: "peers" });
  assertEquals(new Set((p as string[][]).map(([id]) => id)), new Set([id, me.id]));

  // Its log, from the first entry to the one that its clock names.
  let previous = "", items: unknown[] = [], bytes = 0;
  const clock = c as Record<string, Record<string, number>>;
  assertEquals(Object.keys(clock), [id]);
  const [, presence] = await link.next({ o: id, t: "presence", s: 1 });
  bytes += presence.length + 1;
  for (let s = 1; s <= clock[id].chat; s++) {
    const [entry, line] = await link.next({ o: id, t: "chat", s });
    assert(await isSigned(line), "the signature of an entry");
    assertEquals([entry.p, entry.i], [previous, items.length + 1]);
    previous = await hash(line);
    items = [...items, ...entry.b as unknown[]];
    bytes += line.length + 1;
  }
  assertEquals(items, ["who is there?", "say so"]);
  const have = { k: "have", c: { [id]: { presence: 1, chat: clock[id].chat } }, n: bytes };
  await link.send(have);

  // The answer names what it answers; a second entry names the hash of the first.
  const answer = await me.entry("chat", { [id]: clock[id].chat }, ["a socket", "nothing more"]);
  const more = await me.entry("chat", {}, ["and äöü"]);
  await link.send(await me.entry("presence", {}, [{ address: NOWHERE }]), answer, more, answer);
  await node.waitForStdout("and äöü");
  await link.send({ k: "ping", x: 7 });
  assertEquals((await link.next({ k: "pong" }))[0], { k: "pong", x: 7 });

  // Another node gets the same from the first, in the same order.
  await using other = startRumor(["--join", address, ...LOCAL]);
  await other.waitForStdout("and äöü");
  const all = ["who is there?", "say so", "a socket", "nothing more", "and äöü"];
  assertEquals([node.stdout, other.stdout], [all, all]);
  await node.send("welcome");
  const [welcome] = await link.next({ o: id, t: "chat", s: clock[id].chat + 1 });
  assertEquals([welcome.p, welcome.d, welcome.b], [previous, { [me.id]: 2 }, ["welcome"]]);

  await link.send(await me.entry("presence", {}, [{ left: true }]));
  await link.send({ k: "ping", x: 8 });
  await link.next({ k: "pong", x: 8 });
  await link.send({ k: "bye", code: "left", why: "leaving" });
  await link.end();
  assertEquals(link.lines.filter((line) => line.startsWith('{"k":"bye"')), []);
});

Deno.test("the protocol serves a peer that a node joins", async () => {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const address = `127.0.0.1:${listener.addr.port}`;
  await using node = startRumor(["--join", address, ...LOCAL]);
  using link = new Link(await listener.accept());
  const [me, asking, answering] = await Promise.all([Origin.make(), Origin.make(), Origin.make()]);

  // Who dials speaks first.
  const [theirs] = await link.next({ k: "hello", network: "rumor" });
  const id = theirs.id as string;
  await link.send({ ...hello(me, "another nonce"), address });
  await prove(link, me, "another nonce", theirs);
  assertEquals((await link.next({ k: "have" }))[0].c, {});
  await link.next({ k: "want", peers: true });
  const clock = { [asking.id]: { chat: 1 }, [answering.id]: { chat: 1 } };
  await link.send({ k: "have", c: clock }, { k: "peers", p: [[me.id, address]] });

  // Entries of others are passed on. The answer comes first, so the question is asked for.
  const question = await asking.entry("chat", {}, ["a question"]);
  const answer = await answering.entry("chat", { [asking.id]: 1 }, ["an answer"]);
  await link.send(answer);
  const [want] = await link.next({ k: "want", t: "chat" });
  assertEquals([want.o, want.s], [asking.id, 1]);
  assertEquals(node.stdout, []);
  await link.send(question);
  await node.waitForStdout("an answer");
  assertEquals(node.stdout, ["a question", "an answer"]);

  // Now that it is in step it says that it is there, and acknowledges every byte.
  const [presence, line] = await link.next({ o: id, t: "presence", s: 1 });
  const [{ box, ...word }] = presence.b as Fields[];
  assertEquals(word, { address: theirs.address });
  await link.send({ k: "have", c: { [id]: { presence: 1 } }, n: line.length + 1 });
  await link.next({ k: "have", n: question.length + answer.length + 2 });

  // Private messages, either way: what is sealed, opened and acknowledged as the document says.
  const mine = await Box.make(), there = me.id;
  await link.send(await me.entry("presence", {}, [{ address, name: "me", box: mine.text }]));
  const pm = startRumor(["pm", "--join", `${theirs.address}`, "me", "for you"], { stdin: "null" });
  const [route] = await link.next({ k: "route", to: there, o: id, m: "data", h: 9 });
  const parcel = JSON.parse(await mine.open(box as string, id, there, "data", route));
  assertEquals([parcel.a, parcel.b], [0, ["for you"]]);
  const ack = await mine.seal(box as string, there, id, "ack", 1, `${route.n}`);
  await link.send({ k: "route", h: 9, to: id, o: there, m: "ack", n: 1, x: ack });
  assertEquals((await pm.result()).code, 0);
  const text = JSON.stringify({ a: 0, w: Date.now(), b: ["and for you"] });
  const x = await mine.seal(box as string, there, id, "data", 2, text);
  await link.send({ k: "route", h: 9, to: id, o: there, m: "data", n: 2, x });
  await node.waitForStdout("[pm from me] and for you");
  const [answered] = await link.next({ k: "route", to: there, o: id, m: "ack" });
  assertEquals(await mine.open(box as string, id, there, "ack", answered), "2");

  // It leaves once it is known to be heard.
  await node.closeStdin();
  const [left, left_line] = await link.next({ o: id, t: "presence", s: 2 });
  assertEquals([left.b, left.p], [[{ left: true }], await hash(line)]);
  const bytes = line.length + left_line.length + 2;
  await link.send({ k: "have", c: { [id]: { presence: 2 } }, n: bytes });
  assertEquals((await link.next({ k: "bye" }))[0].code, "left");
  assertEquals((await node.result()).code, 0);
});
