/** A guest by hand, on the socket of a node that is its user's: it shares and gets without a program. */

import { basename, dirname } from "node:path";
import type { Process } from "../../helpers/process.ts";
import { RawPeer } from "../../helpers/raw_peer.ts";

/** How a request ended: `why` is null where it was done; `late` where it was begun, and is not done. */
export interface Outcome {
  readonly why: string | null;
  readonly late: boolean;
}

/** How something is fetched; everything is optional. */
export interface GetOptions {
  readonly from?: string;
  readonly force?: boolean;
  readonly patience_ms?: number;
  /** Whether the last part of the path is its directory, where it gets its own name. */
  readonly into?: boolean;
}

export class OwnGuest implements AsyncDisposable {
  readonly #guest: RawPeer;
  #number = 0;

  private constructor(guest: RawPeer) {
    this.#guest = guest;
  }

  static async join(node: Process): Promise<OwnGuest> {
    return new OwnGuest(await RawPeer.guest(await node.socket()));
  }

  /** Shares a path; gives its link, or throws why it is not shared. */
  async share(path: string): Promise<string> {
    const key = crypto.randomUUID(), { why } = await this.request({ k: "share", key, path });
    if (why !== null) throw new Error(why);
    return (await this.transfer(key)).link;
  }

  /** Gets a link or name to a path, and waits for its end. */
  async get(what: string, path: string, options: GetOptions = {}): Promise<Outcome> {
    return await this.begin(what, path, options).outcome;
  }

  /** Begins to get it. */
  begin(
    what: string,
    path: string,
    { into = false, from, force = false, patience_ms = 5_000 }: GetOptions = {},
  ): { readonly key: string; readonly outcome: Promise<Outcome> } {
    const key = crypto.randomUUID();
    const place = into ? { directory: path } : { directory: dirname(path), name: basename(path) };
    const request = { k: "get", key, what, ...place, force, patience_ms, from };
    const outcome = this.request(request);
    // Nobody hears of it where this guest goes before.
    outcome.catch(() => {});
    return { key, outcome };
  }

  /** Wants something of files. */
  async request(r: unknown): Promise<Outcome> {
    const i = ++this.#number;
    this.#guest.send(JSON.stringify({ k: "request", i, app: "files", r }));
    const line = await this.#guest.wait((line) =>
      line === `{"k":"delivered","i":${i}}` || line.startsWith(`{"k":"refused","i":${i},`)
    );
    const { why = null, late = false } = JSON.parse(line);
    return { why, late };
  }

  /** Asks a question. */
  async ask(q: string, ...a: string[]): Promise<readonly (readonly string[])[]> {
    const i = ++this.#number;
    this.#guest.send(JSON.stringify({ k: "ask", i, q, a }));
    const line = await this.#guest.wait((line) =>
      line.startsWith(`{"k":"answer","i":${i},`) || line.startsWith(`{"k":"refused","i":${i},`)
    );
    const { r, why } = JSON.parse(line);
    if (why !== undefined) throw new Error(why);
    return r;
  }

  /** How far a transfer is. */
  async transfer(key: string): Promise<{
    readonly how: string;
    readonly link: string;
    readonly path: string;
    readonly bytes_here: number;
  }> {
    // It is known from the next turn of the node on.
    const [row = []] = await this.ask("transfer", key);
    const [how = "", , link = "", , path = "", bytes_here = "0"] = row;
    return { how, link, path, bytes_here: Number(bytes_here) };
  }

  /** What the user of a transfer was told. */
  async notes(key: string): Promise<readonly string[]> {
    return (await this.ask("notes", key, "0")).map(([note]) => note);
  }

  /** Goes without a word, as Ctrl-C lets it. */
  close(): void {
    this.#guest.close();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#guest[Symbol.asyncDispose]();
  }
}
