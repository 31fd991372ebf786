/**
 * Real nodes of which each links to those beside it and to nobody else, through relays that see every
 * byte. One between may be killed, and another takes its place.
 */

import { known } from "./private.ts";
import { DatagramProxy, type Weather } from "./datagram_proxy.ts";
import { LOCAL } from "./network.ts";
import { type Process, startRumor } from "./process.ts";
import { Proxy } from "./proxy.ts";
import { Wiretap } from "./wiretap.ts";

/** What a link runs over: a stream, or datagrams, to which the weather does something. */
export type LinkKind = "tcp" | Weather;

/** Datagrams that all arrive. */
export const FAIR: Weather = { drop: 0, duplicate: 0, reorder: 0 };

export interface ChainOptions {
  /** What the link behind each node runs over; "tcp" where nothing is said. */
  readonly links?: readonly LinkKind[];
  /** For all nodes. */
  readonly args?: readonly string[];
  /** For single nodes, by name. */
  readonly own?: Readonly<Record<string, readonly string[]>>;
}

/** A chain, which ends with everything that was started in it. All nodes have `--data`. */
export class Chain implements AsyncDisposable {
  /** From one end to the other. */
  readonly nodes: Process[] = [];
  /** What went through the relay before each node that others dial. */
  readonly taps: Wiretap[] = [];
  /** With a directory for each node. */
  readonly folder: string = Deno.makeTempDirSync({ prefix: "rumor-chain-" });
  readonly #options: ChainOptions;
  readonly #doors: string[] = [];
  readonly #relays: DatagramProxy[] = [];
  readonly #stack = new AsyncDisposableStack();

  private constructor(options: ChainOptions) {
    this.#options = options;
    globalThis.addEventListener("unload", this.#clean);
  }

  /** Starts nodes of these names, and waits until both ends know each other. */
  static async start(names: readonly string[], options: ChainOptions = {}): Promise<Chain> {
    const chain = new Chain(options);
    try {
      for (const [place, name] of names.entries()) {
        chain.nodes.push(await chain.#start(place, name, chain.#doors.slice(-1)));
        if (place < names.length - 1) await chain.#openDoor(place);
      }
      const [first, last] = [names[0], names[names.length - 1]];
      await known(chain.nodes[0], last);
      await known(chain.nodes[names.length - 1], first);
    } catch (error) {
      await chain[Symbol.asyncDispose]();
      throw error;
    }
    return chain;
  }

  /** How many datagrams were lost. */
  get dropped(): number {
    return this.#relays.reduce((sum, { told }) => sum + told.dropped, 0);
  }

  /** Ends a node as a power cut does. */
  async kill(place: number): Promise<void> {
    this.nodes[place].signal("SIGKILL");
    await this.nodes[place].status();
  }

  /** Starts another node between those beside a place, both of which it joins. */
  async replace(place: number, name: string): Promise<void> {
    const doors = [this.#doors[place - 1], this.#doors[place + 1]];
    this.nodes[place] = await this.#start(place, name, doors);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#stack.disposeAsync();
    globalThis.removeEventListener("unload", this.#clean);
    this.#clean();
  }

  async #start(place: number, name: string, join: readonly string[]): Promise<Process> {
    const { args = [], own = {} } = this.#options;
    const flags = ["--name", name, "--data", `${this.folder}/${name}`, "--overlay", "given"];
    const joins = join.flatMap((address) => ["--join", address]);
    const transport = ["--transport", this.#transport(place)];
    const node = startRumor([
      ...flags,
      ...joins,
      ...LOCAL,
      ...transport,
      ...args,
      ...own[name] ?? [],
    ]);
    this.#stack.use(node);
    await node.address();
    return node;
  }

  /** A node that only listens for datagrams takes no guests, and dials nobody in another way. */
  #transport(place: number): string {
    if (this.#linkAt(place) === "tcp") return "tcp";
    return place === 0 || this.#linkAt(place - 1) === "tcp" ? "both" : "udp";
  }

  #linkAt(place: number): LinkKind {
    return this.#options.links?.[place] ?? "tcp";
  }

  /** A relay before a node. */
  async #openDoor(place: number): Promise<void> {
    const address = await this.nodes[place].address(), tap = new Wiretap();
    const kind = this.#linkAt(place);
    if (kind === "tcp") this.#doors.push(this.#stack.use(new Proxy(address, tap)).address);
    else {
      const port = Number(address.slice(address.lastIndexOf(":") + 1));
      const relay = this.#stack.use(await DatagramProxy.start(port, kind, place + 1, tap));
      this.#relays.push(relay);
      this.#doors.push(`udp:127.0.0.1:${relay.port}`);
    }
    this.taps.push(tap);
  }

  readonly #clean = (): void => {
    try {
      Deno.removeSync(this.folder, { recursive: true });
    } catch {
      // A node that is being killed may still write there; the system tidies up.
    }
  };
}
