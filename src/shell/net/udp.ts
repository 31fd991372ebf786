/**
 * Lines over UDP, for a core that makes up for what is lost. Who dials shows with a cookie that it is
 * where it says it is; before that it is answered with less than it sent, and nothing is remembered.
 */

import { createHash, randomBytes } from "node:crypto";
import type { Address } from "../../core/types.ts";
import { splitAddress, UDP_PREFIX } from "../../core/data/address.ts";
import {
  COOKIES_PER_SECOND,
  DATAGRAM_BYTES,
  KNOCK_TIMEOUT_MS,
  LINKS_MAX,
  LINKS_PER_HOST_MAX,
  RESETS_PER_SECOND,
} from "../../core/data/limits.ts";
import {
  COOKIE_BYTES,
  type Datagram,
  decodeDatagram,
  encodeDatagram,
  ID_BYTES,
  idText,
  KIND,
} from "./datagram.ts";
import { hostTowards } from "./host.ts";
import { describeError } from "./tcp.ts";
import type { Transport, TransportHandler } from "./transport.ts";
import { type Route, UdpConnection, type Wire } from "./udp_connection.ts";
import { Allowance, Cookies } from "./udp_cookie.ts";
import { DatagramSocket, resolveHost, type Sender } from "./udp_socket.ts";

/** First pause between knocks; each is half as long again, up to the longest. */
const KNOCK_MS = 100;
const KNOCK_MS_MAX = 500;
/** Datagrams that are sent at once; the rest waits a moment, so that buffers on the way hold it. */
const BURST_DATAGRAMS = 32;
const BURST_BYTES = 49_152;
const BURST_MS = 1;
/** Datagrams of one connection before the others have their turn. */
const TURN_DATAGRAMS = 8;
/** The core closes what it cannot use; so many more than it uses may be closing. */
const CONNECTIONS_MAX = 2 * LINKS_MAX;
const CONNECTIONS_PER_HOST_MAX = 2 * LINKS_PER_HOST_MAX;
/** Connections that ended, so that a late datagram does not open them again. */
const ENDED_MAX = 4_096;

/** How a transport differs from the usual. */
export interface UdpOptions {
  /** Most bytes of a datagram. */
  readonly mtu?: number;
  readonly dial_timeout_ms?: number;
}

/** A dial that waits for its cookie. */
interface Knocking {
  readonly address: Address;
  readonly socket: DatagramSocket;
  readonly to: Sender;
  readonly local_host: string;
  readonly deadline_ms: number;
  pause_ms: number;
  timer: ReturnType<typeof setTimeout> | undefined;
}

export class UdpTransport implements Transport {
  readonly #handler: TransportHandler;
  readonly #wire: Wire;
  readonly #dial_timeout_ms: number;
  readonly #cookies = new Cookies();
  readonly #cookies_left = new Allowance(COOKIES_PER_SECOND, COOKIES_PER_SECOND);
  readonly #resets_left = new Allowance(RESETS_PER_SECOND, RESETS_PER_SECOND);
  readonly #sockets = new Map<4 | 6, Promise<DatagramSocket>>();
  readonly #ready = new Map<4 | 6, DatagramSocket>();
  readonly #connections = new Map<string, UdpConnection>();
  readonly #hosts = new Map<string, number>();
  readonly #ended = new Set<string>();
  readonly #knocking = new Map<string, Knocking>();
  readonly #busy = new Set<UdpConnection>();
  #listening: DatagramSocket | null = null;
  #pumping = false;
  /** Bytes sent in this burst. */
  #burst_bytes = 0;
  #closing = false;

