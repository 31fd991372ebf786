/** What one event changes: goes through the doors of the rooms, and gathers what is to be done. */

import type { Effect, Env, LinkId } from "../types.ts";
import { reduceBroadcast } from "../broadcast/reduce.ts";
import type { BroadcastEvent, BroadcastOut } from "../broadcast/turn.ts";
import { reduceFlow } from "../flow/reduce.ts";
import type { FlowEvent } from "../flow/turn.ts";
import { reduceGuests } from "../guests/reduce.ts";
import type { GuestEvent, GuestOut } from "../guests/turn.ts";
import { reduceHost } from "../host/reduce.ts";
import type { HostEvent, HostOut } from "../host/turn.ts";
import { reduceLog } from "../log/reduce.ts";
import type { LogEvent, LogOut } from "../log/turn.ts";
import { reduceMembership } from "../membership/reduce.ts";
import type { MembershipEvent, MembershipOut } from "../membership/turn.ts";
import { reduceOutput } from "../output/reduce.ts";
import type { OutputEvent, OutputOut } from "../output/turn.ts";
import { reducePublish } from "../publish/reduce.ts";
import type { PublishEvent, PublishOut } from "../publish/turn.ts";
import { reduceRepair } from "../repair/reduce.ts";
import type { RepairEvent, RepairOut } from "../repair/turn.ts";
import { reduceReplication } from "../replication/reduce.ts";
import type { ReplicationEvent, ReplicationOut } from "../replication/turn.ts";
import { reduceSession } from "../session/reduce.ts";
import type { SessionEvent, SessionOut } from "../session/turn.ts";
import { reduceStorage } from "../storage/reduce.ts";
import type { StorageEvent, StorageOut } from "../storage/turn.ts";
import { reduceUnicast } from "../unicast/reduce.ts";
import type { UnicastEvent, UnicastOut } from "../unicast/turn.ts";
import { encodeLine, type Line } from "../wire/line.ts";
import type { Out } from "../wire/room.ts";
import type { NodeState } from "./state.ts";
import { StateView } from "./view.ts";
import { COUNTS_MAX } from "../data/limits.ts";

/** Everything that a room may hand back. */
export type AnyOut =
  | Out
  | LogOut
  | SessionOut
  | ReplicationOut
  | RepairOut
  | MembershipOut
  | BroadcastOut
  | UnicastOut
  | PublishOut
  | OutputOut
  | GuestOut
  | HostOut
  | StorageOut;

/** What only answers the question that an event is: what is new is stored, and goes to peers now. */
export type Answer = Extract<AnyOut, { kind: "settled" | "relay" }>;

/** What each room takes. */
export interface Events {
  log: LogEvent;
  session: SessionEvent;
  flow: FlowEvent;
  replication: ReplicationEvent;
  repair: RepairEvent;
  membership: MembershipEvent;
  broadcast: BroadcastEvent;
  unicast: UnicastEvent;
  publish: PublishEvent;
  output: OutputEvent;
  guests: GuestEvent;
  storage: StorageEvent;
  host: HostEvent;
}

/** A room that has a door. */
export type Room = keyof Events;

const REDUCERS: {
  readonly [R in Room]: (
    slice: NodeState[R],
    event: Events[R],
    view: StateView,
  ) => readonly [NodeState[R], readonly AnyOut[]];
} = {
  log: reduceLog,
  session: reduceSession,
  flow: reduceFlow,
  replication: reduceReplication,
  repair: reduceRepair,
  membership: reduceMembership,
  broadcast: reduceBroadcast,
  unicast: reduceUnicast,
  publish: reducePublish,
  output: reduceOutput,
  guests: reduceGuests,
  storage: reduceStorage,
  host: reduceHost,
};

/** Says who hears of what a room gives back. */
export type Hand = (turn: NodeTurn, out: AnyOut) => void;

type Writable<T> = { -readonly [K in keyof T]: T[K] };

/**
 * What one event changes. A `NodeTurn` lives for one `reduceNode()` call: it holds the state as it is
 * so far, which is what rooms may read, and gathers the effects. The state that came in is never
 * touched.
 */
