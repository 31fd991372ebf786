/**
 * One node of a broadcast simulation: nothing but its links and, for each origin, its branch. What it
 * does with an entry is decided by the same functions as in a node (`SPREADS`, `decideRelay()`); the
 * rest is what a node does around them, without logs, signatures and membership, so that ten thousand
 * fit into one process.
 */

import type { LinkId } from "../../core/types.ts";
import { type Branch, closeBranch, HERE, OPEN, wantFrom } from "../../core/broadcast/branch.ts";
import { SPREADS } from "../../core/broadcast/spread.ts";
import {
  type Backoff,
  decideRelay,
  NO_BACKOFF,
  noteDelivered,
} from "../../core/broadcast/backoff.ts";
import {
  ACK_DELAY_MS,
  GRAFT_LINKS,
  GRAFT_MS,
  LAZY_MS,
  LOSSY_ACK_MS,
  RESEND_MS,
} from "../../core/data/limits.ts";
import { nextRandom, type Random } from "../../core/data/random.ts";
import { type Air, type Entry, MARK } from "./air.ts";
import type { Wire } from "./wire.ts";

/** Bytes of an entry: a short line. */
const ENTRY_BYTES = 300;

export class Station {
  readonly wires: Wire<Station>[] = [];
  alive = true;
  readonly #air: Air;
  readonly #branches = new Map<number, Branch>();
  /** Entries that were heard of and did not come, and on which links. */
  readonly #missing = new Map<Entry, LinkId[]>();
  #random: Random;
  #backoff: Backoff = NO_BACKOFF;
  #relaying: Entry[] = [];
  #untold: Entry[] = [];
  /** Links with something to ask for at the next tick. */
  #pruning: Wire<Station>[] = [];
  #tick_ms = -1;

  constructor(
    readonly number: number,
    air: Air,
    seed: number,
  ) {
    this.#air = air;
    this.#random = seed;
  }

  has(entry: Entry): boolean {
    return entry.arrived_ms[this.number] >= 0;
  }

  /** Makes an entry. */
  say(entry: Entry): void {
    this.#deliver(entry, HERE, 0, -1);
  }

