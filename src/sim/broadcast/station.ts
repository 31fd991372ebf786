/**
 * One node of a broadcast simulation: nothing but its links, how far it has each log, and the slice of
 * the core's own broadcast. What is pushed where, pruned and grafted is decided by the very functions
 * of a node; the rest is what a node does around them, without signatures and membership, so that ten
 * thousand fit into one process.
 */

import { HERE } from "../../core/broadcast/branch.ts";
import { closeLink, graftMissing, takeAnnounced } from "../../core/broadcast/graft.ts";
import {
  sendPrunes,
  takeAgain,
  takeFirst,
  takeGraft,
  takePrune,
} from "../../core/broadcast/push.ts";
import { relay, takeDelivered } from "../../core/broadcast/relay.ts";
import { newBroadcast } from "../../core/broadcast/slice.ts";
import { logKey } from "../../core/log/entry.ts";
import { ACK_DELAY_MS, LAZY_MS, LOSSY_ACK_MS, RESEND_MS } from "../../core/data/limits.ts";
import type { LinkId } from "../../core/types.ts";
import type { Line } from "../../core/wire/line.ts";
import type { Air } from "./air.ts";
import { type Entry, MARK } from "./entry.ts";
import type { Reach } from "./logs.ts";
import { StationTurn, StationView } from "./station_view.ts";
import type { Wire } from "./wire.ts";

/** Bytes of an entry: a short line. */
const ENTRY_BYTES = 300;

/** An entry that came, and how. */
interface Arrival {
  readonly hops: number;
  readonly from: number;
}

export class Station {
  readonly wires: Wire<Station>[] = [];
  alive = true;
  /** How far it has each log. */
  readonly clock: number[] = [];
  readonly #air: Air;
  readonly #turn: StationTurn;
  #relays = false;
  /** What came before an entry before it. */
  readonly #waiting = new Map<Entry, Arrival>();
  #relaying: Entry[] = [];
  #untold: Entry[] = [];
  #tick_ms = -1;
  #wake_ms = Infinity;

