/**
 * Private messages for this node: each once, in the order in which they were sent, and acknowledged
 * when the output has taken them.
 */

import type { Id, Seal } from "../types.ts";
import { handOn, type RouteLine } from "./routes.ts";
import { oweOutput } from "../output/front.ts";
import type { Turn } from "../state.ts";
import { bytesOf, decodeParcel, encodeAck, type Parcel, sealContext } from "./packets.ts";
import { takePrivateAck } from "./sender.ts";
import {
  EARLY_BYTES_MAX,
  EARLY_OVERHEAD_BYTES,
  FRONT_WINDOW_BYTES,
  HOPS_MAX,
  PACKETS_EARLY_MAX,
  SENDERS_MAX,
} from "../data/limits.ts";

/** How far one sender was read. */
export interface Incoming {
  /** The key of the run of the sender that this is about. */
  readonly box: string;
  /** Number of the newest packet that was delivered; 0 before. */
  readonly last: number;
  /** Packets that wait for one before them, by their number. */
  readonly early: ReadonlyMap<number, Early>;
  /** Whether the sender is to be told how far it was read, once the output has taken so much. */
  readonly owes_ack: boolean;
  readonly print: number;
}

/** A packet that waits, and what it costs in memory. */
export interface Early {
  readonly parcel: Parcel;
  readonly bytes: number;
}

/** Something sealed for this node came: it is opened, if that can be of use. */
export function takeSealed(turn: Turn, { o, m, n, x }: RouteLine): void {
  const { config, front, outgoing } = turn.state;
  const box = boxOf(turn, o);
  // Its presence is perhaps still under way; it will send this again.
  if (box === "") return turn.count("private:unknown-sender");
  if (m === "ack") {
    if (!outgoing.has(o)) return;
  } else {
    const known = incomingFrom(turn, o, box);
    if (n <= known.last) {
      turn.count("private:again");
      return setIncoming(turn, o, { ...known, owes_ack: true });
    }
    // Nothing more is taken than the output can take.
    if (front.unprinted_bytes >= FRONT_WINDOW_BYTES) return turn.count("private:output-full");
  }
  const context = sealContext(config.network, o, config.id);
  turn.effect({ kind: "open", seal: { peer: o, box, context, role: m, number: n }, text: x });
}

/** It was opened, or it was not sealed by whom it says. */
export function takeUnsealed(turn: Turn, seal: Seal, bytes: Uint8Array | null): void {
  const { peer, box, role, number } = seal;
  if (bytes === null) return turn.count("private:forged");
  if (box !== boxOf(turn, peer)) return;
  if (role === "ack") return takePrivateAck(turn, peer, bytes);
  const parcel = decodeParcel(bytes);
  const known = incomingFrom(turn, peer, box);
  if (parcel === null) return turn.count("private:bad-packet");
  if (number <= known.last || known.early.has(number)) return;
  const cost_bytes = bytes.length + EARLY_OVERHEAD_BYTES;
  // Its sender will send it again, and by then perhaps what is before it is here.
  const is_full = known.early.size >= PACKETS_EARLY_MAX ||
    turn.state.early_bytes + cost_bytes > EARLY_BYTES_MAX;
  if (parcel.after > known.last && is_full) return turn.count("private:too-early");
  const early = new Map(known.early).set(number, { parcel, bytes: cost_bytes });
  setIncoming(turn, peer, deliver(turn, peer, { ...known, early }));
}

/** Prints what was delivered, and tells the senders of what was printed. */
export function showPrivate(turn: Turn): void {
  const { state } = turn;
  const { records, bytes } = state.letters;
  if (records.length > 0) {
    const { front } = state;
    const progress_ms = front.unprinted_bytes === 0 ? turn.now_ms : front.progress_ms;
    const unprinted_bytes = front.unprinted_bytes + bytes;
    state.front = oweOutput({ ...front, unprinted_bytes, progress_ms }, bytes);
    state.letters = { records: [], bytes: 0 };
    turn.effect({ kind: "print", records, bytes });
    for (const { from } of records) {
      const incoming = state.incoming.get(from);
      if (incoming === undefined) continue;
      turn.own("incoming").set(from, { ...incoming, print: state.front.handed });
    }
  }
  if (!state.owes_acks) return;
  state.owes_acks = false;
  for (const [peer, incoming] of state.incoming) {
    if (!incoming.owes_ack) continue;
    if (state.front.answered >= incoming.print) acknowledge(turn, peer);
    else state.owes_acks = true;
  }
}

/** An acknowledgement is sealed: it goes out once; a packet that comes again brings another. */
export function sendSealedAck(turn: Turn, { peer: to, number: n }: Seal, x: string | null): void {
  const { id: o } = turn.state.config;
  if (x !== null) handOn(turn, { k: "route", h: HOPS_MAX, to, o, m: "ack", n, x });
}

/** Takes in order what may be delivered now. */
function deliver(turn: Turn, from: Id, before: Incoming): Incoming {
  const early = new Map(before.early);
  let { last, owes_ack } = before;
  const numbers = [...early.keys()].sort((a, b) => a - b);
  for (const number of numbers) {
    const { parcel } = early.get(number)!;
    // A sender that gave up what was before names no cause, and what waits for that waits in vain.
    if (parcel.after > last) continue;
    early.delete(number);
    last = number;
    owes_ack = true;
    note(turn, from, parcel);
  }
  for (const number of early.keys()) if (number <= last) early.delete(number);
  return { ...before, early, last, owes_ack };
}

function note(turn: Turn, from: Id, { items, time_ms }: Parcel): void {
  const { letters, members } = turn.state;
  const name = members.by_id.get(from)?.name ?? "";
  turn.state.letters = {
    records: [...letters.records, { kind: "private", from, name, time_ms, items }],
    bytes: letters.bytes + bytesOf(items),
  };
}

function acknowledge(turn: Turn, peer: Id): void {
  const { config, incoming } = turn.state;
  const known = incoming.get(peer)!;
  turn.own("incoming").set(peer, { ...known, owes_ack: false });
  const context = sealContext(config.network, config.id, peer);
  const number = ++turn.state.packets;
  const seal: Seal = { peer, box: known.box, context, role: "ack", number };
  turn.effect({ kind: "seal", seal, bytes: encodeAck(known.last) });
}

function setIncoming(turn: Turn, peer: Id, incoming: Incoming): void {
  const { state } = turn;
  if (!state.incoming.has(peer) && state.incoming.size >= SENDERS_MAX) forgetSender(turn);
  state.early_bytes += earlyBytes(incoming) - earlyBytes(state.incoming.get(peer));
  turn.own("incoming").set(peer, incoming);
  state.owes_acks ||= incoming.owes_ack;
}

/** Makes room for a new sender: there are more of them than members, so one is nobody's any more. */
function forgetSender(turn: Turn): void {
  const { state } = turn;
  for (const [peer, incoming] of state.incoming) {
    if (state.members.by_id.has(peer)) continue;
    state.early_bytes -= earlyBytes(incoming);
    turn.own("incoming").delete(peer);
    return;
  }
}

function earlyBytes(incoming: Incoming | undefined): number {
  let sum = 0;
  for (const { bytes } of incoming?.early.values() ?? []) sum += bytes;
  return sum;
}

/** What is known of the run of a sender. */
function incomingFrom(turn: Turn, peer: Id, box: string): Incoming {
  const known = turn.state.incoming.get(peer);
  if (known?.box === box) return known;
  return { box, last: 0, early: new Map(), owes_ack: false, print: 0 };
}

function boxOf(turn: Turn, peer: Id): string {
  return turn.state.members.by_id.get(peer)?.box ?? "";
}
