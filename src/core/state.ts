/** The state of a node: one slice a room; and the edit of it that one event makes. */

import type { Effect, Env, LinkId, NodeConfig } from "./types.ts";
import { type Broadcast, newBroadcast } from "./broadcast/slice.ts";
import { type Flow, newFlow } from "./flow/slice.ts";
import { answerTo } from "./guests/questions.ts";
import { type Guests, newGuests } from "./guests/slice.ts";
import type { Answer } from "./guests/questions.ts";
import type { App } from "./host/app.ts";
import { type Host, newHost, recordsOf, topicRules } from "./host/slice.ts";
import { appView } from "./host/turn.ts";
import { emptyLog, type LogState } from "./log/slice.ts";
import { type Membership, newMembership } from "./membership/slice.ts";
import { newOutput, type Output, type Records } from "./output/slice.ts";
import { newPublish, type Publish } from "./publish/slice.ts";
import { newRepair, type Repair } from "./repair/slice.ts";
import { newReplication, type Replication } from "./replication/slice.ts";
import { newSessions, type Sessions } from "./session/slice.ts";
import { newStorage, type Storage } from "./storage/slice.ts";
import { newUnicast, type Unicast } from "./unicast/slice.ts";
import { nextRandom } from "./data/random.ts";
import { COUNTS_MAX } from "./data/limits.ts";

/** Each field but the first four belongs to the room of its name, and is written by it alone. */
export interface NodeState {
  /** Never changes. */
  readonly config: NodeConfig;
  readonly now_ms: number;
  /** When the next tick is due even if nothing happens. */
  readonly wake_ms: number;
  /** How often each thing happened: rejected lines, forks, ... */
  readonly counts: ReadonlyMap<string, number>;
  readonly log: LogState;
  readonly session: Sessions;
  readonly flow: Flow;
  readonly replication: Replication;
  readonly repair: Repair;
  readonly membership: Membership;
  readonly broadcast: Broadcast;
  readonly unicast: Unicast;
  readonly publish: Publish;
  readonly output: Output;
  readonly guests: Guests;
  readonly storage: Storage;
  readonly host: Host;
}

/** A node before anything happened, with its apps. `seed` makes its randomness. */
export function initialState(config: NodeConfig, seed: number, apps: readonly App[]): NodeState {
  const log = emptyLog(config.id, topicRules(apps));
  const host = newHost(apps, config);
  const joins = config.join.length + config.trackers.length > 0;
  // Rooms draw from generators of their own, so that one does not change what another draws.
  const [, second] = nextRandom(seed | 0);
  return {
    config,
    now_ms: 0,
    wake_ms: Infinity,
    counts: new Map(),
    log,
    session: newSessions(config.advertise),
    flow: newFlow(),
    replication: newReplication(),
    repair: newRepair(),
    membership: newMembership(seed | 0),
    broadcast: newBroadcast(~second),
    unicast: newUnicast(),
    publish: newPublish(),
    output: newOutput(joins && config.front.history !== null),
    guests: newGuests(),
    storage: newStorage({ log, states: host.states }),
    host,
  };
}

type Writable<T> = { -readonly [K in keyof T]: T[K] };

/**
 * What one event changes. A `Turn` lives for one `reduceNode()` call: it holds the state as it is so
 * far, which is what rooms may read, and gathers the effects. The state that came in is never touched.
 */
export class Turn {
  readonly state: Writable<NodeState>;
  readonly now_ms: number;
  readonly #effects: Effect[] = [];
  readonly #lines = new Map<LinkId, Uint8Array[]>();
  readonly #closing: LinkId[] = [];
  #counts: Map<string, number> | null = null;
  #done: Effect | null = null;

  constructor(before: NodeState, now_ms: number, readonly env: Env) {
    // A clock that was set back must not undo deadlines.
    this.now_ms = Math.max(before.now_ms, now_ms);
    this.state = { ...before, now_ms: this.now_ms };
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

  get speaking(): Iterable<LinkId> {
    return this.#lines.keys();
  }

  /** The state after the event, and what is to be done, sends before closes. */
  finish(): [NodeState, Effect[]] {
    for (const [link, lines] of this.#lines) this.#effects.push({ kind: "send", link, lines });
    for (const link of this.#closing) this.#effects.push({ kind: "close", link });
    if (this.#done !== null) this.#effects.push(this.#done);
    return [this.state, this.#effects];
  }
}

/** What rooms, and whoever looks at a node from outside, may read of a state. */
export class StateView {
  constructor(
    protected readonly of: { readonly state: NodeState; readonly env: Env },
  ) {}

  get config(): NodeConfig {
    return this.of.state.config;
  }
  get env(): Env {
    return this.of.env;
  }
  get now_ms(): number {
    return this.of.state.now_ms;
  }
  get counts(): ReadonlyMap<string, number> {
    return this.of.state.counts;
  }
  get log(): LogState {
    return this.of.state.log;
  }
  get session(): Sessions {
    return this.of.state.session;
  }
  get flow(): Flow {
    return this.of.state.flow;
  }
  get replication(): Replication {
    return this.of.state.replication;
  }
  get repair(): Repair {
    return this.of.state.repair;
  }
  get membership(): Membership {
    return this.of.state.membership;
  }
  get broadcast(): Broadcast {
    return this.of.state.broadcast;
  }
  get unicast(): Unicast {
    return this.of.state.unicast;
  }
  get publish(): Publish {
    return this.of.state.publish;
  }
  get output(): Output {
    return this.of.state.output;
  }
  get guests(): Guests {
    return this.of.state.guests;
  }
  get storage(): Storage {
    return this.of.state.storage;
  }
  get host(): Host {
    return this.of.state.host;
  }

  /** What the app has to print that this node prints. */
  get records(): Records {
    return recordsOf(this.host.apps, this.host.states, this.config.front.app);
  }

  /** The same, as it was stored last. */
  get settled_records(): Records {
    return recordsOf(this.host.apps, this.storage.settled.states, this.config.front.app);
  }

  /** Which right a guest needs to hand requests to an app; null where there is no such app. */
  rightFor(name: string): NonNullable<App["requests"]> | null {
    const app = this.host.apps.find((one) => one.name === name);
    return app === undefined ? null : app.requests ?? "own";
  }

  /** What an app answers to a question, from what it made of what is stored. */
  appAnswer(question: string): Answer | null {
    for (const app of this.host.apps) {
      const asked = app.questions?.[question];
      if (asked === undefined || !Object.hasOwn(app.questions!, question)) continue;
      const state = this.storage.settled.states.get(app.name), view = appView(this);
      return {
        right: asked.right,
        names: (args) => asked.names(state, args, view),
        row: (name) => asked.row(state, name, view),
      };
    }
    return null;
  }

  /** Everything that is answered to a question, for whoever asks from inside; null for no such. */
  answers(question: string, args: readonly string[] = []): (readonly string[])[] | null {
    const answer = answerTo(this, question);
    return answer === null ? null : answer.names(args).map(answer.row);
  }
}
