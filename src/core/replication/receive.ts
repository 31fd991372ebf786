/**
 * What comes in on a link. First all lines of a batch are decoded; then signatures are checked, as
 * many at once as possible; then everything is acted on in the order in which it came.
 */

import type { Check, Decoded, LinkId, VerifyRequest } from "../types.ts";
import {
  decodeEntry,
  type Entry,
  hashedBytes,
  logKey,
  looksLikeEntry,
  peekHeader,
  signedBytes,
} from "../log/entry.ts";
import { decodeLine, type Line, proofText } from "../wire/line.ts";
import { noteForks, oweProofs } from "./forks.ts";
import { isPeer, learnHas, type Link, noteAcked, spendBudget } from "../session/link.ts";
import { readClock } from "../wire/clock_lines.ts";
import { insertEntries, type LogState, seenLog } from "../log/log.ts";
import { takeHello, takeProof } from "../session/greeting.ts";
import { isLossy, noteAnswered, takePong } from "../repair/lossy_links.ts";
import { takeDelivered } from "../host/deliver.ts";
import { takeAsk, takePost, takePublish, takeSubscribe } from "../guests/guests.ts";
import { aimJoin } from "../membership/join.ts";
import { sendPeers, takePeers } from "../membership/overlay.ts";
import { handOn, learnRoutes, noteRouted } from "../unicast/routes.ts";
import { takeSealed } from "../unicast/receiver.ts";
import { noteAgain, noteAhead, noteFirst, takeGraft, takePrune } from "../broadcast/spreading.ts";
import { takeListed } from "../membership/trackers.ts";
import { sendWanted, takeGap } from "./wanted.ts";
import type { Turn } from "../state.ts";
import { ACK_DELAY_MS, LOSSY_ACK_MS } from "../data/limits.ts";

/** Looks at each line of a read. */
export function decodeLines(log: LogState, lines: readonly Uint8Array[]): Decoded[] {
  return lines.map((line) => {
    // The newline belongs to the line where bytes are counted.
    const bytes = line.length + 1;
    if (!looksLikeEntry(line)) {
      const control = decodeLine(line);
      if (typeof control !== "string") return { kind: "control", line: control, bytes };
      return { kind: "fault", code: control, fatal: control !== "unknown-kind" };
    }
    const header = peekHeader(line);
    const log_index = header === null ? -1 : seenLog(log, header, line);
    if (log_index >= 0) return { kind: "seen", log: log_index, seq: header!.seq, bytes };
    const entry = decodeEntry(line);
    if (typeof entry !== "string") return { kind: "entry", entry, bytes };
    return { kind: "fault", code: entry, fatal: true };
  });
}

/** Acts on decoded lines, up to where a signature must be checked first. */
export function receive(turn: Turn, id: LinkId, decoded: readonly Decoded[]): void {
  let rest = decoded;
  while (rest.length > 0) {
    const link = turn.state.links.get(id);
    if (link === undefined || turn.closing.includes(id)) return;
    const end = segmentEnd(rest);
    const batch = rest.slice(0, end);
    rest = rest.slice(end);
    const checks = checksOf(turn, link, batch);
    if (checks.length > 0) {
      turn.effect({ kind: "verify", request: { link: id, checks, batch, rest } });
      return;
    }
    act(turn, id, batch, []);
  }
}

/** Goes on with a batch whose signatures were checked. */
export function receiveVerified(
  turn: Turn,
  request: VerifyRequest,
  valid: readonly boolean[],
): void {
  if (!turn.state.links.has(request.link)) return;
  act(turn, request.link, request.batch, valid);
  receive(turn, request.link, request.rest);
}

/** A proof is looked at alone, because what it signs depends on the hello before it. */
function segmentEnd(decoded: readonly Decoded[]): number {
  const proof = decoded.findIndex((one) => one.kind === "control" && one.line.k === "proof");
  return proof < 0 ? decoded.length : Math.max(1, proof);
}

function checksOf(turn: Turn, link: Link, batch: readonly Decoded[]): Check[] {
  const checks: Check[] = [];
  for (const one of batch) {
    if (one.kind === "entry" && isPeer(link)) {
      const { origin, signature } = one.entry;
      checks.push({ key: origin, bytes: signedBytes(one.entry), signature });
    } else if (one.kind === "control" && one.line.k === "proof" && link.stage === "proof") {
      const { config } = turn.state;
      const bytes = proofText(config.network, link.nonce, link.peer, config.id);
      checks.push({ key: link.peer, bytes, signature: one.line.z });
    }
  }
  return checks;
}

