/**
 * A tracker is a meeting point: it knows who is there, tells everybody, and carries nothing else.
 *
 * A newcomer is sent the whole list once, as it was before it came. After that only differences are
 * sent, to all at the same time and as the same bytes, and the more peers there are the more changes
 * a difference gathers. So what a crowd costs grows with the crowd, and not with its square.
 */

import type { Decoded, Effect, Env, Event, LinkId } from "../core/types.ts";
import { joinAddress } from "../core/data/address.ts";
import { looksLikeEntry } from "../core/log/entry.ts";
import { decodeLine, encodeLine, type Line, proofText } from "../core/wire/line.ts";
import { refuseHello } from "../core/wire/hello.ts";
import { allLinks } from "./links.ts";
import { addRow, findRow, isTold, listLines, removeRow, rowAt, takeNews } from "./roster.ts";
import {
  newTrackerLink,
  nextRound,
  type TrackerLink,
  type TrackerState,
  TrackerTurn,
} from "./turn.ts";
import { watchLinks } from "./watch.ts";
import {
  ANSWER_BYTES_TARGET,
  HELLO_TIMEOUT_MS,
  LINKS_MAX,
  PING_MS,
  PROTOCOL_VERSION,
  STRANGERS_PER_HOST_MAX,
  TRACKER_LATE_MS,
  TRACKER_LINES_BURST,
  TRACKER_LINES_PER_SECOND,
} from "../core/data/limits.ts";

export { initialTracker, type TrackerConfig, type TrackerState } from "./turn.ts";

/** A tracker's next state, and what is to be done. Never touches the state that it was given. */
export function reduceTracker(
  before: TrackerState,
  event: Event,
  _env: Env,
): [TrackerState, Effect[]] {
  const turn = new TrackerTurn(before, event.now_ms);
  // A process that was stopped heard nothing, whatever was said.
  if (turn.now_ms - before.wake_ms > TRACKER_LATE_MS) turn.state.late_ms = turn.now_ms;
  switch (event.kind) {
    case "started":
      turn.state.phase = "running";
      turn.state.address = joinAddress(event.host ?? event.fallback_host, event.port);
      turn.notice({ kind: "listening", address: turn.state.address });
      break;
    case "opened":
      openLink(turn, event);
      break;
    case "lines":
      receive(turn, event.link, event.lines.map(decode));
      break;
    case "verified":
      takeProof(turn, event.request.link, event.valid[0]);
      receive(turn, event.request.link, event.request.rest);
      break;
    case "signed":
      if (event.purpose.kind === "proof") sendProof(turn, event.purpose.link, event.signature);
      break;
    case "garbled":
      turn.close(event.link, event.code, "bytes that are no lines of the protocol");
      break;
    case "closed": {
      const link = turn.link(event.link);
      if (link !== undefined) turn.forget(link);
      break;
    }
    case "leave":
      leave(turn);
      break;
    case "tick":
      if (turn.now_ms >= turn.state.watch_ms) watchLinks(turn);
      if (!isTold(turn.state.roster) && turn.now_ms >= nextRound(turn.state)) tellNews(turn);
      break;
  }
  return turn.finish();
}

function openLink(turn: TrackerTurn, event: Extract<Event, { kind: "opened" }>): void {
  const { link: id, remote_host, nonce } = event;
  turn.setLink(newTrackerLink({ id, remote_host, nonce }, turn.now_ms));
  const { phase, hosts, strangers } = turn.state;
  if (phase === "done") return turn.close(id, "left", "leaving");
  if (hosts.get(remote_host)! > STRANGERS_PER_HOST_MAX) {
    return turn.close(id, "full", "too many connections that say nothing");
  }
  if (strangers > LINKS_MAX) {
    return turn.close(id, "full", `no more than ${LINKS_MAX} connections that are not registered`);
  }
  turn.watchBy(turn.now_ms + HELLO_TIMEOUT_MS);
}

