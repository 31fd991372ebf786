/**
 * Messages for this node: each once, in the order in which they were sent, and acknowledged when the
 * output has taken them.
 */

import { assert } from "@std/assert/assert";
import type { Seal } from "../types.ts";
import { decodeAck, decodeParcel, encodeAck, type Parcel, sealContext } from "./packets.ts";
import { takeAck } from "./outgoing.ts";
import { type Early, type Incoming, type Lane, laneKey } from "./slice.ts";
import type { RouteLine, UnicastTurn } from "./turn.ts";
import {
  EARLY_BYTES_MAX,
  EARLY_OVERHEAD_BYTES,
  FRONT_WINDOW_BYTES,
  HOPS_MAX,
  LANES_MAX,
  PACKETS_EARLY_MAX,
  PACKETS_IN_FLIGHT_MAX,
} from "../data/limits.ts";

/** A packet for this node came: it is opened, if that can be of use. */
export function takePacket(turn: UnicastTurn, { o, m, n, x }: RouteLine): void {
  const { config, log, env, membership } = turn.view;
  const box = membership.members.by_id.get(o)?.box ?? "";
  // Its presence is perhaps still under way; it will send this again.
  if (box === "") return turn.count("private:unknown-sender");
  const is_ack = m === "ack" || m === "bulk-ack";
  const lane = { peer: o, bulk: m === "bulk" || m === "bulk-ack" };
  const known = incomingOf(turn, lane, box);
  if (is_ack ? !turn.slice.outgoing.has(laneKey(lane)) : !isUseful(turn, known, n)) return;
  const context = sealContext(config.network, o, log.self);
  const bytes = env.open({ peer: o, box, context, role: m, number: n }, x);
  if (bytes === null) return turn.count("private:forged");
  if (!is_ack) return takeParcel(turn, known, n, bytes);
  const ack = decodeAck(bytes);
  if (ack !== null) takeAck(turn, laneKey(lane), ack);
}

/** Tells the senders of what the output has taken. */
export function acknowledge(turn: UnicastTurn): void {
  const { slice } = turn, { answered } = turn.view.output.debt;
  if (!slice.owes_acks) return;
  slice.owes_acks = false;
  for (const incoming of slice.incoming.values()) {
    if (!incoming.owes_ack) continue;
    if (answered >= incoming.print) sendAck(turn, incoming);
    else slice.owes_acks = true;
  }
}

/** What was delivered is printed when the output has taken so much. */
export function noteShown(turn: UnicastTurn, lane: Lane, print: number): void {
  const incoming = turn.slice.incoming.get(laneKey(lane));
  if (incoming !== undefined) turn.own("incoming").set(laneKey(lane), { ...incoming, print });
}

/** What was delivered is for an app that is not here: its sender hears that with what was read. */
export function noteRefused(turn: UnicastTurn, lane: Lane, number: number): void {
  const incoming = turn.slice.incoming.get(laneKey(lane));
  if (incoming === undefined) return;
  // A sender that waits for more than so many has not kept to what it may send.
  const refused = [...incoming.refused, number].slice(-PACKETS_IN_FLIGHT_MAX);
  turn.own("incoming").set(laneKey(lane), { ...incoming, refused });
}

/** Whether a packet may be new, and there is room for what it says. */
function isUseful(turn: UnicastTurn, known: Incoming, number: number): boolean {
  if (number <= known.last) {
    turn.count("private:again");
    setIncoming(turn, { ...known, owes_ack: true });
    return false;
  }
  // Nothing more is taken than the output can take.
  if (turn.view.output.debt.unprinted_bytes < FRONT_WINDOW_BYTES) return true;
  turn.count("private:output-full");
  return false;
}

