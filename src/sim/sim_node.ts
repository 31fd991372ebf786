/**
 * One node of a simulation: the very same reducer and effects as in the shell's runtime, driven by a
 * virtual clock. Decides nothing.
 */

import type { Address, Effect, Event, Json, LinkId } from "../core/types.ts";
import type { Notice, Printed, Topic } from "../core/types.ts";
import type { NodeConfig } from "../core/data/config.ts";
import type { StoreBatch } from "../core/data/stored.ts";
import type { App } from "../core/host/app.ts";
import {
  asksForTick,
  initialState,
  isInputOpen,
  type NodeState,
  type reduceNode,
} from "../core/node.ts";
import type { Connection, TransportHandler } from "../shell/net/transport.ts";
import type { Clock } from "./clock.ts";
import type { Signer } from "./crypto.ts";
import type { Cables, Host } from "./cables.ts";
import { SimAlarm } from "./sim_alarm.ts";
import { SimInput } from "./sim_input.ts";
import { type KeyParts, SimKeys } from "./sim_keys.ts";
import { type OutputRate, SimOutput } from "./sim_output.ts";
import type { SimStore } from "./sim_store.ts";
import { SimWork, type Workers } from "./sim_work.ts";

/** What a node is made of. */
export interface SimNodeParts extends KeyParts {
  readonly name: string;
  readonly address: Address;
  readonly config: NodeConfig;
  readonly apps: readonly App[];
  /** What apps do outside the core. */
  readonly workers: Workers;
  readonly seed: number;
  /** What the node stores, and stored before; null without a disk. */
  readonly store: SimStore | null;
  /** How long a commit takes; what is killed meanwhile has perhaps stored it, perhaps not. */
  readonly disk_ms: number;
  readonly clock: Clock;
  /** How far the node's own clock is ahead. */
  readonly clock_ahead_ms: number;
  readonly reduce: typeof reduceNode;
  /** Changes what the node sends, for nodes that lie; it may end the lines, or add some. */
  readonly tamper: Tamper | null;
  readonly cables: Cables;
  /** How fast input is read. */
  readonly input_bytes_per_ms: number;
  /** Told of everything that the node does, and before that of all that it signs. */
  readonly onReduced: ReducedHandler;
  readonly onSigned: SignedHandler;
}

/** Told of an event and what followed; `before` is the state that the event met. */
export type ReducedHandler = (
  node: SimNode,
  event: Event,
  effects: readonly Effect[],
  before: NodeState,
) => void;
/** Told of bytes that a node signs, and of the signature. */
export type SignedHandler = (node: SimNode, bytes: Uint8Array, signature: string) => void;
/** What a node sends on a link, and what is sent instead. */
export type Tamper = (link: LinkId, lines: readonly Uint8Array[]) => readonly Uint8Array[];

/** A tick that asks for the next one at the same time again and again would never end. */
const EVENTS_PER_MS_MAX = 100_000;

export class SimNode implements Host {
  readonly name: string;
  readonly address: Address;
  readonly handler: TransportHandler;
  state: NodeState;
  alive = true;
  /** Everything that was printed. */
  readonly printed: Printed[] = [];
  readonly notices: Notice[] = [];
  /** How it left; null while it has not. */
  acknowledged: boolean | null = null;
  readonly #parts: SimNodeParts;
  readonly #keys: SimKeys;
  readonly #connections = new Map<LinkId, Connection>();
  readonly #links = new Map<Connection, LinkId>();
  readonly #input: SimInput;
  readonly #output: SimOutput;
  readonly #work: SimWork;
  readonly #alarm: SimAlarm;
  /** What is being stored. */
  writing: StoreBatch | null = null;
  /** What happened while the process was stopped; null while it runs. */
  #missed: Untimed<Event>[] | null = null;
  #next_link = 1;
  #next_tag = 1;
  #busy = { at_ms: 0, events: 0 };

