/**
 * Private messages on their way out. For each recipient: what waits, and what is in flight and sent
 * again until the recipient acknowledges it or its time is over. Where they do not arrive, the
 * recipient is asked to speak, because its next entry teaches everybody the way to it anew.
 */

import type { Id, Json, Seal, Source } from "../types.ts";
import { AppendLog } from "../data/append_log.ts";
import { textFault } from "../apps/chat.ts";
import { isWellFormed } from "../data/json_scan.ts";
import { isThere } from "../membership/members.ts";
import { seek } from "../membership/presence.ts";
import { handOn, nextHop } from "./routes.ts";
import type { Turn } from "../state.ts";
import { bytesOf, decodeAck, encodeParcel, sealContext } from "./packets.ts";
import {
  FLIGHT_BYTES_MAX,
  HOPS_MAX,
  PACKET_BYTES_MAX,
  PACKET_BYTES_TARGET,
  PACKET_RETRY_MS,
  PACKET_RETRY_MS_MAX,
  PACKETS_AGAIN_MAX,
  PACKETS_IN_FLIGHT_MAX,
  POST_MS_MAX,
  POST_OVERHEAD_BYTES,
  POSTED_BYTES_MAX,
  SEEK_MS,
  SEEK_MS_MAX,
} from "../data/limits.ts";

/** Private messages that were handed over together, and are answered for together. */
export interface Post {
  readonly items: readonly Json[];
  /** As JSON. */
  readonly bytes: number;
  readonly source: Source;
  readonly deadline_ms: number;
}

/** What was sealed together. */
export interface Packet {
  readonly number: number;
  /** Those whose time is not over. */
  readonly posts: readonly Post[];
  /** Of all that is sealed in it, as JSON. */
  readonly bytes: number;
  /** Null while it is being sealed. */
  readonly text: string | null;
}

/** Everything for one recipient. */
export interface Outgoing {
  readonly peer: Id;
  /** The key that the flight is sealed to; "" before the first. */
  readonly box: string;
  readonly waiting: AppendLog<Post>;
  /** Oldest first; each is delivered after the one before it. */
  readonly flight: readonly Packet[];
  /** The earliest deadline. */
  readonly expires_ms: number;
  /** When the flight is sent again. */
  readonly due_ms: number;
  readonly pause_ms: number;
  /** When the recipient may be asked again to speak. */
  readonly seek_ms: number;
  readonly seek_pause_ms: number;
}

/** Takes private messages for somebody; else says why not. */
export function takePrivate(
  turn: Turn,
  to: Id,
  items: readonly Json[],
  source: Source,
  deadline_ms: number,
): string | null {
  const { state } = turn;
  if (to === state.config.id) return "that is this node";
  if (state.phase !== "running") return "the node is not taking messages now";
  for (const item of items) {
    const why = isWellFormed(item) ? textFault(item) : "not valid Unicode";
    if (why !== null) return why;
  }
  const bytes = bytesOf(items);
  if (bytes > PACKET_BYTES_MAX) return `more than ${PACKET_BYTES_MAX} bytes as JSON`;
  const cost_bytes = bytes + POST_OVERHEAD_BYTES;
  if (state.posted_bytes + cost_bytes > POSTED_BYTES_MAX) {
    return "too many private messages wait here";
  }
  state.posted_bytes += cost_bytes;
  const until_ms = Math.min(deadline_ms, turn.now_ms + POST_MS_MAX);
  const before = state.outgoing.get(to) ?? newOutgoing(to);
  turn.own("outgoing").set(to, {
    ...before,
    waiting: before.waiting.append([{ items, bytes, source, deadline_ms: until_ms }]),
    expires_ms: Math.min(before.expires_ms, until_ms),
  });
  return null;
}

/** Seals and sends what is due, and gives up what was not acknowledged in time. */
export function sendPrivate(turn: Turn): void {
  const sought: Id[] = [];
  for (const before of turn.state.outgoing.values()) {
    let one = expire(turn, before);
    if (one.waiting.length + one.flight.length === 0) {
      turn.own("outgoing").delete(one.peer);
      continue;
    }
    turn.wakeAt(one.expires_ms);
    const member = turn.state.members.by_id.get(one.peer);
    if (member !== undefined && isThere(member) && member.box !== "") {
      if (member.box !== one.box) one = repack(one, member.box);
      one = resend(turn, pack(turn, one), sought);
    }
    if (one !== before) turn.own("outgoing").set(one.peer, one);
  }
  if (sought.length > 0) seek(turn, sought);
}