function takeParcel(turn: UnicastTurn, known: Incoming, number: number, bytes: Uint8Array): void {
  const parcel = decodeParcel(bytes);
  if (parcel === null) return turn.count("private:bad-packet");
  if (known.early.has(number)) return;
  const cost_bytes = bytes.length + EARLY_OVERHEAD_BYTES;
  // Its sender will send it again, and by then perhaps what is before it is here.
  const is_full = known.early.size >= PACKETS_EARLY_MAX ||
    turn.slice.early_bytes + cost_bytes > EARLY_BYTES_MAX;
  if (parcel.after > known.last && is_full) return turn.count("private:too-early");
  const early = new Map(known.early).set(number, { parcel, bytes: cost_bytes });
  setIncoming(turn, deliver(turn, { ...known, early }));
}

/** Takes in order what may be delivered now. */
function deliver(turn: UnicastTurn, before: Incoming): Incoming {
  const early = new Map<number, Early>(before.early);
  let { last, owes_ack, refused } = before;
  for (const number of [...early.keys()].sort((a, b) => a - b)) {
    const { parcel } = early.get(number)!;
    // A sender that gave up what was before names no cause, and what waits for that waits in vain.
    if (parcel.after > last) continue;
    early.delete(number);
    last = number;
    owes_ack = true;
    // Its sender knows of all that was before.
    if (parcel.after === 0) refused = [];
    hand(turn, before, number, parcel);
  }
  for (const number of early.keys()) if (number <= last) early.delete(number);
  return { ...before, early, last, owes_ack, refused };
}

function hand(turn: UnicastTurn, { peer, bulk }: Lane, number: number, parcel: Parcel): void {
  const { app, items, time_ms } = parcel;
  const name = turn.view.membership.members.by_id.get(peer)?.name ?? "";
  turn.out({ kind: "message", app, lane: { peer, bulk }, number, name, time_ms, items });
}

/** An acknowledgement goes out once; a packet that comes again brings another. */
function sendAck(turn: UnicastTurn, incoming: Incoming): void {
  const { config, log: { self }, env } = turn.view, { peer, box, bulk } = incoming;
  turn.own("incoming").set(laneKey(incoming), { ...incoming, owes_ack: false });
  const context = sealContext(config.network, self, peer);
  const role = bulk ? "bulk-ack" : "ack", number = ++turn.slice.packets;
  const seal: Seal = { peer, box, context, role, number };
  const x = env.seal(seal, encodeAck(incoming));
  if (x === null) return;
  const line = { k: "route", h: HOPS_MAX, to: peer, o: self, m: role, n: number, x } as const;
  turn.out({ kind: "hand_on", line });
}

function setIncoming(turn: UnicastTurn, incoming: Incoming): void {
  const { slice } = turn, key = laneKey(incoming);
  if (!slice.incoming.has(key) && slice.incoming.size >= LANES_MAX) forgetLane(turn);
  slice.early_bytes += earlyBytes(incoming) - earlyBytes(slice.incoming.get(key));
  assert(slice.early_bytes >= 0, "More came in order than waited for it");
  turn.own("incoming").set(key, incoming);
  slice.owes_acks ||= incoming.owes_ack;
}

/** Makes room for a new lane: there are more than two for each member, so one is nobody's any more. */
function forgetLane(turn: UnicastTurn): void {
  const { slice } = turn;
  for (const [key, incoming] of slice.incoming) {
    if (turn.view.membership.members.by_id.has(incoming.peer)) continue;
    slice.early_bytes -= earlyBytes(incoming);
    turn.own("incoming").delete(key);
    return;
  }
}

function earlyBytes(incoming: Incoming | undefined): number {
  let sum = 0;
  for (const { bytes } of incoming?.early.values() ?? []) sum += bytes;
  return sum;
}

/** What is known of the run of a sender. */
function incomingOf({ slice }: UnicastTurn, lane: Lane, box: string): Incoming {
  const known = slice.incoming.get(laneKey(lane));
  if (known?.box === box) return known;
  return { ...lane, box, last: 0, refused: [], early: new Map(), owes_ack: false, print: 0 };
}
