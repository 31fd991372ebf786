/** What comes in on a link: which rooms hear of which line. */

import type { LinkId } from "../types.ts";
import { owedBytes } from "../flow/slice.ts";
import { type Entry, hashedBytes, logKey, peekHeader, signedBytes } from "../log/entry.ts";
import { seenLog } from "../log/slice.ts";
import { isStray } from "../membership/links.ts";
import { isTracker } from "../membership/slice.ts";
import { openLogs } from "../replication/slice.ts";
import { isPeer, linkTo, type Session } from "../session/slice.ts";
import type { LineOf } from "../session/turn.ts";
import { readClock } from "../wire/clock_lines.ts";
import { decodeAny, type Decoded } from "../wire/decode.ts";
import type { Line } from "../wire/line.ts";
import type { NodeTurn } from "./turn.ts";
import { ACK_DELAY_MS, LOSSY_ACK_MS } from "../data/limits.ts";

/** Acts on the lines of a read, in their order; entries that follow each other are one batch. */
export function receive(turn: NodeTurn, link: LinkId, lines: readonly Uint8Array[]): void {
  turn.tell("session", { kind: "heard", link });
  let entries: Entry[] = [];
  const flush = () => {
    if (entries.length > 0) takeEntries(turn, link, entries);
    entries = [];
  };
  for (const line of lines) {
    const session = turn.state.session.links.get(link);
    if (session === undefined || turn.closing.includes(link)) return;
    // Each is looked at when those before it were acted on, as if it came in the next read.
    const one = decodeAny(turn.state.log, line);
    if (one.kind === "entry" && isPeer(session) && isSigned(turn, one.entry)) {
      entries.push(one.entry);
      continue;
    }
    flush();
    if (!turn.closing.includes(link)) takeLine(turn, session, one);
  }
  if (!turn.closing.includes(link)) flush();
}

/** Acts on a line that is no good entry. */
function takeLine(turn: NodeTurn, session: Session, one: Decoded): void {
  const { id: link } = session;
  if (one.kind === "control") return takeControl(turn, session, one);
  if (one.kind === "fault") {
    turn.count(`rejected:${one.code}`);
    if (one.fatal) turn.close(link, one.code, "a line that is not of the protocol");
    else turn.tell("flow", { kind: "control", link });
  } else if (!isPeer(session)) takeEarly(turn, session);
  else if (one.kind === "seen") takeSeen(turn, session, one);
  else {
    // What came before it in the same read may have made a duplicate of it, as in the next read.
    const line = hashedBytes(one.entry.line), { seq } = one.entry;
    const log = seenLog(turn.state.log, peekHeader(line)!, line);
    if (log >= 0) return takeSeen(turn, session, { kind: "seen", log, seq, bytes: one.bytes });
    turn.count("rejected:bad-signature");
    turn.close(link, "bad-signature", "an entry's signature does not fit");
  }
}

function isSigned(turn: NodeTurn, entry: Entry): boolean {
  return turn.env.verify(entry.origin, signedBytes(entry), entry.signature);
}

/** What is not allowed yet may only have overtaken what allows it, where lines do that. */
function takeEarly(turn: NodeTurn, { id: link, lossy, stage }: Session): void {
  if (lossy && stage !== "up") {
    turn.count("early");
    return turn.tell("flow", { kind: "control", link });
  }
  turn.count("rejected:bad-order");
  turn.close(link, "bad-order", "say hello first, and what your role allows");
}

/** Entries whose signatures are good. */
function takeEntries(turn: NodeTurn, link: LinkId, entries: readonly Entry[]): void {
  const outs = turn.ask("log", { kind: "insert", entries }), { log } = turn.state;
  const bytes = entries.reduce((sum, { line }) => sum + line.length, 0);
  turn.tell("replication", { kind: "received", link, entries });
  noteTaken(turn, link, bytes);
  for (const { origin, topic, seq } of entries) {
    if (origin === log.self) noteHeld(turn, log.keys.find(logKey(origin, topic)), seq);
  }
  for (const out of outs) turn.hand(out);
  turn.tell("unicast", { kind: "learn", link, entries });
  turn.tell("broadcast", { kind: "first", link, entries });
}

/** An entry that is here already. */
function takeSeen(
  turn: NodeTurn,
  { id: link }: Session,
  seen: Extract<Decoded, { kind: "seen" }>,
): void {
  const { log, seq, bytes } = seen, { origin } = turn.state.log.heads[log];
  turn.count("duplicates");
  noteHeld(turn, log, seq);
  turn.tell("broadcast", { kind: "again", link, origin });
  turn.tell("replication", { kind: "seen", link, log, seq });
  noteTaken(turn, link, bytes);
}

