/**
 * The words of the core: what happens to a node (events) and what it wants done (effects).
 *
 * The contract between the core and whoever drives it (the shell, or the simulator):
 *
 * 1. Events of one link come in the order of its bytes. `now_ms` never goes back.
 * 2. Effects are carried out in array order. What is behind a `sign` or `verify` effect does not
 *    wait for its answer; the answer comes back as an event.
 * 3. `sign` and `verify` are answered exactly once each, in the order they were asked.
 * 4. After one or more events, a `tick` follows: only a tick turns what changed into lines to send
 *    and text to print. So output is batched exactly as much as input was.
 * 5. The bytes of a `lines` event may be reused after `reduceNode()` returns: the core copies what
 *    it keeps.
 */

import type { Entry } from "./entry.ts";
import type { Line } from "./line.ts";
import type { Transaction } from "./apps/ledger.ts";

/** An Ed25519 public key, base64url. */
export type Id = string;
/** The name of a stream. */
export type Topic = string;
/** `host:port`, or `[v6]:port`. */
export type Address = string;
/** Number of a connection, given by the shell, never used again. */
export type LinkId = number;

export type Json = null | boolean | number | string | readonly Json[] | {
  readonly [key: string]: Json;
};

/** What the core may call while it reduces. Synchronous, and the same input gives the same output. */
export interface Env {
  /** SHA-256 in base64url. */
  readonly sha256: (bytes: Uint8Array) => string;
}

/** What does not change while a node runs. */
export interface NodeConfig {
  readonly id: Id;
  /** Networks with different names refuse each other. */
  readonly network: string;
  /** Addresses to join, tried in turn; none starts a network. */
  readonly join: readonly Address[];
  /** Whether a node that reaches none of them ends, instead of starting a network. */
  readonly must_join: boolean;
  /** What others should dial, if the user said; else the core finds out. */
  readonly advertise: Address | null;
  /** Bytes kept for late joiners, all topics but the ledger. */
  readonly keep_bytes: number;
  readonly front: FrontConfig;
}

/** What is printed. */
export interface FrontConfig {
  /** `none`: a node that only relays. */
  readonly app: "chat" | "ledger" | "none";
  readonly topic: Topic;
  /** Whether own items are printed. */
  readonly echo: boolean;
  /** How many items from before the start are printed; null for all. */
  readonly history: number | null;
  /** Print each text once, whoever sent it. */
  readonly dedup_text: boolean;
}

/** Bytes of a line that were looked at, but not yet acted on. */
export type Decoded =
  | { readonly kind: "entry"; readonly entry: Entry; readonly bytes: number }
  | { readonly kind: "seen"; readonly log: number; readonly seq: number; readonly bytes: number }
  | { readonly kind: "control"; readonly line: Line; readonly bytes: number }
  | { readonly kind: "fault"; readonly code: string; readonly fatal: boolean };

/** One signature to check. */
export interface Check {
  readonly key: Id;
  readonly bytes: Uint8Array;
  readonly signature: string;
}

/** What a signature is wanted for; comes back with it. */
export type SignFor =
  | { readonly kind: "entry"; readonly topic: Topic }
  | { readonly kind: "proof"; readonly link: LinkId };

/** Where a published item came from, so that a refusal can name it. */
export type Source =
  | { readonly kind: "local"; readonly tag: number }
  | { readonly kind: "guest"; readonly link: LinkId; readonly request: number };

export type Event =
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
  | {
    readonly kind: "signed";
    readonly now_ms: number;
    readonly purpose: SignFor;
    readonly signature: string;
  }
  /** One answer for each check of the `verify` effect, which comes back as it was. */
  | {
    readonly kind: "verified";
    readonly now_ms: number;
    readonly request: VerifyRequest;
    readonly valid: readonly boolean[];
  }
  /** The output took this many bytes of what was printed. */
  | { readonly kind: "printed"; readonly now_ms: number; readonly bytes: number }
  /** Nothing more will be published: be acknowledged, say goodbye, end by the deadline. */
  | { readonly kind: "leave"; readonly now_ms: number; readonly deadline_ms: number }
  /** Time passed, or a batch of events is over. */
  | { readonly kind: "tick"; readonly now_ms: number };

/** Signatures to check before the rest of a batch of lines is acted on. */
export interface VerifyRequest {
  readonly link: LinkId;
  readonly checks: readonly Check[];
  /** The lines that wait for the answer, and those behind them. */
  readonly batch: readonly Decoded[];
  readonly rest: readonly Decoded[];
}

export type Effect =
  | { readonly kind: "dial"; readonly address: Address }
  /** Lines with their newlines. */
  | { readonly kind: "send"; readonly link: LinkId; readonly lines: readonly Uint8Array[] }
  /** Close once what was sent before is written. */
  | { readonly kind: "close"; readonly link: LinkId }
  | { readonly kind: "sign"; readonly purpose: SignFor; readonly bytes: Uint8Array }
  | { readonly kind: "verify"; readonly request: VerifyRequest }
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
    /** Number of the first item. */
    readonly first: number;
    readonly items: readonly Json[];
  }
  | {
    readonly kind: "applied";
    readonly transaction: Transaction;
    /** A transaction of the same id that this one replaces. */
    readonly replaced: Transaction | null;
  }
  | { readonly kind: "gap"; readonly gap: Gap };

/** Entries that are held by nobody this node could ask. */
export interface Gap {
  readonly topic: Topic;
  readonly origin: Id;
  /** First and last missing entry. */
  readonly from: number;
  readonly to: number;
}

/** Something for the user that is not output. */
export type Notice =
  | { readonly kind: "listening"; readonly address: Address }
  | { readonly kind: "joined"; readonly address: Address }
  | { readonly kind: "join_failed"; readonly address: Address; readonly why: string }
  /** None of the addresses to join answered. */
  | { readonly kind: "alone" }
  | { readonly kind: "refused"; readonly source: Source; readonly why: string }
  /** An item of somebody else that every node leaves out. */
  | { readonly kind: "ignored"; readonly origin: Id; readonly topic: Topic; readonly why: string }
  /** An origin signed two entries with one number. */
  | {
    readonly kind: "forked";
    readonly origin: Id;
    readonly topic: Topic;
    readonly seq: number;
  };
