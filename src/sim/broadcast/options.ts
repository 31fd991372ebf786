/** What is simulated, and what comes out. */

import type { Id } from "../../core/types.ts";
import type { OverlayKind, SpreadKind } from "../../core/data/config.ts";
import type { Graph } from "../graph.ts";

/** Who speaks in a round: always the same node, another one each time, or all at once. */
export type SenderKind = "one" | "many" | "all";

/** The nodes of a network, and their links. */
export interface Drawn {
  /** Sorted; node i has the i-th. Empty where the links are made up, and stay as they are. */
  readonly ids: readonly Id[];
  readonly graph: Graph;
}

export interface BroadcastOptions {
  readonly nodes: number;
  readonly overlay: Exclude<OverlayKind, "given">;
  readonly spread: SpreadKind;
  /** Least and most time that a message is under way, drawn for each. */
  readonly latency_ms: readonly [number, number];
  /** Part of all messages that gets lost, as datagrams do. */
  readonly loss: number;
  /** Part of the nodes that dies at once, after half of the rounds unless it says after how many. */
  readonly kill: number;
  readonly kill_after?: number;
  readonly seed: number;
  readonly rounds: number;
  readonly senders: SenderKind;
  /** Who links to whom, where that is known already. */
  readonly drawn?: Drawn;
  /** Told after each round. */
  readonly onProgress?: (rounds: number) => void;
}

/** What happened to one entry. */
export interface Delivery {
  readonly round: number;
  readonly sender: number;
  /** Whether somebody had been killed before. */
  readonly after_kill: boolean;
  /** Nodes that were alive when it was over, and how many of them had it. */
  readonly alive: number;
  readonly reached: number;
  /** How many of them had it a second after it was said. */
  readonly reached_soon: number;
  readonly payloads: number;
  /** Payload messages / (nodes - 1) - 1: 0 where every node got it once. */
  readonly rmr: number;
  /** Most hops that it took to anybody. */
  readonly last_hop: number;
  /** Time from when it was said to when the last node had it. */
  readonly last_ms: number;
}

/** Messages that were sent, by what they are. */
export interface Traffic {
  readonly payload: number;
  readonly have: number;
  readonly prune: number;
  readonly graft: number;
}

/** The way of one entry: for each node when it came, after how many hops, and from whom. */
export interface Wave {
  /** -1 where it did not come. */
  readonly arrived_ms: Int32Array;
  readonly hops: Uint16Array;
  /** -1 at the sender, and where it did not come. */
  readonly from: Int32Array;
}

export interface BroadcastReport {
  readonly nodes: number;
  readonly links: number;
  readonly deliveries: readonly Delivery[];
  /** The first entry of each sender, which makes its tree; not part of `measured`. */
  readonly warm_up: Traffic;
  readonly measured: Traffic;
  /** The first measured entry. */
  readonly wave: Wave;
  /** The first round after the kill; null where nobody is killed. */
  readonly kill_round: number | null;
  readonly killed: number;
}
