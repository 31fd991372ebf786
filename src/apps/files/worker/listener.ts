/** Takes connections of nodes that are let in, and answers them. */

import { delay } from "@std/async/delay";
import type { Id } from "../../../core/types.ts";
import {
  CONNECTIONS_BY_HOST_MAX,
  CONNECTIONS_BY_PEER_MAX,
  CONNECTIONS_MAX,
  REQUEST_LINE_BYTES_MAX,
  STRANGERS_BY_HOST_MAX,
  STRANGERS_MAX,
} from "../limits.ts";
import type { Link } from "../link.ts";
import type { Admitted } from "../tasks.ts";
import { News } from "./news.ts";
import { type ByeWhy, encodeLine, type Opening, readOpening, WIRE_VERSION } from "./protocol.ts";
import { Serving, type ServingDesk } from "./serving.ts";
import { Tokens } from "./tokens.ts";
import { Wire } from "./wire.ts";

/** Who does not say who it is for this long is cut off. */
const OPENING_MS = 5_000;
const TICK_MS = 1_000;
/** Where no connection can be taken for the moment, it is tried again after this time. */
const ACCEPT_PAUSE_MS = 50;

export class Listener {
  readonly #desk: ServingDesk;
  readonly #listener: Deno.TcpListener;
  readonly #tokens: Tokens;
  readonly #news: News;
  readonly #stopTicks: () => void;
  /** Oldest first, both. One whose write hangs is counted until the system lets go of it. */
  readonly #strangers = new Set<Wire>();
  readonly #servings = new Set<Serving>();
  #closed = false;

  /** Listens on any free port of a host; throws where it cannot. */
  constructor(host: string, desk: ServingDesk) {
    this.#desk = desk;
    this.#listener = Deno.listen({ hostname: host, port: 0 });
    this.#tokens = new Tokens(desk.clock);
    this.#news = new News(desk.clock, (link) => {
      for (const serving of this.#servings) serving.more(link);
    });
    this.#stopTicks = desk.clock.every(TICK_MS, () => {
      for (const serving of this.#servings) serving.tick();
    });
    this.#accept();
  }

  get port(): number {
    return this.#listener.addr.port;
  }

  /** How many connections there are. */
  get counts(): { readonly strangers: number; readonly served: number } {
    return { strangers: this.#strangers.size, served: this.#servings.size };
  }

  /** Lets a node in, which then has some minutes to connect. */
  admit(peer: Id): Pick<Admitted, "port" | "token"> {
    return { port: this.port, token: this.#tokens.issue(peer) };
  }

  /** There is more, or less, of a file here: who watches it is told, a few times a second at most. */
  more(link: Link): void {
    this.#news.more(link);
  }

  /** Ends all connections. */
  close(): void {
    this.#closed = true;
    this.#listener.close();
    this.#stopTicks();
    this.#news.close();
    for (const open of [...this.#strangers, ...this.#servings]) open.close();
  }

  async #accept(): Promise<void> {
    while (!this.#closed) {
      try {
        this.#meet(new Wire(await this.#listener.accept(), REQUEST_LINE_BYTES_MAX));
      } catch {
        // Out of file descriptors, or a connection that broke at once: go on accepting.
        if (!this.#closed) await delay(ACCEPT_PAUSE_MS);
      }
    }
  }

  /** Serves who shows a token, for as long as it stays; all others are closed. */
  async #meet(wire: Wire): Promise<void> {
    try {
      const serving = await this.#welcome(wire);
      await serving?.run();
      if (serving !== null) this.#servings.delete(serving);
    } catch {
      // It is gone, or sent what is no opening.
    }
    wire.close();
  }

  /** Waits for the opening; null for whom it does not let in. Throws where nothing came in time. */
  async #welcome(wire: Wire): Promise<Serving | null> {
    this.#makeRoom(wire.host);
    this.#strangers.add(wire);
    const cancel = this.#desk.clock.after(OPENING_MS, () => wire.close());
    try {
      const line = await wire.readLine();
      const opening = line === null ? null : readOpening(line);
      // One that gave way to others said it too late.
      if (opening === null || !this.#strangers.has(wire)) return null;
      const judged = this.#judge(opening, wire.host);
      if ("peer" in judged) return this.#admitted(wire, judged.peer);
      await wire.write(encodeLine({ k: "bye", why: judged.bye }));
      return null;
    } finally {
      cancel();
      this.#strangers.delete(wire);
    }
  }

  #judge({ v, token }: Opening, host: string): { bye: ByeWhy } | { peer: Id } {
    if (v !== WIRE_VERSION) return { bye: "version" };
    const peer = this.#tokens.peerOf(token);
    if (peer === null) return { bye: "token" };
    const of_host = [...this.#servings].filter((serving) => serving.host === host);
    const is_busy = this.#servings.size >= CONNECTIONS_MAX ||
      of_host.length >= CONNECTIONS_BY_HOST_MAX;
    return is_busy ? { bye: "busy" } : { peer };
  }

  #admitted(wire: Wire, peer: Id): Serving {
    const of_peer = [...this.#servings].filter((serving) => serving.peer === peer);
    if (of_peer.length >= CONNECTIONS_BY_PEER_MAX) of_peer[0].close();
    const serving = new Serving(wire, peer, this.#desk);
    this.#servings.add(serving);
    return serving;
  }

  /** The oldest who said nothing yet gives way to a new one: a good one speaks at once. */
  #makeRoom(host: string): void {
    const of_host = [...this.#strangers].filter((wire) => wire.host === host);
    if (of_host.length >= STRANGERS_BY_HOST_MAX) this.#dismiss(of_host[0]);
    const [oldest] = this.#strangers;
    if (this.#strangers.size >= STRANGERS_MAX) this.#dismiss(oldest);
  }

  #dismiss(wire: Wire): void {
    this.#strangers.delete(wire);
    wire.close();
  }
}