function decode(line: Uint8Array): Decoded {
  const bytes = line.length + 1;
  // Entries go from node to node.
  if (looksLikeEntry(line)) return { kind: "fault", code: "bad-order", fatal: true };
  const control = decodeLine(line);
  if (typeof control !== "string") return { kind: "control", line: control, bytes };
  return { kind: "fault", code: control, fatal: control !== "unknown-kind" };
}

/** Acts on lines in order, up to a proof, which must be checked first. */
function receive(turn: TrackerTurn, id: LinkId, lines: readonly Decoded[]): void {
  for (const [index, one] of lines.entries()) {
    const link = spendLine(turn, id);
    if (link === null) return;
    if (one.kind === "fault") {
      if (one.fatal) turn.close(id, one.code, "a line that is not of the protocol");
    } else if (one.kind === "control") {
      if (one.line.k === "proof" && link.stage === "proof") {
        const { network, id: own } = turn.state.config;
        const bytes = proofText(network, link.nonce, link.peer, own);
        const checks = [{ key: link.peer, bytes, signature: one.line.z }];
        const request = { link: id, checks, batch: [one], rest: lines.slice(index + 1) };
        return turn.effect({ kind: "verify", request });
      }
      takeLine(turn, link, one.line);
    }
  }
}

/** Takes a line out of the link's budget; closes the link, and gives null, at its end. */
function spendLine(turn: TrackerTurn, id: LinkId): TrackerLink | null {
  const link = turn.link(id);
  if (link === undefined) return null;
  const refill = (turn.now_ms - link.budget_ms) * TRACKER_LINES_PER_SECOND / 1000;
  const budget = Math.min(TRACKER_LINES_BURST, link.budget + refill) - 1;
  if (budget >= 0) {
    return turn.setLink({ ...link, budget, budget_ms: turn.now_ms, heard_ms: turn.now_ms });
  }
  turn.close(id, "flood", "too many lines in too short a time");
  return null;
}

function takeLine(turn: TrackerTurn, link: TrackerLink, line: Line): void {
  if (line.k === "hello") return takeHello(turn, link, line);
  if (line.k === "bye") return turn.drop(link.id);
  if (line.k === "proof" || link.stage === "hello" || link.stage === "proof") {
    return turn.close(link.id, "bad-order", "say hello first, and what your role allows");
  }
  if (line.k === "ping") return turn.send(link.id, { k: "pong", x: line.x });
  if (line.k === "pong") {
    if (line.x !== link.asked_bytes) return;
    turn.setLink({ ...link, read_bytes: line.x, asked_bytes: -1 });
    return;
  }
  // What else peers say to each other means nothing here.
  if (link.stage === "guest") answerGuest(turn, link, line);
}

function takeHello(
  turn: TrackerTurn,
  link: TrackerLink,
  hello: Extract<Line, { k: "hello" }>,
): void {
  const { config } = turn.state;
  if (link.stage !== "hello") return turn.close(link.id, "bad-order", "a second hello");
  if (refuseHello(turn, link.id, hello, config)) return;
  if ("guest" in hello) {
    turn.setLink({ ...link, stage: "guest" });
    return sendHello(turn, link);
  }
  const { id: peer, address, name = "" } = hello;
  turn.setLink({ ...link, stage: "proof", peer, address, name });
  sendHello(turn, link);
  const bytes = proofText(config.network, hello.nonce, config.id, peer);
  turn.effect({ kind: "sign", purpose: { kind: "proof", link: link.id }, bytes });
}

function sendHello(turn: TrackerTurn, { id, nonce }: TrackerLink): void {
  const { config, address } = turn.state;
  const { network, id: own } = config;
  const v = PROTOCOL_VERSION;
  turn.send(id, { k: "hello", v, network, id: own, address, nonce, tracker: true });
}