function takeControl(
  turn: NodeTurn,
  session: Session,
  { line, bytes }: Extract<Decoded, { kind: "control" }>,
): void {
  const { id: link, role, stage, lossy } = session;
  turn.tell("flow", { kind: "control", link });
  if (turn.closing.includes(link)) return;
  if (line.k === "hello") return takeHello(turn, session, line);
  if (line.k === "bye") return turn.tell("session", { kind: "bye", link, bye: line });
  if (line.k === "proof") return turn.tell("session", { kind: "proof", link, proof: line });
  if (stage !== "up") return lossy ? turn.count("early") : takeEarly(turn, session);
  if (line.k === "pong") return turn.tell("repair", { kind: "pong", link, x: line.x });
  if (line.k === "ping") return takePing(turn, link, line.x);
  if (role === "tracker") {
    if (line.k !== "peers") return turn.count(`ignored:${line.k}`);
    return turn.tell("membership", { kind: "listed", session, line });
  }
  if (line.k === "have") return takeHave(turn, session, line);
  if (line.k === "want" && "peers" in line) {
    return turn.tell("membership", { kind: "ask_peers", link });
  }
  if (role === "guest") return takeOfGuest(turn, link, line);
  switch (line.k) {
    case "peers":
      turn.tell("repair", { kind: "wants_peers", link, wants: false });
      return turn.tell("membership", { kind: "peers", line });
    case "prune":
      return turn.tell("broadcast", { kind: "prune", link, origins: line.o });
    case "graft":
      turn.tell("replication", { kind: "graft", link, clock: line.c });
      return turn.tell("broadcast", { kind: "graft", link, clock: line.c });
    case "gap":
      return turn.tell("broadcast", { kind: "gap", link, line });
    case "route":
      // Like an entry, it counts for what is acknowledged.
      if (!lossy) turn.tell("flow", { kind: "taken", link, bytes, within_ms: ACK_DELAY_MS });
      if (line.to === turn.state.log.self) return turn.tell("unicast", { kind: "packet", line });
      return turn.tell("unicast", { kind: "hand_on", line });
    case "want":
      if ("o" in line) return turn.tell("replication", { ...line, kind: "want", link });
  }
  turn.count(`ignored:${line.k}`);
}

function takeOfGuest(turn: NodeTurn, link: LinkId, line: Line): void {
  if (line.k === "want" && "t" in line && !("o" in line)) {
    return turn.tell("replication", { ...line, kind: "subscribe", link });
  }
  if (line.k === "publish") return turn.tell("guests", { kind: "publish", link, line });
  if (line.k === "ask") return turn.tell("guests", { kind: "ask", link, line });
  if (line.k === "request") return turn.tell("guests", { kind: "request", link, line });
  turn.count(`ignored:${line.k}`);
}

function takeHello(turn: NodeTurn, session: Session, hello: LineOf<"hello">): void {
  const { membership, config, session: sessions } = turn.state, { id: link, dialled } = session;
  const tracker = isTracker(membership, dialled);
  const peer = "guest" in hello ? null : hello.id;
  const stray = peer !== null &&
    isStray(membership, config, session, linkTo(sessions, peer) !== undefined, peer);
  turn.tell("session", { kind: "hello", link, hello, guess: { stray, tracker } });
}

/** Whoever pings waits for an acknowledgement. */
function takePing(turn: NodeTurn, link: LinkId, x: number): void {
  const { inward } = turn.state.flow.links.get(link)!;
  const replica = turn.state.replication.links.get(link)!;
  const owes = owedBytes(inward) > 0 || openLogs(replica, ({ touched }) => touched).length > 0;
  if (owes) turn.tell("flow", { kind: "due", link, due_ms: turn.now_ms });
  turn.say(link, { k: "pong", x });
}

/** A peer says what it has, and how many bytes it took. */
function takeHave(turn: NodeTurn, session: Session, { c, n, more }: LineOf<"have">): void {
  const { id: link, lossy } = session, { log } = turn.state;
  // Where lines are lost the clock acknowledges, not the bytes.
  if (!lossy) turn.tell("flow", { kind: "acked", link, bytes: n ?? 0 });
  else if (n !== undefined) turn.tell("repair", { kind: "answered", link });
  // A guest stores nothing: what it says that it has, it only has read.
  if (!isPeer(session)) return;
  const clock: [string, number][] = [];
  for (const { index, key, seq } of readClock(log, c)) {
    clock.push([key, seq]);
    if (index >= 0) noteHeld(turn, index, seq);
  }
  // An acknowledgement may overtake the first clock, and is none.
  if (n !== undefined) turn.tell("broadcast", { kind: "announced", link, clock });
  const is_first = !lossy || n === undefined, complete = is_first && more !== true;
  if (is_first) {
    turn.tell("membership", { kind: "clock", link, clock, complete: more !== true });
  }
  turn.tell("replication", { kind: "has", link, clock: c, complete });
  // A first clock on a lossy link is said until an acknowledgement shows that it came.
  if (!lossy || n !== undefined || more !== undefined) return;
  turn.tell("flow", { kind: "due", link, due_ms: turn.now_ms + LOSSY_ACK_MS });
}

/** Bytes of entries came that are to be acknowledged. */
function noteTaken(turn: NodeTurn, link: LinkId, bytes: number): void {
  const lossy = turn.state.session.links.get(link)?.lossy === true;
  const within_ms = lossy ? LOSSY_ACK_MS : ACK_DELAY_MS;
  turn.tell("flow", { kind: "taken", link, bytes, within_ms });
}

/** Some peer holds a log up to a number; what matters is who holds the own ones. */
function noteHeld(turn: NodeTurn, log: number, seq: number): void {
  if (turn.state.log.heads[log]?.origin !== turn.state.log.self) return;
  turn.tell("publish", { kind: "held", log, seq });
}