/** Acts on lines in order. `valid` has one answer for each entry or proof that was checked. */
function act(turn: Turn, id: LinkId, batch: readonly Decoded[], valid: readonly boolean[]): void {
  let checked = 0;
  let entries: Entry[] = [];
  const flush = () => {
    if (entries.length > 0) takeEntries(turn, id, entries);
    entries = [];
  };
  for (const one of batch) {
    if (turn.closing.includes(id)) break;
    if (one.kind === "entry") {
      if (!isPeer(turn.state.links.get(id)!)) {
        if (!isEarly(turn, id)) return badOrder(turn, id);
        spend(turn, id);
        continue;
      }
      if (valid[checked++]) {
        entries.push(one.entry);
        continue;
      }
      flush();
      // What came before it in the same read may have made a duplicate of it, as in the next read.
      const line = hashedBytes(one.entry.line);
      const log = seenLog(turn.state.log, peekHeader(line)!, line);
      if (log >= 0) takeSeen(turn, id, { kind: "seen", log, seq: one.entry.seq, bytes: one.bytes });
      else {
        turn.count("rejected:bad-signature");
        turn.close(id, "bad-signature", "an entry's signature does not fit");
      }
      continue;
    }
    flush();
    if (one.kind === "seen") takeSeen(turn, id, one);
    else if (one.kind === "control") takeControl(turn, id, one, valid[checked] ?? false);
    else {
      turn.count(`rejected:${one.code}`);
      if (one.fatal) turn.close(id, one.code, "a line that is not of the protocol");
      else spend(turn, id);
    }
  }
  if (!turn.closing.includes(id)) flush();
}

function takeEntries(turn: Turn, id: LinkId, entries: readonly Entry[]): void {
  const { state } = turn;
  const [log, output] = insertEntries(state.log, entries, turn.now_ms, turn.env);
  state.log = log;
  noteReceived(turn, id, entries);
  if (output.duplicates > 0) turn.count("duplicates", output.duplicates);
  for (const code of output.rejected) turn.count(`rejected:${code}`);
  noteForks(turn, output.forks);
  takeDelivered(turn, output.delivered);
  learnRoutes(turn, id, entries);
  noteFirst(turn, id, entries);
}

function noteReceived(turn: Turn, id: LinkId, entries: readonly Entry[]): void {
  const { log } = turn.state;
  const link = turn.state.links.get(id)!;
  const has = link.has.slice(), touched = new Set(link.touched);
  let received_bytes = link.received_bytes;
  for (const { origin, topic, seq, line } of entries) {
    received_bytes += line.length;
    const index = log.keys.find(logKey(origin, topic));
    if (index < 0) continue;
    learnHas(has, index, seq);
    touched.add(index);
    noteHeld(turn, index, seq);
  }
  turn.setLink({ ...link, has, touched, received_bytes, ack_due_ms: ackDue(turn, link) });
}

function takeSeen(turn: Turn, id: LinkId, seen: Extract<Decoded, { kind: "seen" }>): void {
  const from = turn.state.links.get(id)!;
  if (!isPeer(from)) return isEarly(turn, id) ? void spend(turn, id) : badOrder(turn, id);
  turn.count("duplicates");
  noteHeld(turn, seen.log, seen.seq);
  noteAgain(turn, from, turn.state.log.heads[seen.log].origin);
  const link = turn.state.links.get(id)!;
  let { has, touched } = link;
  if (!(has[seen.log] >= seen.seq)) learnHas((has = has.slice()) as number[], seen.log, seen.seq);
  if (!touched.has(seen.log)) touched = new Set(touched).add(seen.log);
  const received_bytes = link.received_bytes + seen.bytes;
  const ack_due_ms = ackDue(turn, link);
  turn.setLink({ ...link, has, touched, received_bytes, ack_due_ms });
}

