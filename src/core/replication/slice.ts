/**
 * How each log stands with each peer: what it has, what it was sent, what it wants. A link is a cursor:
 * it streams each topic from where the peer says it is, and queues nothing else.
 */

import { assert } from "@std/assert/assert";
import type { LinkId, Topic } from "../types.ts";
import { SharedMap } from "../data/shared_map.ts";

/** How one log stands with one peer. */
export interface PeerLog {
  /** How far the peer is known to have it. */
  readonly has: number;
  /** The next entry that it asked for behind the cursor (graft); 0 for none. */
  readonly wanted: number;
  /** The last entry of a gap that was offered and not yet accepted; 0 for none. */
  readonly offered: number;
  /** Whether entries came of it since the last acknowledgement. */
  readonly touched: boolean;
  /** Whether there is more of it that the peer is only told of, and was not yet (Plumtree's IHave). */
  readonly announced: boolean;
  /** Whether the peer is to be shown, or was, that it ends in a fork. */
  readonly proof: "none" | "owed" | "shown";
}

/** What one peer has, and where streaming to it is. */
export interface Replica {
  /** By the numbers of the logs; a log that is not there stands as `NO_LOG`. */
  readonly logs: SharedMap<number, PeerLog>;
  /** The numbers of those about which something is still to be done. */
  readonly open: ReadonlySet<number>;
  /** How many proofs of forks it is owed, or was shown. */
  readonly proofs: number;
  /** Whether the peer's first clock is complete, so that streaming may begin. */
  readonly streaming: boolean;
  /** Position of the next entry to look at, for each topic; a guest has those that it follows. */
  readonly cursors: ReadonlyMap<Topic, number>;
}

/** The slice of this room. */
export interface Replication {
  readonly links: SharedMap<LinkId, Replica>;
}

/** Nobody is known to have anything. */
export function newReplication(): Replication {
  return { links: SharedMap.of() };
}

/** A peer of whom nothing is known. */
export function newReplica(): Replica {
  return { logs: SharedMap.of(), open: new Set(), proofs: 0, streaming: false, cursors: new Map() };
}

/** A log of which the peer has said nothing. */
export const NO_LOG: PeerLog = {
  has: 0,
  wanted: 0,
  offered: 0,
  touched: false,
  announced: false,
  proof: "none",
};

/** How far a peer is known to have a log. */
export function hasOf(
  { logs }: { readonly logs: { get(index: number): Pick<PeerLog, "has"> | undefined } },
  index: number,
): number {
  return logs.get(index)?.has ?? 0;
}

/** The open logs of a peer that are meant. */
export function openLogs(
  { logs, open }: Replica,
  isMeant: (log: PeerLog) => boolean,
): [number, PeerLog][] {
  const found: [number, PeerLog][] = [];
  for (const index of open) {
    const log = logs.get(index)!;
    if (isMeant(log)) found.push([index, log]);
  }
  return found;
}

/** Changes of what one peer has; copies each structure once. */
export class ReplicaEdit {
  readonly #before: Replica;
  readonly #logs;
  #open: Set<number> | null = null;
  #cursors: Map<Topic, number> | null = null;
  proofs: number;
  streaming: boolean;

  constructor(before: Replica) {
    this.#before = before;
    this.#logs = before.logs.edit();
    this.proofs = before.proofs;
    this.streaming = before.streaming;
  }

  /** How a log stands. */
  log(index: number): PeerLog {
    return this.#logs.get(index) ?? NO_LOG;
  }

  /** The open logs that are meant. */
  open(isMeant: (log: PeerLog) => boolean): [number, PeerLog][] {
    const found: [number, PeerLog][] = [];
    for (const index of this.#open ?? this.#before.open) {
      const log = this.log(index);
      if (isMeant(log)) found.push([index, log]);
    }
    return found;
  }

  /** Changes how a log stands. */
  change(index: number, change: Partial<PeerLog>): void {
    const log = { ...this.log(index), ...change };
    this.#logs.set(index, log);
    const open = this.#open ?? this.#before.open;
    if (open.has(index) === isOpen(log)) return;
    this.#open ??= new Set(open);
    if (isOpen(log)) this.#open.add(index);
    else this.#open.delete(index);
  }

  /** The peer has a log up to a number; it never goes back. */
  learn(index: number, has: number): void {
    if (has > this.log(index).has) this.change(index, { has });
  }

  /** The number of a log will mean another. */
  forget(index: number): void {
    if (this.log(index).proof !== "none") this.proofs--;
    this.#logs.delete(index);
    if (!(this.#open ?? this.#before.open).has(index)) return;
    this.#open ??= new Set(this.#before.open);
    this.#open.delete(index);
  }

  /** Where streaming of a topic is, if it began. */
  cursor(topic: Topic): number | undefined {
    return (this.#cursors ?? this.#before.cursors).get(topic);
  }

  /** Moves streaming of a topic; null where its place is to be looked for. */
  moveCursor(topic: Topic, at: number | null): void {
    if (this.cursor(topic) === (at ?? undefined)) return;
    this.#cursors ??= new Map(this.#before.cursors);
    if (at === null) this.#cursors.delete(topic);
    else this.#cursors.set(topic, at);
  }

  /** What the peer has now; the same reference where nothing changed. */
  finish(): Replica {
    const { proofs, streaming } = this, before = this.#before;
    assert(proofs >= 0, "More proofs were shown than are owed");
    const logs = this.#logs.finish();
    const open = this.#open ?? before.open, cursors = this.#cursors ?? before.cursors;
    const same = logs === before.logs && open === before.open && cursors === before.cursors &&
      proofs === before.proofs && streaming === before.streaming;
    return same ? before : { logs, open, proofs, streaming, cursors };
  }
}

function isOpen({ wanted, offered, touched, announced, proof }: PeerLog): boolean {
  return touched || announced || wanted > 0 || offered > 0 || proof === "owed";
}