/** A packet is sealed: it goes out for the first time. */
export function sendSealed(turn: Turn, seal: Seal, text: string | null): void {
  const one = turn.state.outgoing.get(seal.peer);
  // A key that nothing can be sealed to: the deadline tells.
  if (text === null) return turn.count("private:bad-box");
  const at = one?.flight.findIndex(({ number }) => number === seal.number) ?? -1;
  if (one === undefined || at < 0) return;
  const flight = one.flight.with(at, { ...one.flight[at], text });
  const due_ms = Math.min(one.due_ms, turn.now_ms + one.pause_ms);
  turn.own("outgoing").set(one.peer, { ...one, flight, due_ms });
  turn.wakeAt(due_ms);
  transmit(turn, one.peer, seal.number, text);
}

/** The recipient says how far it has delivered what it got. */
export function takePrivateAck(turn: Turn, from: Id, bytes: Uint8Array): void {
  const one = turn.state.outgoing.get(from);
  const last = decodeAck(bytes);
  if (one === undefined || last === null) return;
  const acked = one.flight.filter(({ number }) => number <= last);
  if (acked.length === 0) return;
  for (const { posts } of acked) for (const post of posts) answer(turn, one.peer, post, null);
  const flight = one.flight.slice(acked.length);
  const due_ms = flight.length === 0 ? Infinity : turn.now_ms + PACKET_RETRY_MS;
  turn.own("outgoing").set(from, { ...one, ...CALM, flight, due_ms });
}

/** A guest is gone: what it handed over and was not sent yet, nobody answers for. */
export function dropPosts(turn: Turn, link: number): void {
  for (const one of turn.state.outgoing.values()) {
    const waiting = logOf([...one.waiting.from()].filter(({ source }) => !isOf(source, link)));
    if (waiting.length === one.waiting.length) continue;
    for (const post of one.waiting.from()) if (isOf(post.source, link)) release(turn, post);
    turn.own("outgoing").set(one.peer, { ...one, waiting });
  }
}

/** Whether somebody who is there still owes an acknowledgement. */
export function isPrivateAwaited(turn: Turn): boolean {
  const { outgoing, members } = turn.state;
  return [...outgoing.keys()].some((peer) => isThere(members.by_id.get(peer)));
}

/** Nothing goes out any more. */
export function giveUpPrivate(turn: Turn): void {
  for (const one of turn.state.outgoing.values()) {
    for (const post of postsOf(one)) answer(turn, one.peer, post, "this node left first");
  }
  turn.state.outgoing = new Map();
}

const CALM = {
  pause_ms: PACKET_RETRY_MS,
  seek_ms: 0,
  seek_pause_ms: SEEK_MS,
} as const;

function newOutgoing(peer: Id): Outgoing {
  const empty = { box: "", flight: [], expires_ms: Infinity, due_ms: Infinity };
  return { peer, ...empty, waiting: logOf([]), ...CALM };
}

function logOf(posts: readonly Post[]): AppendLog<Post> {
  return AppendLog.empty<Post>().append(posts);
}

function postsOf({ flight, waiting }: Outgoing): Post[] {
  return [...flight.flatMap(({ posts }) => posts), ...waiting.from()];
}

/** Nobody waits for it any more. */
function release(turn: Turn, { bytes }: Post): void {
  turn.state.posted_bytes -= bytes + POST_OVERHEAD_BYTES;
}

/** Whoever posted what is late is told. */
function expire(turn: Turn, one: Outgoing): Outgoing {
  if (turn.now_ms < one.expires_ms) return one;
  const isLive = ({ deadline_ms }: Post) => turn.now_ms < deadline_ms;
  for (const post of postsOf(one)) {
    if (!isLive(post)) answer(turn, one.peer, post, "it was not acknowledged in time");
  }
  const waiting = logOf([...one.waiting.from()].filter(isLive));
  let flight = one.flight.map((packet) => ({ ...packet, posts: packet.posts.filter(isLive) }));
  // What others in flight come after must still arrive; behind the last nobody waits for anything.
  flight = flight.slice(0, flight.findLastIndex(({ posts }) => posts.length > 0) + 1);
  const due_ms = flight.length === 0 ? Infinity : one.due_ms;
  const after = { ...one, waiting, flight, due_ms };
  // There may be more of them than a call takes arguments.
  let expires_ms = Infinity;
  for (const { deadline_ms } of postsOf(after)) expires_ms = Math.min(expires_ms, deadline_ms);
  return { ...after, expires_ms };
}

