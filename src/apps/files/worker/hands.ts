/** The hands of files: each task is done by the disk, the listener or a connection. */

import { concat } from "@std/bytes/concat";
import type { Id } from "../../../core/types.ts";
import { CHUNK_BYTES } from "../limits.ts";
import type { Link } from "../link.ts";
import { rangeBytes } from "../range_bytes.ts";
import type { Admitted, Begun, Dialled, FilesTask, Got, Opened } from "../tasks.ts";
import type { Clock } from "./clock.ts";
import { Connection, WRONG } from "./connection.ts";
import { dial } from "./dialer.ts";
import type { FilesDisk } from "./files_disk.ts";
import { Listener } from "./listener.ts";
import { Rate } from "./rate.ts";

type Task<Name extends FilesTask["do"]> = FilesTask & { readonly do: Name };
type Report = (result: unknown) => void;

/** The disk and the connections of one node. */
export class Hands {
  readonly #host: string;
  readonly #disk: FilesDisk;
  readonly #clock: Clock;
  readonly #connections = new Map<Id, Connection>();
  /** The files that are being fetched. */
  readonly #links = new Map<number, Link>();
  #listener: Listener | null = null;

  /** `host` is where it listens: "0.0.0.0" or "::" for all addresses. */
  constructor(host: string, disk: FilesDisk, clock: Clock) {
    this.#host = host;
    this.#disk = disk;
    this.#clock = clock;
    disk.onMore = (link) => this.#listener?.more(link);
  }

  /** Does a task as `FilesTask` says; rejects with its fault. */
  async do(task: FilesTask, signal: AbortSignal, report: Report): Promise<unknown> {
    switch (task.do) {
      case "open":
        return await this.#open(task, signal, report);
      case "share":
        return await this.#disk.share(task.path, signal, report);
      case "serve":
        return await this.#disk.serve(task.file).then(() => null);
      case "unshare":
        this.#disk.unshare(task.link);
        this.#listener?.more(task.link);
        return null;
      case "admit":
        return this.#admit(task);
      case "dial":
        return await this.#dial(task, signal, report);
      case "watch":
        this.#connected(task.peer).watch(task.link);
        return null;
      case "read":
        return await this.#read(task);
      default:
        return await this.#fetch(task, signal);
    }
  }

  /** Ends what is open. */
  close(): void {
    for (const connection of this.#connections.values()) connection.close("the node is leaving");
    this.#disk.close();
  }

  #fetch(
    task: Task<"begin" | "ask" | "put" | "finish" | "stop">,
    signal: AbortSignal,
  ): Promise<unknown> {
    switch (task.do) {
      case "begin":
        return this.#begin(task, signal);
      case "ask":
        return this.#ask(task, signal);
      case "put":
        return this.#put(task);
      case "finish":
        return this.#disk.finish(task.fetch).then((finished) => {
          this.#forget(task.fetch);
          return finished;
        });
      case "stop":
        this.#forget(task.fetch);
        return this.#disk.stop(task.fetch).then(() => null);
    }
  }

  async #open({ upload_bytes_max }: Task<"open">, signal: AbortSignal, report: Report) {
    signal.throwIfAborted();
    if (this.#listener !== null) throw new Error("it is open already");
    const rate = new Rate(upload_bytes_max, this.#clock);
    const listener = new Listener(this.#host, { disk: this.#disk, rate, clock: this.#clock });
    this.#listener = listener;
    this.#disk.onChanged = (changed) => {
      listener.more(changed.changed);
      report(changed);
    };
    report({ port: listener.port } satisfies Opened);
    await aborted(signal);
    listener.close();
    this.#listener = null;
    return null;
  }

  async #dial(task: Task<"dial">, signal: AbortSignal, report: Report): Promise<never> {
    const wire = await dial(task, this.#clock, signal);
    if (this.#connections.has(task.peer)) {
      wire.close();
      throw new Error("it is connected already");
    }
    const connection = new Connection(wire, this.#clock, report);
    this.#connections.set(task.peer, connection);
    const cancel = () => connection.close("cancelled");
    signal.addEventListener("abort", cancel, { once: true });
    report({ dialled: true } satisfies Dialled);
    const why = await connection.ended;
    signal.removeEventListener("abort", cancel);
    this.#connections.delete(task.peer);
    throw new Error(why);
  }

  #admit({ peer, link }: Task<"admit">): Admitted {
    const about = this.#disk.about(link) ?? { name: "", is_directory: false };
    const { name, is_directory } = about, has = this.#disk.has(link);
    return { ...this.#opened().admit(peer), name, is_directory, has };
  }

  async #begin({ fetch, link, target }: Task<"begin">, signal: AbortSignal): Promise<Begun> {
    signal.throwIfAborted();
    const stop = () => void this.#disk.stop(fetch);
    signal.addEventListener("abort", stop, { once: true });
    try {
      const begun = await this.#disk.begin(fetch, link, target);
      this.#links.set(fetch, link);
      return begun;
    } finally {
      signal.removeEventListener("abort", stop);
    }
  }

  #ask({ fetch, peer, range }: Task<"ask">, signal: AbortSignal): Promise<Got> {
    const link = this.#linkOf(fetch);
    const put = (bytes: Uint8Array) => this.#disk.put(fetch, range, bytes);
    return this.#connected(peer).ask(link, range, signal, put);
  }

  async #put({ fetch, range, chunks }: Task<"put">): Promise<Got> {
    const bytes = joinBase64(chunks);
    if (bytes?.length !== rangeBytes(this.#linkOf(fetch), range)) return WRONG;
    return await this.#disk.put(fetch, range, bytes);
  }

  async #read({ link, range }: Task<"read">): Promise<readonly string[]> {
    if (rangeBytes(link, range) === null) throw new Error("the file has no such chunks");
    const bytes = await this.#disk.read(link, range);
    return Array.from({ length: range.count }, (_, at) => {
      return bytes.subarray(at * CHUNK_BYTES, (at + 1) * CHUNK_BYTES).toBase64();
    });
  }

  /** Nobody need tell of its file any more. */
  #forget(fetch: number): void {
    const link = this.#links.get(fetch);
    this.#links.delete(fetch);
    if (link === undefined || this.#links.values().some((other) => other === link)) return;
    for (const connection of this.#connections.values()) connection.forget(link);
  }

  #linkOf(fetch: number): Link {
    const link = this.#links.get(fetch);
    if (link === undefined) throw new Error("there is no such transfer");
    return link;
  }

  #opened(): Listener {
    if (this.#listener === null) throw new Error("nothing listens for files");
    return this.#listener;
  }

  #connected(peer: Id): Connection {
    const connection = this.#connections.get(peer);
    if (connection === undefined) throw new Error("it is not connected");
    return connection;
  }
}

/** Resolves when the signal says so. */
function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener("abort", () => resolve(), { once: true });
  });
}

/** Chunks in base64, joined; null where they are not. */
function joinBase64(chunks: readonly string[]): Uint8Array | null {
  try {
    return concat(chunks.map((chunk) => Uint8Array.fromBase64(chunk)));
  } catch {
    return null;
  }
}
