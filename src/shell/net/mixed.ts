/**
 * Links of both kinds in one node: what an address says decides how it is dialled. What the node
 * listens on is its user's choice. The part for datagrams is loaded when the first one is dialled.
 */

import type { Address } from "../../core/types.ts";
import { UDP_PREFIX } from "../../core/data/address.ts";
import { LocalTransport } from "./local.ts";
import { describeError, TcpTransport } from "./tcp.ts";
import type { Transport, TransportHandler } from "./transport.ts";
import type { UdpOptions } from "./udp.ts";
import type { DatagramSocket } from "./udp_socket.ts";

export interface MixedOptions extends UdpOptions {
  /** Makes a local socket, too; called with a word where that cannot be. */
  readonly onNoLocal?: (why: string) => void;
  /** Whether connections over TCP are accepted. */
  readonly tcp: boolean;
  /** Where datagrams are accepted, with what takes them; null for nowhere. */
  readonly udp: { readonly socket: DatagramSocket; readonly make: MakeUdp } | null;
}

type MakeUdp = (
  handler: TransportHandler,
  socket: DatagramSocket | null,
  options: UdpOptions,
) => Transport;

export class MixedTransport implements Transport {
  readonly #handler: TransportHandler;
  readonly #options: MixedOptions;
  readonly #tcp: TcpTransport;
  readonly #local: LocalTransport;
  #udp: Promise<Transport> | null = null;
  #closing = false;

  constructor(handler: TransportHandler, options: MixedOptions) {
    this.#handler = handler;
    this.#options = options;
    this.#tcp = new TcpTransport(handler);
    this.#local = new LocalTransport(handler);
  }

  listen(host: string, port: number): number {
    const { tcp, udp } = this.#options;
    let bound = port;
    if (udp !== null) {
      const transport = udp.make(this.#handler, udp.socket, this.#options);
      this.#udp = Promise.resolve(transport);
      bound = transport.listen(host, port);
    }
    if (tcp) bound = this.#tcp.listen(host, bound);
    this.#listenLocally(host, bound);
    return bound;
  }

  async dial(address: Address): Promise<void> {
    if (!address.startsWith(UDP_PREFIX)) return this.#tcp.dial(address);
    try {
      this.#udp ??= this.#loadUdp();
      (await this.#udp).dial(address);
    } catch (error) {
      if (!this.#closing) this.#handler.dialFailed(address, describeError(error));
    }
  }

  async close(): Promise<void> {
    this.#closing = true;
    const udp = await this.#udp?.catch(() => null);
    await Promise.all([this.#tcp.close(), this.#local.close(), udp?.close()]);
  }

  /** A node without a local socket serves everybody else as well as one with it. */
  #listenLocally(host: string, port: number): void {
    const { onNoLocal } = this.#options;
    if (onNoLocal === undefined) return;
    try {
      this.#local.listen(host, port);
    } catch (error) {
      onNoLocal(describeError(error));
    }
  }

  async #loadUdp(): Promise<Transport> {
    const { UdpTransport } = await import("./udp.ts");
    return new UdpTransport(this.#handler, null, this.#options);
  }
}

/**
 * What listens on a host and port as the user chose; throws where that cannot be. A port of 0 is one
 * number for both kinds.
 */
export async function prepareTransport(
  kind: "tcp" | "udp" | "both",
  { host, port }: { readonly host: string; readonly port: number },
  options: Pick<MixedOptions, "mtu" | "dial_timeout_ms" | "onNoLocal">,
): Promise<(handler: TransportHandler) => Transport> {
  if (kind === "tcp") {
    return (handler) => new MixedTransport(handler, { ...options, tcp: true, udp: null });
  }
  const { UdpTransport } = await import("./udp.ts");
  const { DatagramSocket } = await import("./udp_socket.ts");
  const make: MakeUdp = (...parts) => new UdpTransport(...parts);
  const tcp = kind === "both";
  let socket = await DatagramSocket.bind(host, port);
  for (let tries = 0; tcp && port === 0 && tries < 20; tries++) {
    if (isFree(host, socket.port)) break;
    await socket.close();
    socket = await DatagramSocket.bind(host, port);
  }
  return (handler) => new MixedTransport(handler, { ...options, tcp, udp: { socket, make } });
}

function isFree(host: string, port: number): boolean {
  try {
    Deno.listen({ hostname: host, port }).close();
    return true;
  } catch {
    return false;
  }
}