  /** Links broke, all at once. */
  lose(links: readonly LinkId[]): void {
    for (const link of links) this.wires[link - 1].up = false;
    const orphaned: number[] = [];
    for (const [origin, before] of this.#branches) {
      let branch = before, is_orphan = false;
      for (const link of links) {
        const [next, was_source] = closeBranch(branch, link);
        branch = next;
        is_orphan ||= was_source;
      }
      this.#branches.set(origin, branch);
      if (is_orphan && this.#air.spread === "tree") orphaned.push(origin);
    }
    const others = new Map<LinkId, number[]>();
    for (const origin of orphaned) {
      for (const link of this.#pickSources(origin)) {
        const origins = others.get(link);
        if (origins === undefined) others.set(link, [origin]);
        else origins.push(origin);
      }
    }
    for (const [link, origins] of others) this.#graft(link, origins, []);
  }

  /**
   * Links that may bring the entries of an origin, better those that do not get them from here. One
   * would not do after many deaths: those behind it may themselves wait for this node.
   */
  #pickSources(origin: number): LinkId[] {
    const { lazy } = this.#branch(origin);
    const placed = this.#links().map((link) => {
      const [place, random] = nextRandom(this.#random);
      this.#random = random;
      return [Number(lazy.has(link)) + place, link] as const;
    });
    return placed.sort(([a], [b]) => b - a).slice(0, GRAFT_LINKS).map(([, link]) => link);
  }

  /** A new link: this end says what it has of the entries that somebody misses. */
  meet(link: LinkId, open: readonly Entry[]): void {
    const wire = this.wires[link - 1];
    if (!this.alive || !wire.up) return;
    const had = new Set(open.filter((entry) => this.has(entry)));
    const { peer, back } = wire;
    this.#air.send("have", wire, () => peer.#takeClock(back, had, open));
  }

  #links(): LinkId[] {
    const links: LinkId[] = [];
    for (let at = 0; at < this.wires.length; at++) if (this.wires[at].up) links.push(at + 1);
    return links;
  }

  /** Whether something that was sent on a link still arrives. */
  #hears(link: LinkId): boolean {
    return this.alive && this.wires[link - 1].up;
  }

  #branch(origin: number): Branch {
    return this.#branches.get(origin) ?? OPEN;
  }

  #deliver(entry: Entry, link: LinkId, hops: number, from: number): void {
    const { spread, now_ms } = this.#air;
    entry.arrived_ms[this.number] = now_ms - entry.born_ms;
    entry.hops[this.number] = hops;
    entry.from[this.number] = from;
    this.#missing.delete(entry);
    const [branch, random] = SPREADS[spread].first(
      this.#branch(entry.origin),
      link,
      () => this.#links(),
      this.#random,
    );
    this.#branches.set(entry.origin, branch);
    this.#random = random;
    this.#backoff = noteDelivered(this.#backoff, ENTRY_BYTES, link === HERE);
    this.#relaying.push(entry);
    if (this.#untold.length === 0) this.#air.after(LAZY_MS, () => this.#announce());
    this.#untold.push(entry);
    entry.reached++;
    this.#scheduleTick();
  }

  #takePayload(link: LinkId, entry: Entry, hops: number): void {
    if (!this.#hears(link)) return;
    const wire = this.wires[link - 1];
    entry.marks[wire.end] |= MARK.known;
    this.#owe(wire, entry);
    if (!this.has(entry)) return this.#deliver(entry, link, hops, wire.peer.number);
    const { origin } = entry;
    const { again } = SPREADS[this.#air.spread];
    const [branch, unwanted] = again(this.#branch(origin), link, wire.peer.number === origin);
    this.#branches.set(origin, branch);
    if (unwanted !== null) this.#hush(unwanted, origin);
  }

  /** Asks a peer to be quiet, with what else is to be asked of it at this time. */
  #hush(link: LinkId, origin: number): void {
    const wire = this.wires[link - 1];
    if (wire.prunes.size === 0) this.#pruning.push(wire);
    wire.prunes.add(origin);
    this.#scheduleTick();
  }

  /** What came is acknowledged a while later, together. */
  #owe(wire: Wire<Station>, entry: Entry): void {
    if (wire.owed.push(entry) > 1) return;
    this.#air.after(this.#air.loss > 0 ? LOSSY_ACK_MS : ACK_DELAY_MS, () => {
      const { owed } = wire;
      wire.owed = [];
      this.#sendHave(wire, owed);
    });
  }

  #sendHave(wire: Wire<Station>, entries: readonly Entry[]): void {
    const { up, peer, back } = wire;
    if (this.alive && up) this.#air.send("have", wire, () => peer.#takeHave(back, entries));
  }

  /** Tells quiet links of what is new, where the peer is not known to have it. */
  #announce(): void {
    const untold = this.#untold;
    this.#untold = [];
    for (const wire of this.wires) {
      const news = untold.filter((entry) => entry.marks[wire.end] === 0);
      if (news.length > 0) this.#sendHave(wire, news);
    }
  }

  #takeHave(link: LinkId, entries: readonly Entry[]): void {
    if (!this.#hears(link)) return;
    const { end } = this.wires[link - 1];
    for (const entry of entries) {
      entry.marks[end] |= MARK.known;
      if (!this.has(entry)) this.#miss(entry, link);
    }
  }

  /** A whole clock: what the peer lacks is sent, unless the link is quiet. */
  #takeClock(link: LinkId, had: ReadonlySet<Entry>, open: readonly Entry[]): void {
    if (!this.#hears(link)) return;
    this.#takeHave(link, [...had]);
    for (const entry of open) {
      if (!this.has(entry) || had.has(entry)) continue;
      if (!this.#branch(entry.origin).lazy.has(link)) this.#push(link, entry);
    }
  }

  #miss(entry: Entry, link: LinkId): void {
    const links = this.#missing.get(entry);
    if (links !== undefined) return void links.push(link);
    this.#missing.set(entry, [link]);
    this.#air.after(GRAFT_MS, () => this.#seek(entry));
  }

  /** Asks for an entry that did not come, one link after the other. */
  #seek(entry: Entry): void {
    const links = this.#missing.get(entry)?.filter((link) => this.wires[link - 1].up);
    if (!this.alive || links === undefined) return;
    const link = links.shift();
    if (link === undefined) return void this.#missing.delete(entry);
    this.#missing.set(entry, [...links, link]);
    this.#graft(link, [entry.origin], [entry]);
    this.#air.after(GRAFT_MS, () => this.#seek(entry));
  }

  #graft(link: LinkId, origins: readonly number[], entries: readonly Entry[]): void {
    const wire = this.wires[link - 1], { peer, back } = wire;
    for (const origin of origins) {
      this.#branches.set(origin, wantFrom(this.#branch(origin), link));
    }
    this.#air.send("graft", wire, () => peer.#takeGraft(back, origins, entries));
  }

  #takeGraft(link: LinkId, origins: readonly number[], entries: readonly Entry[]): void {
    if (!this.#hears(link)) return;
    const { grafted } = SPREADS[this.#air.spread];
    for (const origin of origins) this.#branches.set(origin, grafted(this.#branch(origin), link));
    for (const entry of entries) if (this.has(entry)) this.#push(link, entry);
  }

  #takePrune(link: LinkId, origins: readonly number[]): void {
    if (!this.#hears(link)) return;
    const { pruned } = SPREADS[this.#air.spread];
    const { peer } = this.wires[link - 1];
    for (const origin of origins) {
      const [branch, is_unwanted] = pruned(this.#branch(origin), link, peer.number === origin);
      this.#branches.set(origin, branch);
      if (is_unwanted) this.#hush(link, origin);
    }
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

  #tick(): void {
    if (!this.alive) return;
    for (const wire of this.#pruning) {
      const { peer, back, up, prunes } = wire;
      if (up) this.#air.send("prune", wire, () => peer.#takePrune(back, [...prunes]));
      wire.prunes = new Set();
    }
    this.#pruning = [];
    if (this.#relaying.length === 0) return;
    const links = this.#links(), { now_ms } = this.#air;
    const decided = decideRelay(this.#backoff, now_ms, links.length, this.#random);
    const was_due = this.#backoff.due_ms;
    this.#backoff = decided.backoff;
    this.#random = decided.random;
    const { due_ms } = decided.backoff;
    if (!decided.relay) {
      if (due_ms !== was_due) this.#air.after(due_ms - now_ms, () => this.#tick());
      return;
    }
    const relaying = this.#relaying;
    this.#relaying = [];
    for (const entry of relaying) {
      const { lazy } = this.#branch(entry.origin);
      for (const link of links) {
        if (!lazy.has(link) && entry.marks[this.wires[link - 1].end] === 0) {
          this.#push(link, entry);
        }
      }
    }
  }

  /** Sends an entry; again, where messages get lost, until the peer is known to have it. */
  #push(link: LinkId, entry: Entry): void {
    const wire = this.wires[link - 1], { end, peer, back, up } = wire;
    if (!up || !this.alive) return;
    entry.marks[end] |= MARK.sent;
    entry.payloads++;
    const hops = entry.hops[this.number] + 1;
    this.#air.send("payload", wire, () => peer.#takePayload(back, entry, hops));
    if (this.#air.loss === 0) return;
    const patience_ms = Math.max(RESEND_MS, 2 * this.#air.latency_max_ms + 2 * LOSSY_ACK_MS);
    this.#air.after(patience_ms, () => {
      if ((entry.marks[end] & MARK.known) === 0) this.#push(link, entry);
    });
  }
}
