/** Addresses as people and peers write them. */

import type { Address } from "./words.ts";

const ADDRESS_TEXT = /^(\[[0-9A-Fa-f:.%]{2,64}\]|[A-Za-z0-9._-]{1,253}):([0-9]{1,5})$/;

/** Before the address of a node that is to be reached by datagrams. */
export const UDP_PREFIX = "udp:" as const;

/** Whether text is `host:port`, or `udp:host:port`, with a port that can be dialled. */
export function isAddress(text: unknown): text is Address {
  if (typeof text !== "string") return false;
  const match = ADDRESS_TEXT.exec(text.startsWith(UDP_PREFIX) ? text.slice(4) : text);
  return match !== null && Number(match[2]) >= 1 && Number(match[2]) <= 65_535;
}

/** Host and port; IPv6 hosts without their brackets. Port 0 is allowed, for listening. */
export function splitAddress(address: Address): { host: string; port: number } {
  const match = ADDRESS_TEXT.exec(address);
  const port = match === null ? NaN : Number(match[2]);
  if (match === null || port > 65_535) throw new TypeError(`${address} is not host:port`);
  return { host: match[1].replace(/^\[|\]$/g, ""), port };
}

/** The address of a host and a port. */
export function joinAddress(host: string, port: number): Address {
  return `${host.includes(":") ? `[${host}]` : host}:${port}`;
}

/** Whether a host is this machine, as the system writes its addresses. */
export function isLoopback(host: string): boolean {
  return /^(::ffff:)?127(\.\d{1,3}){3}$/.test(host) || host === "::1" || host === "localhost";
}
