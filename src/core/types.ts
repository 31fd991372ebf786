/**
 * The words of the core: what happens to a node (events) and what it wants done (effects). This file
 * lies below all rooms but `data`, which has the words that are only values: what everything is named by,
 * what a node is told when it starts, and what is stored.
 *
 * The contract between the core and whoever drives it (the shell, or the simulator):
 *
 * 1. Events of one link come in the order of its bytes. `now_ms` never goes back.
 * 2. Effects are carried out in array order.
 * 3. After one or more events of which `asksForTick()` says so, a `tick` follows: only a tick, or the
 *    `stored` that it waits for, turns what is new into entries to send and text to print. So output
 *    is batched exactly as much as input was.
 * 4. The bytes of a `lines` event may be reused after `reduceNode()` returns: the core copies what
 *    it keeps.
 * 5. `persist` is answered by `stored`, once. What a node with a store shows to anybody (sends,
 *    prints, acknowledges) it shows only after the answer that the entries are stored.
 * 6. `work` is answered by `worked`, any number of times, the last of them with `done`; also where it
 *    was cancelled.
 */

import type { Gap, Restored, StoreBatch, StoredRow } from "./data/stored.ts";
import type { Address, Id, Json, LinkId, Topic } from "./data/words.ts";

/** They lie lower, so that these files can use them; everybody else finds them here. */
export type { Address, Id, Json, LinkId, Topic };

/**
 * What the core may call while it reduces: what only a library or a secret key can do. Synchronous,
 * and the same input gives the same output.
 */
export interface Env {
  /** SHA-256 in base64url. */
  readonly sha256: (bytes: Uint8Array) => string;
  /** An Ed25519 signature (RFC 8032) by this node's key, whose public part is `id`; base64url. */
  readonly sign: (id: Id, bytes: Uint8Array) => string;
  /** Whether a signature is good. Never throws. */
  readonly verify: (key: Id, bytes: Uint8Array, signature: string) => boolean;
  /** Seals bytes so that only the peer can read them, base64url; null where its key is not usable. */
  readonly seal: (seal: Seal, bytes: Uint8Array) => string | null;
  /** Opens what was sealed; null where it was not sealed so. */
  readonly open: (seal: Seal, text: string) => Uint8Array | null;
}

/** Where a published item came from, so that a refusal can name it. */
export type Source =
  | { readonly kind: "local"; readonly tag: number }
  | { readonly kind: "guest"; readonly link: LinkId; readonly request: number }
  | { readonly kind: "app"; readonly app: string; readonly tag: number };

/**
 * What a packet is: messages, or how far they were read; and the same of messages that are large and
 * wait for the others (`bulk`).
 */
export type PacketRole = "data" | "ack" | "bulk" | "bulk-ack";

/** Which of a node's guests may do what; each right holds those before it. */
export type Right = "read" | "say" | "own";

/** What a packet is sealed with, or was. */
export interface Seal {
  readonly peer: Id;
  /** The peer's key. */
  readonly box: string;
  /** What the key is for, with network, sender and recipient; nothing sealed in one fits another. */
  readonly context: string;
  readonly role: PacketRole;
  /** Never the same twice with one own key. */
  readonly number: number;
}

export type Event =
  /** Before `started`: what was stored by an earlier run. `loaded` events with its rows follow. */
  | { readonly kind: "restored"; readonly now_ms: number; readonly restored: Restored }
  /** Stored entries, in order of their arrival. */
  | { readonly kind: "loaded"; readonly now_ms: number; readonly rows: readonly StoredRow[] }
  /** The answer to `persist`: null where everything is on the disk, else why not. */
  | { readonly kind: "stored"; readonly now_ms: number; readonly fault: string | null }
  /** The answer to `renew`. */
  | { readonly kind: "renewed"; readonly now_ms: number; readonly id: Id }
  /** The node accepts connections. `host` is null where it listens on all addresses. */
  | {
    readonly kind: "started";
    readonly now_ms: number;
    readonly host: string | null;
    readonly fallback_host: string;
    readonly port: number;
  }
  /** A connection is open; `dialled` says which address was asked for, null where it came in. */
  | {
    readonly kind: "opened";
    readonly now_ms: number;
    readonly link: LinkId;
    readonly dialled: Address | null;
    readonly local_host: string;
    readonly remote_host: string;
    /** Unpredictable text for the proof of identity. */
    readonly nonce: string;
    /** Lines may be lost, come twice, or overtake each other. */
    readonly lossy?: boolean;
    /** It came in by the way of the node's own user: over the local socket, or with the token. */
    readonly own?: boolean;
  }
  | {
    readonly kind: "dial_failed";
    readonly now_ms: number;
    readonly address: Address;
    readonly why: string;
  }
  /** Whole lines of one read, without newlines. */
  | {
    readonly kind: "lines";
    readonly now_ms: number;
    readonly link: LinkId;
    readonly lines: readonly Uint8Array[];
  }
  /** The bytes of a link were no lines (too long, or it broke off in the middle). */
  | {
    readonly kind: "garbled";
    readonly now_ms: number;
    readonly link: LinkId;
    readonly code: string;
  }
  | { readonly kind: "closed"; readonly now_ms: number; readonly link: LinkId }
  /** The user's items; `first_tag` numbers the first, the rest count on. */
  | {
    readonly kind: "publish";
    readonly now_ms: number;
    readonly topic: Topic;
    readonly items: readonly Json[];
    readonly first_tag: number;
  }
  /** The user wants something of an app; `tag` comes back where it is refused or fails. */
  | {
    readonly kind: "request";
    readonly now_ms: number;
    readonly app: string;
    readonly request: Json;
    readonly tag: number;
  }
  /** How far a work is, or what came of it; `fault` says why nothing did. */
  | {
    readonly kind: "worked";
    readonly now_ms: number;
    readonly job: number;
    readonly result: unknown;
    readonly fault: string | null;
    readonly done: boolean;
  }
  /** The output took this many bytes of what was printed. */
  | { readonly kind: "printed"; readonly now_ms: number; readonly bytes: number }
  /** Nothing more will be published: be acknowledged, say goodbye, end by the deadline. */
  | { readonly kind: "leave"; readonly now_ms: number; readonly deadline_ms: number }
  /** Time passed, or a batch of events is over. */
  | { readonly kind: "tick"; readonly now_ms: number };