  constructor(parts: SimNodeParts) {
    this.#parts = parts;
    this.name = parts.name;
    this.address = parts.address;
    this.state = initialState(parts.config, parts.seed, parts.apps);
    this.#keys = new SimKeys(parts, (bytes, signature) => parts.onSigned(this, bytes, signature));
    const { clock, clock_ahead_ms, input_bytes_per_ms } = parts;
    this.#alarm = new SimAlarm(clock, clock_ahead_ms, () => this.dispatch({ kind: "tick" }));
    this.#input = new SimInput(clock, input_bytes_per_ms, {
      isOpen: () => isInputOpen(this.state),
      publish: ({ topic, items }) => this.publish(topic, items),
    });
    this.#output = new SimOutput(clock, (bytes) => this.dispatch({ kind: "printed", bytes }));
    const { workers, crypto } = parts;
    this.#work = new SimWork(clock, workers, crypto, (worked) => this.dispatch(worked));
    this.handler = {
      opened: (connection, dialled) => this.#opened(connection, dialled),
      dialFailed: (address, why) => this.dispatch({ kind: "dial_failed", address, why }),
      lines: (connection, lines) => {
        const link = this.#links.get(connection);
        if (link !== undefined) this.dispatch({ kind: "lines", link, lines });
      },
      garbled: (connection, code) => {
        const link = this.#links.get(connection);
        if (link !== undefined) this.dispatch({ kind: "garbled", link, code });
      },
      closed: (connection) => this.#closed(connection),
    };
  }

  get id(): string {
    return this.#keys.signer.id;
  }

  /** The time by the node's own clock. */
  get now_ms(): number {
    return this.#alarm.now_ms;
  }

  /** Signs as this node would; for entries that the core itself would never make. */
  get signer(): Signer {
    return this.#keys.signer;
  }

  /** What an earlier run stored comes back, and the node begins. */
  start(host: string, port: number): void {
    const { store } = this.#parts;
    if (store !== null) {
      this.dispatch({ kind: "restored", restored: store.restored });
      this.dispatch({ kind: "loaded", rows: store.rows });
    }
    this.dispatch({ kind: "started", host: null, fallback_host: host, port });
  }

  /** Publishes items at once, whether or not the input is open. */
  publish(topic: Topic, items: readonly Json[]): void {
    const first_tag = this.#next_tag;
    this.#next_tag += items.length;
    this.dispatch({ kind: "publish", topic, items, first_tag });
  }

  /** Wants something of an app. */
  request(app: string, request: Json): void {
    this.dispatch({ kind: "request", app, request, tag: this.#next_tag++ });
  }

  /** Publishes batches of items one after the other, each when the input is open. */
  feed(topic: Topic, batches: Iterable<readonly Json[]>): void {
    this.#input.feed([...batches].map((items) => ({ topic, items })));
  }

  /** Items that wait for the input to open. */
  get unfed(): number {
    return this.#input.unread;
  }

  /** Changes how fast the output takes what is printed. */
  setOutput(rate: OutputRate): void {
    this.#output.setRate(rate);
  }

  /** The node begins to leave. */
  leave(within_ms: number): void {
    this.dispatch({ kind: "leave", deadline_ms: this.now_ms + within_ms });
  }

  /** The process stops, and nothing is lost meanwhile, or it goes on. */
  setPaused(paused: boolean): void {
    if (paused) this.#missed ??= [];
    else {
      const missed = this.#missed ?? [];
      this.#missed = null;
      for (const event of missed) this.dispatch(event);
    }
  }

  /** The node's clock jumps ahead. */
  stepClock(ahead_ms: number): void {
    this.#alarm.step(ahead_ms);
    this.dispatch({ kind: "tick" });
  }

  /** Ends the node without a word. */
  kill(): void {
    this.alive = false;
    this.#parts.cables.abandon(this);
  }

  /** One event, with what follows from it at once. */
  dispatch(event: Untimed<Event>): void {
    if (!this.alive) return;
    if (this.#missed !== null) {
      this.#missed.push(event);
      return;
    }
    const { onReduced, reduce } = this.#parts;
    const queue: Event[] = [{ ...event, now_ms: this.now_ms }];
    for (let next = queue.shift(); next !== undefined; next = queue.shift()) {
      this.#countEvent();
      const before = this.state;
      const [state, effects] = reduce(before, next, this.#keys.env);
      this.state = state;
      if (asksForTick(state, next)) this.#alarm.soon();
      onReduced(this, next, effects, before);
      // The buffer of a read is used again; the core must have copied what it keeps.
      if (next.kind === "lines") { for (const line of next.lines) line.fill(0x7e); }
      // Answers go first, so that a link's lines stay in order.
      let answers: Event[] = NOTHING;
      for (const effect of effects) {
        const more = this.#perform(effect);
        if (more.length > 0) answers = answers.length === 0 ? more : [...answers, ...more];
      }
      if (answers.length > 0) queue.unshift(...answers);
    }
    this.#alarm.set(this.state.wake_ms);
    this.#input.readOn();
  }

  #opened(connection: Connection, dialled: Address | null): void {
    const link = this.#next_link++;
    this.#connections.set(link, connection);
    this.#links.set(connection, link);
    const { local_host, remote_host, lossy = false } = connection;
    const nonce = `${this.name}-${link}`;
    this.dispatch({ kind: "opened", link, dialled, local_host, remote_host, lossy, nonce });
  }

  #closed(connection: Connection): void {
    const link = this.#links.get(connection);
    if (link === undefined) return;
    this.#links.delete(connection);
    this.#connections.delete(link);
    this.dispatch({ kind: "closed", link });
  }

  /** Carries out an effect; what can be answered at once is. */
  #perform(effect: Effect): Event[] {
    const { clock, cables, store, tamper } = this.#parts;
    switch (effect.kind) {
      case "send": {
        const lines = tamper === null ? effect.lines : tamper(effect.link, effect.lines);
        this.#connections.get(effect.link)?.send(lines);
        return NOTHING;
      }
      case "close":
        this.#connections.get(effect.link)?.close();
        return NOTHING;
      case "dial":
        cables.dial(this, effect.address);
        return NOTHING;
      case "persist":
        return this.#store(store!, effect.batch);
      case "quarantine":
        store!.quarantine(effect.arrivals);
        return NOTHING;
      case "renew":
        this.#keys.renew();
        return [{ kind: "renewed", now_ms: this.now_ms, id: this.id }];
      case "work":
        this.#work.begin(effect);
        return NOTHING;
      case "cancel":
        this.#work.cancel(effect.job);
        return NOTHING;
      case "print":
        this.printed.push(...effect.records);
        this.#output.print(effect.bytes);
        return NOTHING;
      case "notice":
        this.notices.push(effect.notice);
        return NOTHING;
      case "done":
        this.acknowledged = effect.acknowledged;
        clock.at(clock.now_ms, "work", () => this.kill());
        return NOTHING;
    }
  }

  #store(store: SimStore, batch: StoreBatch): Event[] {
    const { clock, disk_ms } = this.#parts;
    if (disk_ms === 0) {
      return [{ kind: "stored", now_ms: this.now_ms, fault: store.commit(batch) }];
    }
    this.writing = batch;
    clock.stir(clock.now_ms + disk_ms);
    clock.at(clock.now_ms + disk_ms, "work", () => {
      if (!this.alive) return;
      this.writing = null;
      this.dispatch({ kind: "stored", fault: store.commit(batch) });
    });
    return NOTHING;
  }

  #countEvent(): void {
    const at_ms = this.#parts.clock.now_ms;
    if (this.#busy.at_ms !== at_ms) this.#busy = { at_ms, events: 0 };
    if (++this.#busy.events > EVENTS_PER_MS_MAX) throw new Error(`${this.name} never rests`);
  }
}

/** Most effects need no answer. */
const NOTHING: Event[] = [];

type Untimed<T> = T extends unknown ? Omit<T, "now_ms"> : never;
