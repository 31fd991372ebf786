/** What everything in the core is named by, and what may be said in it. */

/** An Ed25519 public key, base64url. */
export type Id = string;
/** The name of a stream. */
export type Topic = string;
/** `host:port`, or `[v6]:port`; with `udp:` before it where datagrams are to be sent there. */
export type Address = string;
/** Number of a connection, given by the shell, never used again. */
export type LinkId = number;

export type Json = null | boolean | number | string | readonly Json[] | {
  readonly [key: string]: Json;
};
