/** The state of a node, and the edit of it that one event makes. */

import type {
  Address,
  Effect,
  Env,
  Gap,
  Id,
  Json,
  LinkId,
  NodeConfig,
  Notice,
  Printed,
  Topic,
} from "./types.ts";
import { emptyLog, type LogState } from "./log/log.ts";
import type { Watch } from "./membership/presence.ts";
import type { Tracker } from "./membership/trackers.ts";
import type { Branch } from "./broadcast/branch.ts";
import type { Ahead } from "./broadcast/spreading.ts";
import type { Route } from "./unicast/routes.ts";
import type { Outgoing } from "./unicast/sender.ts";
import type { Incoming } from "./unicast/receiver.ts";
import { newStorage, type Storage } from "./storage/storage.ts";
import type { Restoring } from "./storage/restore.ts";
import { encodeLine, type Line } from "./wire/line.ts";
import type { EntryFields } from "./log/entry.ts";
import type { Link } from "./session/link.ts";
import { type Members, noMembers } from "./membership/members.ts";
import { emptyLedger, type Ledger } from "./apps/ledger.ts";
import { type Front, newFront } from "./output/front.ts";
import { nextRandom, type Random } from "./data/random.ts";
import { type Backoff, NO_BACKOFF } from "./broadcast/backoff.ts";
import { COUNTS_MAX, DIALS_PER_SECOND } from "./data/limits.ts";

/** Items that wait to become an entry of one topic. */
export interface Draft {
  readonly items: readonly DraftItem[];
  readonly bytes: number;
  /** The entry whose signature is being made; one at a time, because the next names its hash. */
  readonly signing: { readonly fields: EntryFields; readonly unsigned: Uint8Array } | null;
}

export interface DraftItem {
  readonly item: Json;
  /** About how long it is on the wire. */
  readonly bytes: number;
  /** The guest's request that it belongs to, or "". */
  readonly request: string;
}

/** A guest's items that are to be held by `ack` nodes. */
export interface Request {
  readonly link: LinkId;
  readonly number: number;
  readonly topic: Topic;
  readonly ack: number;
  /** Items that are not in an entry yet. */
  readonly open: number;
  /** The last entry that holds one of them. */
  readonly seq: number;
}

/** A join under way. */
export interface Joining {
  readonly rest: readonly Address[];
  readonly address: Address;
  readonly link: LinkId | null;
  readonly deadline_ms: number;
  /** What the peer had when it was joined: history, up to here. */
  readonly target: readonly (readonly [string, number])[];
  readonly target_complete: boolean;
  /** How many of the targets, from the end, are still to be reached. */
  readonly open: number;
  readonly arrivals: number;
}

/** A gap that a peer offered. */
export interface Offer {
  readonly gap: Gap;
  readonly link: LinkId;
  readonly since_ms: number;
  /** Whether the entry behind it was asked for. */
  readonly asked: boolean;
}

/** What may be shown to others, and printed. */
export interface Settled {
  readonly log: LogState;
  readonly ledger: Ledger;
}

/** Private messages that were delivered and are to be printed. */
export interface Letters {
  readonly records: readonly Extract<Printed, { kind: "private" }>[];
  readonly bytes: number;
}