export class NodeTurn {
  readonly state: Writable<NodeState>;
  readonly now_ms: number;
  /** What rooms may read. */
  readonly view: StateView;
  readonly #hand: Hand;
  readonly #effects: Effect[] = [];
  readonly #lines = new Map<LinkId, Uint8Array[]>();
  readonly #closing: LinkId[] = [];
  #counts: Map<string, number> | null = null;
  #done: Effect | null = null;

  constructor(before: NodeState, now_ms: number, readonly env: Env, hand: Hand) {
    // A clock that was set back must not undo deadlines.
    this.now_ms = Math.max(before.now_ms, now_ms);
    this.state = { ...before, now_ms: this.now_ms };
    this.view = new StateView(this);
    this.#hand = hand;
  }

  /** Gives an event to one room, and hands on what it gives back. */
  tell<R extends Room>(room: R, event: Events[R]): void {
    for (const out of this.ask(room, event)) this.hand(out);
  }

  /** Gives a room an event that asks something; true where it answers with this, the rest is handed on. */
  answers<R extends Room>(room: R, event: Events[R], answer: Answer["kind"]): boolean {
    let answered = false;
    for (const out of this.ask(room, event)) {
      if (out.kind === answer) answered = true;
      else this.hand(out);
    }
    return answered;
  }

  /** Gives an event to one room; what it gives back is for whoever asks to hand on. */
  ask<R extends Room>(room: R, event: Events[R]): readonly AnyOut[] {
    const [slice, outs] = REDUCERS[room](this.state[room], event, this.view);
    this.state[room] = slice;
    return outs;
  }

  /** Hands on what a room gave back. */
  hand(out: AnyOut): void {
    this.#hand(this, out);
  }

  /** Sends a control line. */
  say(link: LinkId, line: Line): void {
    this.send(link, [encodeLine(line)]);
  }

  /** Says why, and closes a link at the end of the event. */
  close(link: LinkId, code: string, why: string): void {
    if (!this.state.session.links.has(link) || !this.drop(link)) return;
    this.count(`closed:${code}`);
    this.say(link, { k: "bye", code, why });
  }

  /** Sends lines behind what this event sends on the link already. */
  send(link: LinkId, lines: readonly Uint8Array[]): void {
    if (lines.length === 0) return;
    const queue = this.#lines.get(link);
    if (queue === undefined) this.#lines.set(link, [...lines]);
    else for (const line of lines) queue.push(line);
  }

  /** Closes a link at the end of the event, behind what is sent on it; false where it is closing. */
  drop(link: LinkId): boolean {
    if (this.#closing.includes(link)) return false;
    this.#closing.push(link);
    return true;
  }

  /** Adds an effect; whatever is sent goes behind it. */
  effect(effect: Effect): void {
    this.#effects.push(effect);
  }

  /** Ends the node, behind everything else that this event does. */
  end(acknowledged: boolean): void {
    this.#done = { kind: "done", acknowledged };
  }

  count(what: string, times = 1): void {
    const counts = this.#counts ??= new Map(this.state.counts);
    this.state.counts = counts;
    // Others choose the codes of their goodbyes; they must not fill the table with names.
    const name = counts.has(what) || counts.size < COUNTS_MAX ? what : "other";
    counts.set(name, (counts.get(name) ?? 0) + times);
  }

  /** Asks for a tick at a time, or sooner. */
  wakeAt(time_ms: number): void {
    if (time_ms < this.state.wake_ms) this.state.wake_ms = time_ms;
  }

  /** The links that this event closes, and on which it sends. */
  get closing(): readonly LinkId[] {
    return this.#closing;
  }

  get speaking(): readonly LinkId[] {
    return [...this.#lines.keys()];
  }

  /** The state after the event, and what is to be done, sends before closes. */
  finish(): [NodeState, Effect[]] {
    for (const [link, lines] of this.#lines) this.#effects.push({ kind: "send", link, lines });
    for (const link of this.#closing) this.#effects.push({ kind: "close", link });
    if (this.#done !== null) this.#effects.push(this.#done);
    return [this.state, this.#effects];
  }
}