  constructor(
    readonly number: number,
    air: Air,
    seed: number,
  ) {
    this.#air = air;
    this.#turn = new StationTurn(newBroadcast(seed), new StationView(air, this.clock, this.wires), {
      send: (link, line) => this.#sendLine(link, line),
      wakeAt: (at_ms) => this.#wakeAt(at_ms),
      relay: () => this.#relays = true,
    });
  }

  /** Makes an entry. */
  say(entry: Entry): void {
    takeFirst(this.#turn, HERE, [this.#head(entry)]);
    this.#deliver(entry, { hops: 0, from: -1 }, true);
  }

  /** Links broke, all at once. */
  lose(links: readonly LinkId[]): void {
    for (const link of links) this.wires[link - 1].up = false;
    for (const link of links) closeLink(this.#turn, link);
  }

  /** A new link: this end says what it has of the logs that somebody misses something of. */
  meet(link: LinkId): void {
    const wire = this.wires[link - 1];
    if (!this.alive || !wire.up) return;
    const clock = this.#air.logs.open.map((log) => this.#reach(log));
    this.#air.send("have", wire, () => wire.far.#takeClock(wire.back, clock));
  }

  /** Nothing is under way any more: what did not come so far never will. */
  settle(): void {
    for (const log of this.#air.logs.open) this.clock[log] = this.#air.logs.lastOf(log);
    this.#waiting.clear();
  }

  /** Whether what is new goes on now. */
  #mayRelay(): boolean {
    this.#relays = false;
    relay(this.#turn);
    return this.#relays;
  }

  #sendLine(link: LinkId, line: Line): void {
    const wire = this.wires[link - 1], { far, back } = wire;
    if (line.k === "prune") {
      this.#air.send("prune", wire, () => far.#takePrune(back, line.o));
    } else if (line.k === "graft") {
      this.#air.send("graft", wire, () => far.#takeGraft(back, line.c));
    } else throw new Error(`Spreading sends no ${line.k}`);
  }

  /** Whether something that was sent on a link still arrives. */
  #hears(link: LinkId): boolean {
    return this.alive && this.wires[link - 1].up;
  }

  #head({ log }: Entry): { readonly origin: string } {
    return this.#air.logs.heads[log];
  }

  #reach(log: number): Reach {
    return [this.#air.logs.keyOf(log), this.clock[log]];
  }

  #takePayload(link: LinkId, entry: Entry, hops: number): void {
    if (!this.#hears(link)) return;
    const { log, seq } = entry, wire = this.wires[link - 1], head = this.#head(entry);
    this.#learn(wire, log, seq);
    this.#owe(wire, log);
    if (seq <= this.clock[log]) {
      takeAgain(this.#turn, link, head.origin);
      return this.#pruneSoon();
    }
    takeFirst(this.#turn, link, [head]);
    if (!this.#waiting.has(entry)) this.#waiting.set(entry, { hops, from: wire.far.number });
    this.#deliverWaiting(log);
  }

  /** Delivers what came of a log, each entry behind the one before it. */
  #deliverWaiting(log: number): void {
    const { logs } = this.#air, last = logs.lastOf(log);
    for (let seq = this.clock[log] + 1; seq <= last; seq++) {
      const entry = logs.find(log, seq), arrival = this.#waiting.get(entry);
      if (arrival === undefined) return;
      this.#waiting.delete(entry);
      this.#deliver(entry, arrival, false);
    }
  }

  #deliver(entry: Entry, { hops, from }: Arrival, own: boolean): void {
    this.clock[entry.log] = entry.seq;
    entry.arrived_ms[this.number] = this.#air.now_ms - entry.born_ms;
    entry.hops[this.number] = hops;
    entry.from[this.number] = from;
    entry.reached++;
    takeDelivered(this.#turn, ENTRY_BYTES, own);
    this.#relaying.push(entry);
    if (this.#untold.length === 0) this.#air.after(LAZY_MS, () => this.#announce());
    this.#untold.push(entry);
    this.#scheduleTick();
  }

  /** A peer has a log up to an entry. */
  #learn({ end }: Wire<Station>, log: number, last: number): void {
    const { logs } = this.#air, settled = logs.settledOf(log);
    for (let seq = last; seq > settled; seq--) {
      const { marks } = logs.find(log, seq);
      if ((marks[end] & MARK.known) !== 0) return;
      marks[end] |= MARK.known;
    }
  }

  /** What came is acknowledged a while later, together. */
  #owe(wire: Wire<Station>, log: number): void {
    if (wire.owed.includes(log)) return;
    wire.owed = [...wire.owed, log];
    if (wire.owed.length > 1) return;
    this.#air.after(this.#air.loss > 0 ? LOSSY_ACK_MS : ACK_DELAY_MS, () => {
      const { owed } = wire;
      wire.owed = [];
      this.#sendHave(wire, owed);
    });
  }

  #sendHave(wire: Wire<Station>, logs: readonly number[]): void {
    const { up, far, back } = wire, clock = logs.map((log) => this.#reach(log));
    if (this.alive && up) this.#air.send("have", wire, () => far.#takeHave(back, clock));
  }

  /** Tells lazy links of what is new, where the peer is not known to have it. */
  #announce(): void {
    const untold = this.#untold;
    this.#untold = [];
    for (const wire of this.wires) {
      const news = untold.filter((entry) => entry.marks[wire.end] === 0);
      if (news.length > 0) this.#sendHave(wire, [...new Set(news.map(({ log }) => log))]);
    }
  }

  #takeHave(link: LinkId, clock: readonly Reach[]): void {
    if (!this.#hears(link)) return;
    const wire = this.wires[link - 1], { logs } = this.#air;
    for (const [key, seq] of clock) this.#learn(wire, logs.keys.find(key), seq);
    takeAnnounced(this.#turn, link, clock);
  }

  /** A whole clock: what the peer lacks is sent, unless the link is lazy. */
  #takeClock(link: LinkId, clock: readonly Reach[]): void {
    if (!this.#hears(link)) return;
    for (const [key, seq] of clock) {
      const log = this.#air.logs.keys.find(key);
      this.#learn(this.wires[link - 1], log, seq);
      const { origin } = this.#air.logs.heads[log];
      if (!this.#turn.slice.trees.get(origin)?.lazy.has(link)) this.#pushFrom(link, log, seq + 1);
    }
  }

  #takePrune(link: LinkId, origins: readonly string[]): void {
    if (!this.#hears(link)) return;
    takePrune(this.#turn, link, origins);
    this.#pruneSoon();
  }

  /** A peer misses what comes after what it names. */
  #takeGraft(link: LinkId, clock: Extract<Line, { k: "graft" }>["c"]): void {
    if (!this.#hears(link)) return;
    takeGraft(this.#turn, link, Object.keys(clock));
    const { keys } = this.#air.logs;
    for (const [origin, topics] of Object.entries(clock)) {
      for (const [topic, seq] of Object.entries(topics)) {
        const log = keys.find(logKey(origin, topic));
        this.#learn(this.wires[link - 1], log, seq);
        this.#pushFrom(link, log, seq + 1);
      }
    }
  }

  /** Sends a log from an entry on, as far as it is here. */
  #pushFrom(link: LinkId, log: number, from: number): void {
    const { logs } = this.#air, here = this.clock[log];
    const first = Math.max(from, logs.settledOf(log) + 1);
    for (let seq = first; seq <= here; seq++) this.#push(link, logs.find(log, seq));
  }

  #pruneSoon(): void {
    if (this.#turn.slice.prunes.size > 0) this.#scheduleTick();
  }

  /** One tick for all that comes at one time, as in a node. */
  #scheduleTick(): void {
    if (this.#tick_ms === this.#air.now_ms) return;
    this.#tick_ms = this.#air.now_ms;
    this.#air.after(0, () => {
      this.#tick_ms = -1;
      this.#tick();
    });
  }

  #wakeAt(at_ms: number): void {
    if (at_ms >= this.#wake_ms) return;
    this.#wake_ms = at_ms;
    this.#air.after(Math.max(0, at_ms - this.#air.now_ms), () => {
      if (this.#wake_ms === at_ms) this.#tick();
    });
  }

  #tick(): void {
    if (!this.alive) return;
    this.#wake_ms = Infinity;
    if (this.#turn.slice.missing.size > 0) graftMissing(this.#turn);
    const pruning = [...this.#turn.slice.prunes.keys()];
    for (const link of pruning) sendPrunes(this.#turn, link);
    if (this.#relaying.length === 0 || !this.#mayRelay()) return;
    const relaying = this.#relaying;
    this.#relaying = [];
    for (const entry of relaying) {
      const lazy = this.#turn.slice.trees.get(this.#head(entry).origin)?.lazy;
      for (const { id, end, up } of this.wires) {
        if (up && entry.marks[end] === 0 && !lazy?.has(id)) this.#push(id, entry);
      }
    }
  }

  /** Sends an entry; again, where messages get lost, until the peer is known to have it. */
  #push(link: LinkId, entry: Entry): void {
    const wire = this.wires[link - 1], { end, far, back, up } = wire;
    if (!up || !this.alive) return;
    entry.marks[end] |= MARK.sent;
    entry.payloads++;
    const hops = entry.hops[this.number] + 1;
    this.#air.send("payload", wire, () => far.#takePayload(back, entry, hops));
    if (this.#air.loss === 0) return;
    const patience_ms = Math.max(RESEND_MS, 2 * this.#air.latency_max_ms + 2 * LOSSY_ACK_MS);
    this.#air.after(patience_ms, () => {
      if ((entry.marks[end] & MARK.known) === 0) this.#push(link, entry);
    });
  }
}
