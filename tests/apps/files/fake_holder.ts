/**
 * A holder made by hand: it says that it has files, lets others in on a listener of its own, and sends
 * whatever it is told to. It shares no code with src on purpose.
 */

import { createHash } from "node:crypto";
import type { Process } from "../../helpers/process.ts";
import { type Item, Neighbour } from "./neighbour.ts";

const CHUNK_BYTES = 8_192;
const encoder = new TextEncoder();

/** What somebody asks for. */
export interface Asked {
  readonly link: string;
  readonly level: number;
  readonly first: number;
  readonly count: number;
}

/** What is sent for it: bytes, or nothing at all, or the connection is closed. */
export type Send = (right: Uint8Array, asked: Asked) => Uint8Array | "nothing" | "close";

/** What it offers. */
export interface Offer {
  readonly name: string;
  readonly is_directory?: boolean;
  /** What it has of it; null for all. */
  readonly has?: unknown;
}

/** A tree of hashes: the bytes of its levels, and the root. */
export function treeOf(
  bytes: Uint8Array,
): { readonly levels: Uint8Array[]; readonly root: string } {
  const sha = (of: Uint8Array) => createHash("sha256").update(of).digest();
  const levels = [bytes];
  for (let level = bytes; levels.length < 2 || level.length > CHUNK_BYTES;) {
    const hashes = new Uint8Array(Math.ceil(level.length / CHUNK_BYTES) * 32);
    for (let at = 0; at * CHUNK_BYTES < level.length; at++) {
      hashes.set(sha(level.subarray(at * CHUNK_BYTES, (at + 1) * CHUNK_BYTES)), at * 32);
    }
    levels.push(level = hashes);
  }
  return { levels, root: sha(levels.at(-1)!).toString("hex") };
}

/** The link of a file. */
export function linkOf(bytes: Uint8Array): string {
  return `${treeOf(bytes).root}.${bytes.length}`;
}

export class FakeHolder implements AsyncDisposable {
  /** What it sends; the right bytes unless it is told otherwise. */
  send: Send = (right) => right;
  /** All that it was asked for on its own connections. */
  readonly asked: Asked[] = [];
  /** Whom it was asked for what by messages. */
  readonly wanted: string[] = [];
  readonly #neighbour: Neighbour;
  readonly #listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  readonly #connections = new Set<Deno.Conn>();
  readonly #offers = new Map<string, Offer>();
  readonly #levels = new Map<string, Uint8Array[]>();
  /** Whether it is found when it is looked for. */
  readonly #is_found: boolean;

  private constructor(neighbour: Neighbour, is_found: boolean) {
    this.#neighbour = neighbour;
    this.#is_found = is_found;
    neighbour.onItem = (item) => this.#hear(item);
    this.#accept();
  }

  /** A neighbour of a node; one that `is_found` answers searches. */
  static async join(node: Process, name: string, is_found = true): Promise<FakeHolder> {
    return new FakeHolder(await Neighbour.join(node, name), is_found);
  }

  get id(): string {
    return this.#neighbour.id;
  }

  /** Says that it has a file; gives its link, or that which it is given. */
  offer(bytes: Uint8Array, offer: Offer, link: string = linkOf(bytes)): string {
    this.#offers.set(link, offer);
    this.#levels.set(link, treeOf(bytes).levels);
    return link;
  }

  /** Says on its connections that it has all of a file now. */
  async getsAll(link: string): Promise<void> {
    this.#offers.set(link, { ...this.#offers.get(link)!, has: null });
    for (const connection of this.#connections) {
      await write(connection, { k: "has", link, has: null });
    }
  }

  /** Goes without a word. */
  vanish(): void {
    this.#listener.close();
    for (const connection of this.#connections) connection.close();
    this.#connections.clear();
    this.#neighbour.close();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    try {
      this.vanish();
    } catch {
      // It has vanished already.
    }
    await this.#neighbour[Symbol.asyncDispose]();
  }

  #hear(item: Item): void {
    if (item.k === "search" && this.#is_found) return this.#answer(item);
    if (item.k === "want") this.#letIn(item.link);
  }

  #answer({ o, n, words }: Item): void {
    const files = [...this.#offers].map(([link, { name, has = null }]) => ({ name, link, has }))
      .filter(({ name, link }) =>
        words.some((word: string) => link === word || name.toLowerCase().includes(word))
      );
    if (files.length > 0) this.#neighbour.tell({ k: "found", o, n, by: this.id, files });
  }

  #letIn(link: string): void {
    this.wanted.push(link);
    const offer = this.#offers.get(link);
    if (offer === undefined) return this.#neighbour.tell({ k: "none", link, why: "no" });
    const { name, is_directory = false, has = null } = offer, { port } = this.#listener.addr;
    const way = { k: "way", link, name, is_directory, has, port, token: "t".repeat(32) };
    this.#neighbour.tell({ ...way, others: [] });
  }

  async #accept(): Promise<void> {
    try {
      for await (const connection of this.#listener) {
        this.#connections.add(connection);
        this.#serve(connection).catch(() => {});
      }
    } catch {
      // It has vanished.
    }
  }

  async #serve(connection: Deno.Conn): Promise<void> {
    await write(connection, { k: "files", v: 1 });
    let rest = "";
    for await (const text of connection.readable.pipeThrough(new TextDecoderStream())) {
      const lines = (rest + text).split("\n");
      rest = lines.pop()!;
      for (const line of lines) {
        if (!await this.#react(connection, JSON.parse(line))) return;
      }
    }
  }

  /** Whether the connection is still of use. */
  async #react(connection: Deno.Conn, request: Item): Promise<boolean> {
    const { k, n, link } = request;
    if (k === "ping") await write(connection, { k: "pong" });
    if (k === "watch") {
      await write(connection, { k: "has", link, has: this.#offers.get(link)?.has ?? null });
    }
    if (k !== "ask") return true;
    this.asked.push(request);
    const sent = this.send(this.#right(request), request);
    if (sent === "nothing") return true;
    if (sent === "close") {
      this.#connections.delete(connection);
      connection.close();
      return false;
    }
    await write(connection, { k: "data", n, bytes: sent.length });
    await writeAll(connection, sent);
    return true;
  }

  #right({ link, level, first, count }: Asked): Uint8Array {
    const bytes = this.#levels.get(link)?.[level] ?? new Uint8Array(count * CHUNK_BYTES);
    return bytes.subarray(first * CHUNK_BYTES, (first + count) * CHUNK_BYTES);
  }
}

async function write(connection: Deno.Conn, line: unknown): Promise<void> {
  await writeAll(connection, encoder.encode(`${JSON.stringify(line)}\n`));
}

async function writeAll(connection: Deno.Conn, bytes: Uint8Array): Promise<void> {
  for (let at = 0; at < bytes.length;) at += await connection.write(bytes.subarray(at));
}