export interface NodeState {
  readonly config: NodeConfig;
  readonly phase: "starting" | "joining" | "running" | "leaving" | "goodbye" | "done";
  readonly address: Address | null;
  readonly fallback_host: string;
  readonly port: number;
  readonly random: Random;
  /** Everything that was delivered. */
  readonly log: LogState;
  readonly ledger: Ledger;
  /** The same as of the last time that all of it was stored; without a store, as of this tick. */
  readonly settled: Settled;
  readonly storage: Storage;
  /** Null once everything from an earlier run was loaded. */
  readonly restoring: Restoring | null;
  /** The names of all accounts, sorted; made again when somebody asks and there are more. */
  readonly accounts: { readonly names: readonly string[]; readonly taken_back: number };
  readonly front: Front;
  readonly links: ReadonlyMap<LinkId, Link>;
  readonly backoff: Backoff;
  readonly members: Members;
  /** Members that are missed, or called suspect by others. */
  readonly watched: ReadonlyMap<Id, Watch>;
  /** When this node last said that it lives because somebody doubted it, and when it must again. */
  readonly answer: { readonly said_ms: number; readonly due_ms: number };
  /** When those who are linked and called failed may be asked again to speak. */
  readonly revive_ms: number;
  readonly trackers: ReadonlyMap<Address, Tracker>;
  /** Where what is for an origin goes next, if there is no link to it. */
  readonly routes: ReadonlyMap<Id, Route>;
  /** How the entries of each origin travel here. */
  readonly branches: ReadonlyMap<Id, Branch>;
  /** Logs, by their keys, of which peers have more. */
  readonly ahead: ReadonlyMap<string, Ahead>;
  /** Private messages that are not acknowledged, by their recipients. */
  readonly outgoing: ReadonlyMap<Id, Outgoing>;
  /** What they cost, in bytes. */
  readonly posted_bytes: number;
  /** How far the private messages of each sender were read. */
  readonly incoming: ReadonlyMap<Id, Incoming>;
  /** What those cost, in bytes, that wait for others before them. */
  readonly early_bytes: number;
  /** Whether some sender is to be told how far it was read. */
  readonly owes_acks: boolean;
  /** Private messages that are to be printed. */
  readonly letters: Letters;
  /** Number of the last packet that this run sealed for anybody. */
  readonly packets: number;
  readonly joining: Joining | null;
  /** Where the addresses to join come from now. */
  readonly join_stage: "given" | "trackers" | "book" | "none";
  /** Whether the key may have signed more than is known here. */
  readonly stale: boolean;
  /** When a node that is stale may trust what its peers had. */
  readonly trusted_ms: number;
  /** Whether a new key is being made. */
  readonly renewing: boolean;
  readonly dialling: ReadonlyMap<Address, Id | "">;
  readonly dial_budget: number;
  readonly dial_budget_ms: number;
  /** When the overlay is looked at next; 0 for at once. */
  readonly overlay_ms: number;
  /** Who answered at the addresses to join. */
  readonly join_ids: ReadonlyMap<Address, Id>;
  /** When the addresses to join are tried again. */
  readonly rejoin_ms: number;
  /** When those who are gone are looked through. */
  readonly forget_ms: number;
  readonly drafts: ReadonlyMap<Topic, Draft>;
  readonly requests: ReadonlyMap<string, Request>;
  /** For each own log, what some peer is known to hold. */
  readonly acknowledged: readonly number[];
  readonly offers: ReadonlyMap<string, Offer>;
  /** When entries that wait for a cause are looked at next. */
  readonly pending_ms: number;
  readonly leave_deadline_ms: number;
  /** When the next tick is due even if nothing happens. */
  readonly wake_ms: number;
  readonly now_ms: number;
  /** How often each thing happened: rejected lines, forks, ... */
  readonly counts: ReadonlyMap<string, number>;
}

/** A node before anything happened. `seed` makes its randomness. */
export function initialState(config: NodeConfig, seed: number): NodeState {
  return {
    config,
    phase: "starting",
    address: config.advertise,
    fallback_host: "127.0.0.1",
    port: 0,
    random: seed | 0,
    log: emptyLog(config.id),
    ledger: emptyLedger(),
    settled: { log: emptyLog(config.id), ledger: emptyLedger() },
    storage: newStorage(),
    restoring: null,
    accounts: { names: [], taken_back: 0 },
    front: newFront(config.front, config.join.length + config.trackers.length > 0),
    links: new Map(),
    backoff: NO_BACKOFF,
    members: noMembers(),
    watched: new Map(),
    answer: { said_ms: 0, due_ms: Infinity },
    revive_ms: 0,
    trackers: new Map(),
    routes: new Map(),
    branches: new Map(),
    ahead: new Map(),
    outgoing: new Map(),
    posted_bytes: 0,
    incoming: new Map(),
    early_bytes: 0,
    owes_acks: false,
    letters: { records: [], bytes: 0 },
    packets: 0,
    joining: null,
    join_stage: "given",
    stale: false,
    trusted_ms: 0,
    renewing: false,
    dialling: new Map(),
    dial_budget: DIALS_PER_SECOND,
    dial_budget_ms: 0,
    overlay_ms: 0,
    join_ids: new Map(),
    rejoin_ms: 0,
    forget_ms: 0,
    drafts: new Map(),
    requests: new Map(),
    acknowledged: [],
    offers: new Map(),
    pending_ms: Infinity,
    leave_deadline_ms: Infinity,
    wake_ms: Infinity,
    now_ms: 0,
    counts: new Map(),
  };
}

/** Fields of the state that are maps, and change by a key at a time. */
type MapField =
  | "links"
  | "counts"
  | "requests"
  | "drafts"
  | "dialling"
  | "offers"
  | "watched"
  | "join_ids"
  | "trackers"
  | "routes"
  | "branches"
  | "ahead"
  | "outgoing"
  | "incoming";
