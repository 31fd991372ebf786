/** What a node is told when it starts. */

import type { Address, Id, Json, Topic } from "./words.ts";

/** What does not change while a node runs. */
export interface NodeConfig {
  /** The id that the node starts with; it may go on under another (`LogState.self`). */
  readonly id: Id;
  /** Networks with different names refuse each other. */
  readonly network: string;
  /** Addresses to join, tried in turn; none starts a network. */
  readonly join: readonly Address[];
  /** Whether a node that reaches none of them ends, instead of starting a network. */
  readonly must_join: boolean;
  /** What others should dial, if the user said; else the core finds out. */
  readonly advertise: Address | null;
  /** Before the address that the core finds out, where only datagrams are taken. */
  readonly address_prefix?: "udp:";
  /** Meeting points: they say whom to join. */
  readonly trackers: readonly Address[];
  /** A label for people, "" for none; the id is the identity. */
  readonly name: string;
  /** The key to which private messages for this run of the node are sealed: X25519, base64url. */
  readonly box: string;
  /** Bytes kept for late joiners, of topics that are not kept whole. */
  readonly keep_bytes: number;
  readonly overlay: OverlayKind;
  readonly spread: SpreadKind;
  /** How long entries wait for others, so that fewer and larger messages are sent; 0 or none: not. */
  readonly batch_ms?: number;
  readonly times: Times;
  /** Whether every delivered entry must be stored before it is shown. */
  readonly durable: boolean;
  readonly front: FrontConfig;
  /** What the user wants of apps, by their names; each reads its own. */
  readonly apps?: Readonly<Record<string, Json>>;
}

/**
 * Which peers a node links to: the next ten, or ten of which some are at doubling distances, or only
 * those that it was told to join.
 */
export type OverlayKind = "ring" | "fingers" | "given";

/** How soon somebody is missed. */
export interface Times {
  /** A link on which nothing came for so long is pinged. */
  readonly ping_ms: number;
  /** A link on which nothing came for so long is dead. */
  readonly silence_ms: number;
  /** A suspect has so long to show that it lives. */
  readonly suspect_ms: number;
}

/** How entries travel (docs/guide.md): to all, to some at random, or along a tree. */
export type SpreadKind = "flood" | "gossip" | "tree";

/** What is printed. */
export interface FrontConfig {
  /** The app whose records are printed; `none` for a node that only relays. */
  readonly app: string;
  /** The topic whose lines are printed, where the app has no records of its own. */
  readonly topic: Topic;
  /** Whether own items are printed. */
  readonly echo: boolean;
  /** How many items from before the start are printed; null for all. */
  readonly history: number | null;
  /** Print each text once, whoever sent it. */
  readonly dedup_text: boolean;
  /** Say beside each item what its origin had seen. */
  readonly clock?: boolean;
}