  /** `socket` is where strangers may knock; without it this end only dials. */
  constructor(
    handler: TransportHandler,
    socket: DatagramSocket | null = null,
    options: UdpOptions = {},
  ) {
    this.#handler = handler;
    this.#listening = socket;
    this.#dial_timeout_ms = options.dial_timeout_ms ?? KNOCK_TIMEOUT_MS;
    this.#wire = {
      mtu: options.mtu ?? DATAGRAM_BYTES,
      budget: { bytes: 0 },
      emit: ({ route }, bytes) => {
        this.#burst_bytes += bytes.length;
        this.#ready.get(route.family)?.send(bytes, route);
      },
      busy: (connection) => this.#awaitTurn(connection),
      ended: (connection) => this.#forget(connection),
      hash: (bytes) => new Uint8Array(createHash("sha256").update(bytes).digest()),
      now_ms: () => performance.now(),
    };
  }

  /** Begins to take datagrams on the socket, which was bound before. */
  listen(_host: string, _port: number): number {
    if (this.#listening === null) throw new Error("There is no socket to listen on");
    this.#use(this.#listening);
    return this.#listening.port;
  }

  /** Dials `host:port`, with or without the prefix. */
  async dial(address: Address): Promise<void> {
    try {
      const bare = address.startsWith(UDP_PREFIX) ? address.slice(UDP_PREFIX.length) : address;
      const { host, port } = splitAddress(bare);
      const { address: ip, family } = await resolveHost(host);
      const socket = await this.#socketFor(family);
      const to = { address: ip, port };
      const bound = socket.host;
      const is_any = bound === "0.0.0.0" || bound === "::";
      const local_host = is_any ? hostTowards(ip, family) : bound;
      if (this.#closing) return;
      const id = idText(randomBytes(ID_BYTES));
      const deadline_ms = performance.now() + this.#dial_timeout_ms;
      const knocking: Knocking = {
        address,
        socket,
        to,
        local_host,
        deadline_ms,
        pause_ms: KNOCK_MS,
        timer: undefined,
      };
      this.#knocking.set(id, knocking);
      this.#knock(id, knocking);
    } catch (error) {
      if (!this.#closing) this.#handler.dialFailed(address, describeError(error));
    }
  }

  async close(): Promise<void> {
    this.#closing = true;
    for (const { timer } of this.#knocking.values()) clearTimeout(timer);
    this.#knocking.clear();
    const open = [...this.#connections.values()];
    for (const connection of open) connection.close();
    await Promise.all(open.map((connection) => connection.ended));
    if (this.#listening !== null) this.#use(this.#listening);
    const sockets = await Promise.allSettled(this.#sockets.values());
    for (const socket of sockets) if (socket.status === "fulfilled") await socket.value.close();
  }

  #socketFor(family: 4 | 6): Promise<DatagramSocket> {
    const known = this.#sockets.get(family);
    if (known !== undefined) return known;
    const fresh = DatagramSocket.bind(family === 6 ? "::" : "0.0.0.0", 0).then((socket) => {
      this.#use(socket);
      return socket;
    });
    this.#sockets.set(family, fresh);
    return fresh;
  }

  #use(socket: DatagramSocket): void {
    const { family } = socket;
    if (this.#ready.has(family)) return;
    this.#ready.set(family, socket);
    this.#sockets.set(family, Promise.resolve(socket));
    socket.onDatagram((bytes, from) => this.#take(socket, bytes, from));
  }

  #knock(id: string, knocking: Knocking): void {
    if (performance.now() >= knocking.deadline_ms) {
      this.#knocking.delete(id);
      const why = `no answer within ${this.#dial_timeout_ms / 1000} s`;
      return this.#handler.dialFailed(knocking.address, why);
    }
    knocking.socket.send(encodeDatagram(KIND.knock, id), knocking.to);
    knocking.timer = setTimeout(() => this.#knock(id, knocking), knocking.pause_ms);
    knocking.pause_ms = Math.min(KNOCK_MS_MAX, knocking.pause_ms * 3 / 2);
  }

  #take(socket: DatagramSocket, bytes: Uint8Array, from: Sender): void {
    const datagram = decodeDatagram(bytes);
    if (datagram === null) return;
    const { kind, id } = datagram;
    const connection = this.#connections.get(id);
    if (connection !== undefined) {
      const { address, port } = connection.route;
      // Whoever does not know the address does not know the id either, but may guess.
      if (address === from.address && port === from.port) connection.receive(datagram);
      return;
    }
    if (kind === KIND.cookie) return this.#takeCookie(datagram, from);
    if (kind === KIND.reset || this.#closing) return;
    if (kind === KIND.knock) return this.#answerKnock(socket, id, from);
    if (kind === KIND.open && !this.#ended.has(id)) return this.#accept(socket, datagram, from);
    // Never longer than what came, and not for long.
    if (!this.#resets_left.take(performance.now())) return;
    socket.send(encodeDatagram(KIND.reset, id), from);
  }

  #answerKnock(socket: DatagramSocket, id: string, from: Sender): void {
    const now_ms = performance.now();
    if (socket !== this.#listening || !this.#cookies_left.take(now_ms)) return;
    const cookie = this.#cookies.make(id, nameOf(from), now_ms);
    socket.send(encodeDatagram(KIND.cookie, id, cookie), from);
  }

  #takeCookie({ id, body }: Datagram, from: Sender): void {
    const knocking = this.#knocking.get(id);
    if (knocking === undefined) return;
    const { to, address, socket, local_host } = knocking;
    if (to.address !== from.address || to.port !== from.port) return;
    clearTimeout(knocking.timer);
    this.#knocking.delete(id);
    const { family } = socket;
    const route = { id, family, ...to, local_host, cookie: body.slice() };
    this.#handler.opened(this.#connect(route), address);
  }

  #accept(socket: DatagramSocket, datagram: Datagram, from: Sender): void {
    const { id, body } = datagram;
    if (socket !== this.#listening) return;
    if (this.#connections.size >= CONNECTIONS_MAX) return;
    if ((this.#hosts.get(from.address) ?? 0) >= CONNECTIONS_PER_HOST_MAX) return;
    const cookie = body.subarray(0, COOKIE_BYTES);
    if (!this.#cookies.check(cookie, id, nameOf(from), performance.now())) return;
    const { family, host } = socket;
    const { address, port } = from;
    const route = { id, family, address, port, local_host: host, cookie: null };
    const connection = this.#connect(route);
    this.#handler.opened(connection, null);
    connection.receive(datagram);
  }

  #connect(route: Route): UdpConnection {
    const connection = new UdpConnection(this.#wire, this.#handler, route);
    this.#connections.set(route.id, connection);
    this.#hosts.set(route.address, (this.#hosts.get(route.address) ?? 0) + 1);
    return connection;
  }

  #forget(connection: UdpConnection): void {
    const { id, address } = connection.route;
    this.#connections.delete(id);
    this.#busy.delete(connection);
    const left = this.#hosts.get(address)! - 1;
    if (left > 0) this.#hosts.set(address, left);
    else this.#hosts.delete(address);
    this.#ended.add(id);
    for (const oldest of this.#ended) {
      if (this.#ended.size <= ENDED_MAX) break;
      this.#ended.delete(oldest);
    }
  }

  /** What several events of one turn have to say goes out together. */
  #awaitTurn(connection: UdpConnection): void {
    this.#busy.add(connection);
    if (this.#pumping) return;
    this.#pumping = true;
    queueMicrotask(() => this.#pump());
  }

  #pump(): void {
    // What the system has not taken yet counts, too.
    let left = BURST_DATAGRAMS;
    for (const { waiting } of this.#ready.values()) left -= waiting;
    this.#burst_bytes = 0;
    const room = TURN_DATAGRAMS * this.#wire.mtu;
    for (const connection of this.#busy) {
      if (left <= 0 || this.#burst_bytes >= BURST_BYTES) break;
      left -= connection.sendSome(room > BURST_BYTES ? 1 : Math.min(left, TURN_DATAGRAMS));
      // Who has more to say stands in line again; the loop comes to it.
      this.#busy.delete(connection);
      if (!connection.is_idle) this.#busy.add(connection);
    }
    this.#pumping = this.#busy.size > 0;
    if (this.#pumping) setTimeout(() => this.#pump(), BURST_MS);
  }
}

function nameOf({ address, port }: Sender): string {
  return `${address} ${port}`;
}
