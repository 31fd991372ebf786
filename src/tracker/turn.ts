/** The state of a tracker, and the edit of it that one event makes. */

import type { Address, Effect, Id, LinkId, Notice } from "../core/types.ts";
import { encodeLine, type Line } from "../core/wire/line.ts";
import { SharedMap } from "../core/data/shared_map.ts";
import { type Buckets, dropLink, getLink, noLinks, putLink } from "./links.ts";
import { emptyRoster, findRow, isTold, removeRow, type Roster } from "./roster.ts";
import {
  TRACKER_ASK_BYTES,
  TRACKER_LINES_BURST,
  TRACKER_PEERS_PER_MS,
  TRACKER_ROUND_MS,
  TRACKER_WATCH_MS,
} from "../core/data/limits.ts";

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
  readonly proof_sent: boolean;
  readonly proof_good: boolean;
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
    proof_sent: false,
    proof_good: false,
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

type Writable<T> = { -readonly [K in keyof T]: T[K] };

/** What one event changes. It is made for one call of the reducer, and thrown away. */
export class TrackerTurn {
  readonly state: Writable<TrackerState>;
  readonly now_ms: number;
  readonly #effects: Effect[] = [];
  readonly #lines = new Map<LinkId, Uint8Array[]>();
  readonly #closing: LinkId[] = [];
  #done = false;

  constructor(before: TrackerState, now_ms: number) {
    // A clock that was set back must not undo deadlines.
    this.now_ms = Math.max(before.now_ms, now_ms);
    this.state = { ...before, now_ms: this.now_ms };
  }

  /** A link that is open. */
  link(id: LinkId): TrackerLink | undefined {
    return getLink(this.state.links, id);
  }

  /** Adds or replaces a link. */
  setLink(link: TrackerLink): TrackerLink {
    const before = this.link(link.id);
    this.state.links = putLink(this.state.links, link);
    this.#countStranger(link.remote_host, Number(isStranger(link)) - Number(isStranger(before)));
    return link;
  }

  /** Sends control lines. */
  send(id: LinkId, ...lines: Line[]): void {
    this.sendBytes(id, lines.map(encodeLine));
  }

  /** Sends lines as they are. */
  sendBytes(id: LinkId, lines: readonly Uint8Array[]): void {
    const link = this.link(id);
    if (link === undefined || lines.length === 0) return;
    const sent_bytes = lines.reduce((sum, line) => sum + line.length, link.sent_bytes);
    this.setLink({ ...link, sent_bytes });
    const queue = this.#lines.get(id);
    if (queue === undefined) this.#lines.set(id, [...lines]);
    else queue.push(...lines);
    // Whether it reads at all is looked at soon.
    if (sent_bytes - link.read_bytes >= TRACKER_ASK_BYTES) {
      this.watchBy(this.now_ms + TRACKER_WATCH_MS);
    }
  }

  /** Says why, and closes a link. */
  close(id: LinkId, code: string, why: string): void {
    this.send(id, { k: "bye", code, why });
    this.drop(id);
  }

  /** Closes a link without a word, and forgets it. */
  drop(id: LinkId): void {
    const link = this.link(id);
    if (link === undefined) return;
    this.forget(link);
    this.#closing.push(id);
  }

  /** Forgets a link; whoever was registered on it no longer is. */
  forget(link: TrackerLink): void {
    const { state } = this;
    state.links = dropLink(state.links, link.id);
    this.#countStranger(link.remote_host, -Number(isStranger(link)));
    if (findRow(state.roster, link.peer)?.link !== link.id) return;
    state.roster = removeRow(state.roster, link.peer);
  }

  /** Adds an effect; whatever is sent goes behind it. */
  effect(effect: Effect): void {
    this.#effects.push(effect);
  }

  notice(notice: Notice): void {
    this.effect({ kind: "notice", notice });
  }

  /** Ends the tracker, behind everything else that this event does. */
  end(): void {
    this.state.phase = "done";
    this.#done = true;
  }

  /** Asks for a look at all links at a time, or sooner. */
  watchBy(time_ms: number): void {
    this.state.watch_ms = Math.min(this.state.watch_ms, time_ms);
  }

  /** The state after the event, and what is to be done, sends before closes. */
  finish(): [TrackerState, Effect[]] {
    const { state } = this;
    const round_ms = isTold(state.roster) ? Infinity : nextRound(state);
    const due_ms = state.phase === "done" ? Infinity : Math.min(state.watch_ms, round_ms);
    state.wake_ms = Math.max(this.now_ms, due_ms);
    for (const [link, lines] of this.#lines) this.#effects.push({ kind: "send", link, lines });
    for (const link of this.#closing) this.#effects.push({ kind: "close", link });
    if (this.#done) this.#effects.push({ kind: "done", acknowledged: true });
    return [state, this.#effects];
  }

  #countStranger(host: string, more: number): void {
    if (more === 0) return;
    const { state } = this;
    const count = (state.hosts.get(host) ?? 0) + more;
    state.strangers += more;
    state.hosts = count === 0 ? state.hosts.delete(host) : state.hosts.set(host, count);
  }
}

/** When everybody may be told of changes: the more there are, the more a round must gather. */
export function nextRound(state: TrackerState): number {
  const pause_ms = Math.max(TRACKER_ROUND_MS, Math.ceil(state.roster.size / TRACKER_PEERS_PER_MS));
  return state.round_ms + pause_ms;
}

function isStranger(link: TrackerLink | undefined): boolean {
  return link !== undefined && link.stage !== "peer";
}
