/** The edit of a tracker's state that one event makes. */

import type { Effect, Env, LinkId, Notice } from "../core/types.ts";
import { encodeLine, type Line } from "../core/wire/line.ts";
import { TRACKER_ASK_BYTES, TRACKER_WATCH_MS } from "./limits.ts";
import { dropLink, getLink, putLink } from "./links.ts";
import { findRow, isTold, removeRow } from "./roster.ts";
import { isStranger, nextRound, type TrackerLink, type TrackerState } from "./state.ts";

/** What a tracker wants done. */
export type TrackerEffect = Extract<Effect, { kind: "send" | "close" | "notice" | "done" }>;

/** What a tracker may call while it reduces. */
export type TrackerEnv = Pick<Env, "sign" | "verify">;

type Writable<T> = { -readonly [K in keyof T]: T[K] };

/** What one event changes. It is made for one call of the reducer, and thrown away. */
export class TrackerTurn {
  readonly state: Writable<TrackerState>;
  readonly now_ms: number;
  readonly #effects: TrackerEffect[] = [];
  readonly #lines = new Map<LinkId, Uint8Array[]>();
  readonly #closing: LinkId[] = [];
  #done = false;

  constructor(before: TrackerState, now_ms: number, readonly env: TrackerEnv) {
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

  /** Tells the user; whatever is sent goes behind it. */
  notice(notice: Notice): void {
    this.#effects.push({ kind: "notice", notice });
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
  finish(): [TrackerState, TrackerEffect[]] {
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