function sendProof(turn: TrackerTurn, id: LinkId, signature: string): void {
  const link = turn.link(id);
  if (link === undefined) return;
  turn.setLink({ ...link, proof_sent: true });
  turn.send(id, { k: "proof", z: signature });
  register(turn, id);
}

function takeProof(turn: TrackerTurn, id: LinkId, good: boolean): void {
  const link = turn.link(id);
  if (link === undefined) return;
  if (!good) return turn.close(id, "bad-proof", "the proof does not fit the id");
  turn.setLink({ ...link, proof_good: true });
  register(turn, id);
}

/** Registers a peer once both sides have proved themselves. */
function register(turn: TrackerTurn, id: LinkId): void {
  const { state } = turn;
  const link = turn.link(id)!;
  if (!link.proof_sent || !link.proof_good) return;
  const { peer, address, name } = link;
  const owner = state.roster.names.get(name);
  if (owner !== undefined && owner !== peer) {
    const why = `the name ${name} is taken at this tracker; choose another with --name`;
    return turn.close(id, "name-taken", why);
  }
  const older = findRow(state.roster, peer);
  const { peers_max } = state.config;
  if (older === undefined && state.roster.size >= peers_max) {
    return turn.close(id, "full", `this tracker takes at most ${peers_max} peers`);
  }
  if (older !== undefined) {
    state.roster = removeRow(state.roster, peer);
    turn.close(older.link, "duplicate", "there is a newer link");
  }
  turn.setLink({ ...link, stage: "peer" });
  const [roster, lines] = listLines(state.roster);
  turn.sendBytes(id, lines);
  state.roster = addRow(roster, { id: peer, address, name, since_ms: turn.now_ms, link: id });
  turn.watchBy(turn.now_ms + PING_MS);
}

/** Tells everybody what changed since they were told last. */
function tellNews(turn: TrackerTurn): void {
  const { state } = turn;
  const { pages, told, change } = state.roster;
  const [roster, { lines, late }] = takeNews(state.roster);
  state.roster = roster;
  state.round_ms = turn.now_ms;
  for (const { rows } of pages) {
    for (const row of rows) {
      // Whose coming is the last that happened knows everything from its list.
      if (row.change === change) continue;
      turn.sendBytes(row.link, lines);
      if (row.change > told) turn.sendBytes(row.link, late);
    }
  }
}

function answerGuest(turn: TrackerTurn, link: TrackerLink, line: Line): void {
  const elsewhere = "this is a tracker, which has no lines; join one of its peers";
  if (line.k === "want") return turn.close(link.id, "bad-order", elsewhere);
  if (line.k === "publish") return turn.send(link.id, { k: "refused", i: line.i, why: elsewhere });
  if (line.k !== "ask") return;
  if (line.q !== "peers") return turn.close(link.id, "bad-order", elsewhere);
  // Asking again with the same number gets the next line, so that who reads nothing is owed little.
  const question = link.question?.number === line.i
    ? link.question
    : { number: line.i, pages: turn.state.roster.pages, answered: 0 };
  const r: string[][] = [];
  let answered = question.answered, bytes = 0;
  for (; bytes < ANSWER_BYTES_TARGET; answered++) {
    const row = rowAt(question.pages, answered);
    if (row === undefined) break;
    r.push([row.id, row.name, row.address, "alive", String(row.since_ms), "direct"]);
    // A character of a name takes three bytes at worst.
    bytes += row.name.length * 3 + row.address.length + 100;
  }
  const more = rowAt(question.pages, answered) !== undefined;
  turn.setLink({ ...link, question: more ? { ...question, answered } : null });
  turn.send(link.id, { k: "answer", i: line.i, r, ...(more && { more }) });
}

function leave(turn: TrackerTurn): void {
  const bye = encodeLine({ k: "bye", code: "left", why: "leaving" });
  for (const { id } of allLinks(turn.state.links)) {
    turn.sendBytes(id, [bye]);
    turn.drop(id);
  }
  turn.end();
}