export type Effect =
  | { readonly kind: "persist"; readonly batch: StoreBatch }
  /**
   * Stored entries that do not verify: they are set aside, and fetched again from peers. All rows of
   * the apps' tables go, and the next batch has them anew.
   */
  | { readonly kind: "quarantine"; readonly arrivals: readonly number[] }
  /** Makes a new key: the old one may have signed what is not known here. */
  | { readonly kind: "renew" }
  | { readonly kind: "dial"; readonly address: Address }
  /** Lines with their newlines. */
  | { readonly kind: "send"; readonly link: LinkId; readonly lines: readonly Uint8Array[] }
  /** Close once what was sent before is written. */
  | { readonly kind: "close"; readonly link: LinkId }
  /** Something that takes long, done outside by the app of this name; see `worked`. */
  | {
    readonly kind: "work";
    readonly app: string;
    readonly job: number;
    readonly task: unknown;
  }
  /** A work is no longer wanted. */
  | { readonly kind: "cancel"; readonly job: number }
  /** Items for the output, in order; to be answered by `printed` with the same number of bytes. */
  | { readonly kind: "print"; readonly records: readonly Printed[]; readonly bytes: number }
  | { readonly kind: "notice"; readonly notice: Notice }
  /** The node has left; `acknowledged` is false where own entries may be held by nobody else. */
  | { readonly kind: "done"; readonly acknowledged: boolean };

/** Something that is printed on stdout. */
export type Printed =
  | {
    readonly kind: "items";
    readonly topic: Topic;
    readonly origin: Id;
    readonly time_ms: number;
    /** Number of the entry that holds them, and the newest entries of others that it came after. */
    readonly entry: number;
    readonly deps: readonly (readonly [Id, number])[];
    /** Everything that its origin had seen in this topic, itself first, where that was asked for. */
    readonly clock?: readonly (readonly [Id, number])[];
    /** Number of the first item. */
    readonly first: number;
    readonly items: readonly Json[];
  }
  /** What an app has to say; only the app knows what it means. */
  | { readonly kind: "record"; readonly app: string; readonly record: Json }
  | { readonly kind: "gap"; readonly gap: Gap };

/** Something for the user that is not output. */
export type Notice =
  | { readonly kind: "listening"; readonly address: Address }
  | { readonly kind: "joined"; readonly address: Address }
  | { readonly kind: "join_failed"; readonly address: Address; readonly why: string }
  /** A tracker refused this node, or does not answer. */
  | { readonly kind: "tracker_failed"; readonly address: Address; readonly why: string }
  /** The disk takes nothing more, or takes it again (null). */
  | { readonly kind: "storage"; readonly fault: string | null }
  /** Stored entries did not verify. */
  | { readonly kind: "quarantined"; readonly entries: number }
  /** The node goes on under a new id. */
  | { readonly kind: "renewed"; readonly id: Id; readonly why: string }
  /** Nobody could be joined: the node ends, waits for those it knows, or begins a new network. */
  | { readonly kind: "alone"; readonly then: "end" | "wait" | "begin" }
  | { readonly kind: "refused"; readonly source: Source; readonly why: string }
  /** What the user wanted of an app was done. */
  | { readonly kind: "done"; readonly tag: number }
  /** What an app tells the user; `bare` without the name of the program. */
  | { readonly kind: "told"; readonly app: string; readonly text: string; readonly bare?: true }
  /** Own messages to one node that were not acknowledged; they may have arrived all the same. */
  | {
    readonly kind: "undelivered";
    /** Which app sent them. */
    readonly app: string;
    readonly to: Id;
    readonly tag: number;
    readonly why: string;
  }
  /** An item of somebody else that every node leaves out. */
  | { readonly kind: "ignored"; readonly origin: Id; readonly topic: Topic; readonly why: string }
  /** An origin signed two entries with one number. */
  | {
    readonly kind: "forked";
    readonly origin: Id;
    readonly topic: Topic;
    readonly seq: number;
  };
