/** The state of a tracker: its links, and who is registered. */

import type { Address, Id, LinkId } from "../core/types.ts";
import { SharedMap } from "../core/data/shared_map.ts";
import { type Buckets, noLinks } from "./links.ts";
import { emptyRoster, type Roster } from "./roster.ts";
import { TRACKER_LINES_BURST, TRACKER_PEERS_PER_MS, TRACKER_ROUND_MS } from "./limits.ts";

/** What does not change while a tracker runs. */
export interface TrackerConfig {
  readonly id: Id;
  readonly network: string;
  /** How many may be registered. */
  readonly peers_max: number;
}

/** One connection. */
export interface TrackerLink {
  readonly id: LinkId;
  readonly remote_host: string;
  /** What was greeted so far; a `peer` is registered. */
  readonly stage: "hello" | "proof" | "peer" | "guest";
  readonly opened_ms: number;
  readonly heard_ms: number;
  /** What the peer must sign. */
  readonly nonce: string;
  /** What the peer's hello says. */
  readonly peer: Id;
  readonly address: Address;
  readonly name: string;
  readonly sent_bytes: number;
  /** Sent bytes that the peer has read: it answered a ping that was behind them. */
  readonly read_bytes: number;
  /** What a ping asked about that is not answered yet, and since when; -1 for none. */
  readonly asked_bytes: number;
  readonly asked_ms: number;
  /** A guest's question: its number, the list as it was, and how many rows were answered. */
  readonly question: {
    readonly number: number;
    readonly pages: Roster["pages"];
    readonly answered: number;
  } | null;
  /** Lines that it may still send now. */
  readonly budget: number;
  readonly budget_ms: number;
}

export interface TrackerState {
  readonly config: TrackerConfig;
  readonly phase: "starting" | "running" | "done";
  readonly address: Address;
  readonly links: Buckets<TrackerLink>;
  /** Links that are not registered: in all, and from each host. */
  readonly strangers: number;
  readonly hosts: SharedMap<string, number>;
  readonly roster: Roster;
  /** When everybody was last told of changes. */
  readonly round_ms: number;
  /** When all links are looked at next. */
  readonly watch_ms: number;
  /** When the tracker last woke up too late; silence counts from there. */
  readonly late_ms: number;
  readonly wake_ms: number;
  readonly now_ms: number;
}

/** A tracker before anything happened. */
export function initialTracker(config: TrackerConfig): TrackerState {
  return {
    config,
    phase: "starting",
    address: "",
    links: noLinks(),
    strangers: 0,
    hosts: SharedMap.of(),
    roster: emptyRoster(),
    round_ms: 0,
    watch_ms: Infinity,
    late_ms: 0,
    wake_ms: Infinity,
    now_ms: 0,
  };
}

/** A link that just opened. */
export function newTrackerLink(
  opened: Pick<TrackerLink, "id" | "remote_host" | "nonce">,
  now_ms: number,
): TrackerLink {
  return {
    ...opened,
    stage: "hello",
    opened_ms: now_ms,
    heard_ms: now_ms,
    peer: "",
    address: "",
    name: "",
    sent_bytes: 0,
    read_bytes: 0,
    asked_bytes: -1,
    asked_ms: 0,
    question: null,
    budget: TRACKER_LINES_BURST,
    budget_ms: now_ms,
  };
}

/** When everybody may be told of changes: the more there are, the more a round must gather. */
export function nextRound(state: TrackerState): number {
  const pause_ms = Math.max(TRACKER_ROUND_MS, Math.ceil(state.roster.size / TRACKER_PEERS_PER_MS));
  return state.round_ms + pause_ms;
}

/** Whether a link is open, and nobody is registered on it. */
export function isStranger(link: TrackerLink | undefined): boolean {
  return link !== undefined && link.stage !== "peer";
}
