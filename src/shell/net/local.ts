/**
 * Lines over the local sockets of a user's nodes. A socket stands in a directory that only this user can
 * enter, so whoever comes through it is the node's own user: no port, proxy or tunnel leads there. Where
 * there are no such sockets, a file with a token stands there instead: see token_link.ts.
 */

import type { Address } from "../../core/types.ts";
import { isLoopback, joinAddress, splitAddress } from "../../core/data/address.ts";
import {
  checkRuntimeDirectory,
  hasLocalSockets,
  isThere,
  makeRuntimeDirectory,
  runtimeDirectories,
} from "../files/runtime_dir.ts";
import { Streams } from "./stream.ts";
import { describeError } from "./tcp.ts";
import { listenByToken, TokenTrials } from "./token_link.ts";
import type { Transport, TransportHandler } from "./transport.ts";

/** What is told of a socket whose node is gone. */
export const GONE = "its node is gone";
/** What both ends are called: they have no address, and count as a host of their own. */
const ENDS = { local_host: "local", remote_host: "local", own: true } as const;
/** Its port, its process, and the host that it listens on where that is not all of them or loopback. */
const NAME = /^(\d{1,5})-\d+(?:-(.+))?\.(?:sock|token)$/;
const TOKEN = ".token";

/** The socket of a node that is running, or was; or the file with its token. */
export interface LocalSocket {
  readonly path: string;
  /** What to join to reach this node. */
  readonly address: Address;
}

/** Listens on a socket that is named after the node's port, and dials sockets by their paths. */
export class LocalTransport implements Transport {
  readonly #handler: TransportHandler;
  readonly #places: () => readonly string[];
  readonly #has_sockets: boolean;
  readonly #streams: Streams<Deno.Conn>;
  readonly #trials = new TokenTrials();
  #listener: Deno.Listener | null = null;
  #path = "";
  #sweeping: Promise<void> | null = null;

  /** `places` are the directories of sockets; the first is for its own. */
  constructor(
    handler: TransportHandler,
    places: () => readonly string[] = runtimeDirectories,
    has_sockets: boolean = hasLocalSockets(),
  ) {
    this.#handler = handler;
    this.#places = places;
    this.#has_sockets = has_sockets;
    this.#streams = new Streams(handler, () => ENDS);
  }

  /**
   * Makes the socket of a node that listens on a host and port, and removes those of nodes that are
   * gone. Does nothing where there is no place for it; throws where the directory cannot be used.
   */
  listen(host: string, port: number): number {
    const [directory] = this.#places();
    if (directory === undefined) return port;
    makeRuntimeDirectory(directory);
    const kind = this.#has_sockets ? ".sock" : TOKEN;
    const path = `${directory}/${nameOf(host, port)}${kind}`, fresh = `${path}.new`;
    removeFile(fresh);
    if (this.#has_sockets) this.#listenOnSocket(fresh);
    else this.#listenByToken(fresh);
    // Under its name it answers from the first moment: who is refused there knows that nobody listens.
    Deno.renameSync(fresh, path);
    this.#path = path;
    // Also where the program ends without closing anything.
    globalThis.addEventListener("unload", this.#remove);
    this.#sweeping = this.#sweep(directory);
    return port;
  }

  /** Dials the path of a socket. One that nobody listens on is removed, and told as `GONE`. */
  async dial(path: string): Promise<void> {
    try {
      this.#streams.open(await this.#connect(path), path);
    } catch (error) {
      if (!this.#streams.closing) this.#handler.dialFailed(path, describeError(error));
    }
  }

  async close(): Promise<void> {
    const closed = this.#streams.close();
    this.#trials.close();
    this.#remove();
    this.#listener?.close();
    await Promise.all([closed, this.#sweeping]);
  }

  #listenOnSocket(path: string): void {
    const listener = Deno.listen({ transport: "unix", path });
    this.#listener = listener;
    Deno.chmodSync(path, 0o600);
    this.#streams.accept(listener);
  }

  #listenByToken(path: string): void {
    const { listener, token } = listenByToken(path);
    this.#listener = listener;
    this.#streams.accept(listener, (conn) => this.#trials.admit(conn, token));
  }

  /** Opens a connection to a node; removes what stands for it where it does not listen any more. */
  async #connect(path: string): Promise<Deno.Conn> {
    try {
      if (path.endsWith(TOKEN)) return await this.#trials.dial(path);
      return await Deno.connect({ transport: "unix", path });
    } catch (error) {
      if (error instanceof Deno.errors.NotFound) throw new Error(GONE);
      if (!(error instanceof Deno.errors.ConnectionRefused)) throw error;
      removeFile(path);
      throw new Error(GONE);
    }
  }

  /** Removes the sockets of nodes that are gone, but for the own one. */
  async #sweep(directory: string): Promise<void> {
    const others = socketsIn(directory).filter(({ path }) => path !== this.#path);
    for (const { path } of others) {
      await this.#connect(path).then((conn) => conn.close(), () => {});
    }
  }

  readonly #remove = (): void => {
    if (this.#path !== "") removeFile(this.#path);
    this.#path = "";
    globalThis.removeEventListener("unload", this.#remove);
  };
}

/**
 * The sockets of all nodes of this user. A directory that is not the user's alone is passed over, so that
 * nobody can keep a user from nodes elsewhere; throws where there are none then.
 */
export function localSockets(places = runtimeDirectories()): LocalSocket[] {
  const found: LocalSocket[] = [], faults: unknown[] = [];
  for (const directory of places.filter(isThere)) {
    try {
      checkRuntimeDirectory(directory);
      found.push(...socketsIn(directory));
    } catch (error) {
      faults.push(error);
    }
  }
  if (found.length === 0 && faults.length > 0) throw faults[0];
  return found;
}

/** The socket of the node that listens on an address; null where there is none, or several. */
export function localSocketOf(
  address: Address,
  places?: readonly string[],
): LocalSocket | null {
  const { host, port } = splitAddress(address);
  const wanted = joinAddress(isNear(host) ? NEAR : host, port);
  try {
    const found = localSockets(places).filter((socket) => socket.address === wanted);
    return found.length === 1 ? found[0] : null;
  } catch {
    // The port leads to the node all the same, with fewer rights; and the node says what is wrong.
    return null;
  }
}

/** How a node is called that listens on loopback, or on all addresses. */
const NEAR = "127.0.0.1";

function nameOf(host: string, port: number): string {
  const is_near = host === "0.0.0.0" || host === "::" || isNear(host);
  return `${port}-${Deno.pid}${is_near ? "" : `-${host}`}`;
}

function isNear(host: string): boolean {
  return host === "localhost" || isLoopback(host);
}

function socketsIn(directory: string): LocalSocket[] {
  return [...Deno.readDirSync(directory)].flatMap(({ name }) => {
    const [, port, host = NEAR] = NAME.exec(name) ?? [];
    if (port === undefined) return [];
    return [{ path: `${directory}/${name}`, address: joinAddress(host, Number(port)) }];
  });
}

function removeFile(path: string): void {
  try {
    Deno.removeSync(path);
  } catch {
    // Somebody else was faster, or nobody can: then it is tried again at the next look.
  }
}