function takeControl(
  turn: Turn,
  id: LinkId,
  { line, bytes }: { readonly line: Line; readonly bytes: number },
  valid: boolean,
): void {
  const link = spend(turn, id);
  if (link === null) return;
  if (line.k === "hello") return takeHello(turn, link, line);
  if (line.k === "bye") return takeBye(turn, link, line);
  if (line.k === "proof") {
    if (link.stage !== "proof") return isLossy(link) ? undefined : badOrder(turn, id);
    return takeProof(turn, link, valid);
  }
  if (link.stage !== "up") return isEarly(turn, id) ? undefined : badOrder(turn, id);
  if (line.k === "pong") return takePong(turn, link, line.x);
  if (line.k === "ping") {
    // Whoever pings waits for an acknowledgement.
    const owes = link.received_bytes > link.reported_bytes || link.touched.size > 0;
    if (owes) turn.setLink({ ...link, ack_due_ms: turn.now_ms });
    return turn.send(id, { k: "pong", x: line.x });
  }
  if (link.role === "tracker") {
    if (line.k === "peers") return takeListed(turn, link, line);
    return turn.count(`ignored:${line.k}`);
  }
  if (line.k === "have") return takeHave(turn, link, line);
  if (line.k === "want" && "peers" in line) return sendPeers(turn, link);
  if (link.role === "guest") {
    if (line.k === "want" && !("o" in line)) return takeSubscribe(turn, link, line);
    if (line.k === "publish") return takePublish(turn, link, line);
    if (line.k === "ask") return takeAsk(turn, link, line);
    if (line.k === "post") return takePost(turn, link, line);
    return turn.count(`ignored:${line.k}`);
  }
  if (line.k === "peers") {
    if (isLossy(link)) turn.setLink({ ...link, lossy: { ...link.lossy, wants_peers: false } });
    return takePeers(turn, line);
  }
  if (line.k === "prune") return takePrune(turn, link, line);
  if (line.k === "graft") return takeGraft(turn, link, line);
  if (line.k === "gap") return takeGap(turn, link, line);
  if (line.k === "route") {
    noteRouted(turn, link, bytes);
    return line.to === turn.state.config.id ? takeSealed(turn, line) : void handOn(turn, line);
  }
  if (line.k === "want" && "o" in line) return sendWanted(turn, link, line);
  turn.count(`ignored:${line.k}`);
}

/** Takes a control line out of the link's budget; closes the link, and gives null, at its end. */
function spend(turn: Turn, id: LinkId): Link | null {
  const link = spendBudget(turn.state.links.get(id)!, turn.now_ms);
  if (link !== null) return turn.setLink(link);
  turn.close(id, "flood", "too many lines in too short a time");
  return null;
}

function takeHave(turn: Turn, link: Link, line: Extract<Line, { k: "have" }>): void {
  const { log } = turn.state;
  // Where lines are lost the clock acknowledges, not the bytes.
  const acked = isLossy(link)
    ? noteAnswered(link, line.n)
    : noteAcked(link, line.n ?? 0, turn.now_ms);
  // A guest stores nothing: what it says that it has, it only has read.
  if (!isPeer(link)) {
    turn.setLink(acked);
    return;
  }
  const has = link.has.slice();
  const clock: [string, number][] = [];
  const forked: number[] = [];
  for (const { index, key, seq } of readClock(log, line.c)) {
    clock.push([key, seq]);
    if (index < 0) continue;
    if (log.heads[index].fork !== null) forked.push(index);
    learnHas(has, index, seq);
    noteHeld(turn, index, seq);
  }
  // An acknowledgement may overtake the first clock, and is none.
  if (line.n !== undefined) noteAhead(turn, link, clock);
  const is_first = !isLossy(link) || line.n === undefined;
  if (is_first) aimJoin(turn, link, clock, line.more !== true);
  const streaming = link.streaming || (is_first && line.more !== true);
  const told = { ...acked, has, streaming, ack_due_ms: answerDue(turn, acked, line) };
  turn.setLink(oweProofs(told, forked));
}

function takeBye(turn: Turn, link: Link, bye: Extract<Line, { k: "bye" }>): void {
  turn.count(`bye:${bye.code.slice(0, 32)}`);
  turn.setLink({ ...link, bye: bye.code, bye_why: bye.why });
  turn.drop(link.id);
}

/** Remembers that some peer holds an own entry. */
function noteHeld(turn: Turn, index: number, seq: number): void {
  const { state } = turn;
  if (state.log.heads[index].origin !== state.config.id) return;
  if (seq <= (state.acknowledged[index] ?? 0)) return;
  const acknowledged = state.acknowledged.slice();
  learnHas(acknowledged, index, Math.min(seq, state.log.clock[index]));
  state.acknowledged = acknowledged;
}

function ackDue(turn: Turn, link: Link): number {
  const delay_ms = isLossy(link) ? LOSSY_ACK_MS : ACK_DELAY_MS;
  return Math.min(link.ack_due_ms, turn.now_ms + delay_ms);
}

/** A first clock on a lossy link is said until an acknowledgement shows that it came. */
function answerDue(turn: Turn, link: Link, have: Extract<Line, { k: "have" }>): number {
  const is_first = isLossy(link) && have.n === undefined && have.more === undefined;
  return is_first ? ackDue(turn, link) : link.ack_due_ms;
}

/** Whether what is not allowed yet may only have overtaken what allows it. */
function isEarly(turn: Turn, id: LinkId): boolean {
  const link = turn.state.links.get(id)!;
  if (!isLossy(link) || link.stage === "up") return false;
  turn.count("early");
  return true;
}

function badOrder(turn: Turn, id: LinkId): void {
  turn.count("rejected:bad-order");
  turn.close(id, "bad-order", "say hello first, and what your role allows");
}