/** An end of it is somebody else now: what was not acknowledged is to be sealed for that. */
export function repack(one: Outgoing, box: string): Outgoing {
  const posts = one.flight.flatMap((packet) => packet.posts);
  const waiting = logOf([...posts, ...one.waiting.from()]);
  return { ...one, ...CALM, box, waiting, flight: [], due_ms: Infinity };
}

/** Seals what waits, as far as the flight has room. */
function pack(turn: Turn, before: Outgoing): Outgoing {
  let one = before;
  const { config } = turn.state;
  let flight_bytes = one.flight.reduce((sum, { bytes }) => sum + bytes, 0);
  while (one.waiting.length > 0 && one.flight.length < PACKETS_IN_FLIGHT_MAX) {
    const next_bytes = one.waiting.get(one.waiting.first)!.bytes;
    if (flight_bytes > 0 && flight_bytes + next_bytes > FLIGHT_BYTES_MAX) break;
    const posts: Post[] = [];
    let bytes = 0;
    for (const post of one.waiting.from()) {
      if (posts.length > 0 && bytes + post.bytes > PACKET_BYTES_TARGET) break;
      bytes += post.bytes;
      posts.push(post);
    }
    flight_bytes += bytes;
    const number = ++turn.state.packets;
    const after = one.flight.at(-1)?.number ?? 0;
    const items = posts.flatMap((post) => post.items);
    const context = sealContext(config.network, config.id, one.peer);
    turn.effect({
      kind: "seal",
      seal: { peer: one.peer, box: one.box, context, role: "data", number },
      bytes: encodeParcel({ after, time_ms: turn.now_ms, items }),
    });
    const flight = [...one.flight, { number, posts, bytes, text: null }];
    const waiting = one.waiting.dropUntil(one.waiting.first + posts.length);
    one = { ...one, waiting, flight };
  }
  return one;
}

/** Sends the flight again where no acknowledgement came in time. */
function resend(turn: Turn, one: Outgoing, sought: Id[]): Outgoing {
  const is_due = turn.now_ms >= one.due_ms;
  if (!is_due) {
    turn.wakeAt(one.due_ms);
    return one;
  }
  // What is behind has perhaps arrived, and waits there for these.
  for (const { number, text } of one.flight.slice(0, PACKETS_AGAIN_MAX)) {
    if (text === null) continue;
    turn.count("private:sent-again");
    transmit(turn, one.peer, number, text);
  }
  const pause_ms = Math.min(PACKET_RETRY_MS_MAX, one.pause_ms * 2);
  const due_ms = turn.now_ms + pause_ms;
  turn.wakeAt(due_ms);
  return askToSpeak(turn, { ...one, pause_ms, due_ms }, sought);
}

/** The way may have changed somewhere: the recipient's next entry will show it. */
function askToSpeak(turn: Turn, one: Outgoing, sought: Id[]): Outgoing {
  const is_near = nextHop(turn.state, one.peer)?.peer === one.peer;
  if (is_near || turn.now_ms < one.seek_ms) return one;
  sought.push(one.peer);
  const seek_pause_ms = Math.min(SEEK_MS_MAX, one.seek_pause_ms * 2);
  return { ...one, seek_ms: turn.now_ms + one.seek_pause_ms, seek_pause_ms };
}

function transmit(turn: Turn, to: Id, n: number, x: string): void {
  const { id: o } = turn.state.config;
  handOn(turn, { k: "route", h: HOPS_MAX, to, o, m: "data", n, x });
}

/** Tells who posted something how it ended: `why` is null where it was delivered. */
function answer(turn: Turn, to: Id, post: Post, why: string | null): void {
  const { source } = post;
  release(turn, post);
  turn.count(why === null ? "private:delivered" : "private:undelivered");
  if (source.kind === "local") {
    if (why !== null) turn.notice({ kind: "undelivered", to, tag: source.tag, why });
    return;
  }
  const link = turn.state.links.get(source.link);
  if (link === undefined) return;
  turn.setLink({ ...link, open_requests: link.open_requests - 1 });
  const { request: i } = source;
  turn.send(link.id, why === null ? { k: "delivered", i } : { k: "refused", i, why, late: true });
}

function isOf(source: Source, link: number): boolean {
  return source.kind === "guest" && source.link === link;
}