type OwnMap<M> = M extends ReadonlyMap<infer K, infer V> ? Map<K, V> : never;
type Writable<T> = { -readonly [K in keyof T]: T[K] };

/**
 * What one event changes. A `Turn` lives for one `reduceNode()` call: it copies each structure the
 * first time it changes it, collects the effects, and is thrown away. The state that came in is
 * never touched.
 */
export class Turn {
  readonly #effects: Effect[] = [];
  readonly #lines = new Map<LinkId, Uint8Array[]>();
  readonly #closing: LinkId[] = [];
  readonly state: Writable<NodeState>;
  /** The maps that this event copied already. */
  readonly #owned = new Set<MapField>();

  #done: Effect | null = null;
  readonly now_ms: number;

  constructor(before: NodeState, now_ms: number, readonly env: Env) {
    // A clock that was set back must not undo deadlines.
    this.now_ms = Math.max(before.now_ms, now_ms);
    this.state = { ...before, now_ms: this.now_ms };
  }

  /** A map of the state that this event may change; copied the first time. */
  own<F extends MapField>(field: F): OwnMap<NodeState[F]> {
    if (!this.#owned.has(field)) {
      // The compiler cannot see that the field of this name holds a map of this type.
      this.state[field] = new Map(this.state[field] as ReadonlyMap<never, never>) as never;
      this.#owned.add(field);
    }
    return this.state[field] as never;
  }

  /** Replaces a link. */
  setLink(link: Link): Link {
    this.own("links").set(link.id, link);
    return link;
  }

  /** Forgets a link. */
  deleteLink(id: LinkId): void {
    this.own("links").delete(id);
  }

  /** Sends control lines behind what this event sends on the link already. */
  send(id: LinkId, ...lines: Line[]): void {
    this.sendBytes(id, lines.map(encodeLine));
  }

  /** Sends lines as they are. */
  sendBytes(id: LinkId, lines: readonly Uint8Array[]): void {
    if (lines.length === 0) return;
    const queue = this.#lines.get(id);
    if (queue === undefined) this.#lines.set(id, [...lines]);
    else for (const line of lines) queue.push(line);
  }

  /** Says why, and closes a link at the end of the event. */
  close(id: LinkId, code: string, why: string): void {
    if (!this.state.links.has(id) || this.#closing.includes(id)) return;
    this.count(`closed:${code}`);
    this.send(id, { k: "bye", code, why });
    this.#closing.push(id);
  }

  /** Closes a link at the end of the event without a word. */
  drop(id: LinkId): void {
    if (!this.#closing.includes(id)) this.#closing.push(id);
  }

  /** Adds an effect; whatever is sent goes behind it. */
  effect(effect: Effect): void {
    this.#effects.push(effect);
  }

  /** Ends the node, behind everything else that this event does. */
  end(acknowledged: boolean): void {
    this.state.phase = "done";
    this.#done = { kind: "done", acknowledged };
  }

  notice(notice: Notice): void {
    this.#effects.push({ kind: "notice", notice });
  }

  count(what: string, times = 1): void {
    const counts = this.own("counts");
    // Others choose the codes of their goodbyes; they must not fill the table with names.
    const name = counts.has(what) || counts.size < COUNTS_MAX ? what : "other";
    counts.set(name, (counts.get(name) ?? 0) + times);
  }

  /** A random number in [0, 1). */
  draw(): number {
    const [value, next] = nextRandom(this.state.random);
    this.state.random = next;
    return value;
  }

  /** Asks for a tick at a time, or sooner. */
  wakeAt(time_ms: number): void {
    if (time_ms < this.state.wake_ms) this.state.wake_ms = time_ms;
  }

  /** The links that this event closes; whoever ends the event forgets them. */
  get closing(): readonly LinkId[] {
    return this.#closing;
  }

  /** The state after the event, and what is to be done, sends before closes. */
  finish(): [NodeState, Effect[]] {
    for (const [link, lines] of this.#lines) {
      this.#effects.push({ kind: "send", link, lines });
      const known = this.state.links.get(link);
      if (known && known.spoke_ms !== this.now_ms) {
        this.setLink({ ...known, spoke_ms: this.now_ms });
      }
    }
    for (const link of this.#closing) this.#effects.push({ kind: "close", link });
    if (this.#done !== null) this.#effects.push(this.#done);
    return [this.state, this.#effects];
  }
}
