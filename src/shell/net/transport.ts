/** What carries lines between nodes. TCP is one; tests have another, and both pass one suite. */

import type { Address } from "../../core/types.ts";

/** One open connection. */
export interface Connection {
  readonly local_host: string;
  readonly remote_host: string;
  /** Queues lines with their newlines. */
  send(lines: readonly Uint8Array[]): void;
  /** Closes once what was queued is written, or could not be for a while. */
  close(): void;
  /** Lines may be lost, come twice, or overtake each other. */
  readonly lossy?: boolean;
  /** The other end is the node's own user on its machine. */
  readonly own?: boolean;
  /** Bytes that the other side has not taken yet. */
  readonly unsent_bytes: number;
}

/** What a transport tells. Lines are views that are valid only during the call. */
export interface TransportHandler {
  opened(connection: Connection, dialled: Address | null): void;
  dialFailed(address: Address, why: string): void;
  /** What was read: whole lines, or none where only a part of one came. */
  lines(connection: Connection, lines: readonly Uint8Array[]): void;
  /** The bytes are no lines; nothing more will be read. */
  garbled(connection: Connection, code: string): void;
  /** Told once for each connection that was opened. */
  closed(connection: Connection): void;
}

export interface Transport {
  /** Accepts connections; resolves with the port. */
  listen(host: string, port: number): number;
  /** Opens a connection; the handler is told how it went. */
  dial(address: Address): void;
  /** Stops listening and closes all connections; resolves when they are closed. */
  close(): Promise<void>;
}
