/**
 * The greeting: who dials says hello first, the other answers, and each proves that it has the key of
 * its id by signing the other's nonce. A guest only says hello.
 */

import type { Address, Event } from "../types.ts";
import { joinAddress } from "../data/address.ts";
import { encodeLine, type Line, proofText } from "../wire/line.ts";
import { isPeer, type Link, newLink } from "./link.ts";
import { clockLines } from "../wire/clock_lines.ts";
import { LOSSY_GREET_MS } from "../data/limits.ts";
import { answerAgain, isLossy } from "../repair/lossy_links.ts";
import { refuseHello } from "../wire/hello.ts";
import { isStray, noteLinked } from "../membership/overlay.ts";
import { isTracker, trackerLinked } from "../membership/trackers.ts";
import type { Turn } from "../state.ts";
import {
  HELLO_TIMEOUT_MS,
  LINKS_MAX,
  LINKS_PER_HOST_MAX,
  PROTOCOL_VERSION,
  STRANGERS_PER_HOST_MAX,
} from "../data/limits.ts";

/** A connection opened. */
export function openLink(turn: Turn, event: Extract<Event, { kind: "opened" }>): void {
  const { state } = turn;
  const { link: id, dialled, remote_host, own = false, nonce } = event;
  const expected = (dialled !== null && state.dialling.get(dialled)) || "";
  if (dialled !== null) endDial(turn, dialled);
  const opened = { id, dialled, expected, remote_host, own, nonce };
  const link = turn.setLink(newLink(opened, turn.now_ms, event.lossy));
  if (dialled === null) {
    const full = findFull(turn, link);
    if (full !== null) turn.close(id, "full", full);
    return;
  }
  if (isLossy(link)) turn.wakeAt(link.lossy.repeat_ms);
  if (state.address === null) setAddress(turn, event.local_host);
  if (state.joining?.address === dialled && state.joining.link === null) {
    state.joining = { ...state.joining, link: id };
  }
  sayHello(turn, link);
}

/** Sets the address that others dial, once, and says so. */
export function setAddress(turn: Turn, host: string): void {
  const { state } = turn;
  state.address = ownAddress(turn, host);
  turn.notice({ kind: "listening", address: state.address });
}

/** An address is no longer being dialled. */
export function endDial(turn: Turn, address: Address): void {
  if (!turn.state.dialling.has(address)) return;
  turn.own("dialling").delete(address);
}

/** A hello came. */
export function takeHello(turn: Turn, link: Link, hello: Extract<Line, { k: "hello" }>): void {
  const { config } = turn.state;
  if (isRepeated(link, hello)) {
    turn.count("greeted-twice");
    // Who dialled asks until it is answered; so the other end answers, and never asks.
    if (isLossy(link) && link.dialled === null) answerAgain(turn, link);
    return;
  }
  if (link.stage !== "hello") return turn.close(link.id, "bad-order", "a second hello");
  if (refuseHello(turn, link.id, hello, config)) return;
  if ("guest" in hello) {
    if (isLossy(link)) return turn.close(link.id, "bad-order", "guests come over TCP");
    turn.setLink({ ...link, role: "guest", stage: "up", streaming: true });
    if (link.dialled === null) sayHello(turn, link);
    return;
  }
  const { id: peer, address, nonce: peer_nonce } = hello;
  if (isStray(turn, link, peer)) return turn.close(link.id, "surplus", "somebody else was sought");
  const role = hello.tracker === true ? "tracker" : "peer";
  const greeted = turn.setLink({ ...link, role, stage: "proof", peer, address, peer_nonce });
  // Who is meant to be one thing and is another is of no use.
  if ((role === "tracker") !== isTracker(turn, link.dialled)) return turn.drop(greeted.id);
  if (link.dialled === null) sayHello(turn, link);
  const bytes = proofText(config.network, peer_nonce, config.id, peer);
  turn.effect({ kind: "sign", purpose: { kind: "proof", link: link.id }, bytes });
}

/** This node's own proof was signed. */
export function sendProof(turn: Turn, link: Link, signature: string): void {
  turn.send(link.id, { k: "proof", z: signature });
  const lossy = link.lossy && { ...link.lossy, proof: signature };
  finishGreeting(turn, turn.setLink({ ...link, proof_sent: true, lossy }));
}

/** The peer's proof was checked. */
export function takeProof(turn: Turn, link: Link, good: boolean): void {
  if (!good) return turn.close(link.id, "bad-proof", "the proof does not fit the id");
  finishGreeting(turn, turn.setLink({ ...link, proof_good: true }));
}

/** Closes what has not greeted in time. */
export function closeStrangers(turn: Turn): void {
  for (const link of turn.state.links.values()) {
    if (link.stage === "up") continue;
    const due_ms = link.opened_ms + HELLO_TIMEOUT_MS;
    if (turn.now_ms >= due_ms) turn.close(link.id, "timeout", "no greeting in time");
    else turn.wakeAt(due_ms);
  }
}

function finishGreeting(turn: Turn, link: Link): void {
  if (!link.proof_sent || !link.proof_good) return;
  const { state } = turn;
  const { now_ms } = turn;
  if (link.role === "tracker") {
    turn.setLink({ ...link, stage: "up", progress_ms: now_ms });
    return trackerLinked(turn, link.dialled!);
  }
  closeOlder(turn, link);
  if (!turn.state.links.has(link.id)) return;
  const up = turn.setLink({ ...link, stage: "up", progress_ms: now_ms, pace_ms: now_ms });
  noteLinked(turn, up);
  turn.count("links");
  const { log } = state.settled;
  const first_clock = clockLines(log, log.clock.keys(), undefined).map(encodeLine);
  turn.sendBytes(up.id, first_clock);
  const wants_peers = state.joining?.link === up.id;
  if (wants_peers) turn.send(up.id, { k: "want", peers: true });
  if (up.lossy === null) return;
  const said = { first_clock, wants_peers, repeat_ms: now_ms + LOSSY_GREET_MS };
  turn.setLink({ ...turn.state.links.get(up.id)!, lossy: { ...up.lossy, ...said } });
}

/** Two nodes that hold two links keep the newer; the one with the smaller id closes the older. */
function closeOlder(turn: Turn, link: Link): void {
  if (turn.state.config.id > link.peer) return;
  for (const other of turn.state.links.values()) {
    if (other.id === link.id || other.peer !== link.peer || !isPeer(other)) continue;
    turn.setLink({ ...other, bye: "duplicate" });
    turn.close(other.id, "duplicate", "there is a newer link");
  }
}

/** Says who this node is. */
export function sayHello(turn: Turn, link: Link): void {
  const { config, address, fallback_host } = turn.state;
  turn.send(link.id, {
    k: "hello",
    v: PROTOCOL_VERSION,
    network: config.network,
    id: config.id,
    // Only a node that is still joining has none of its own.
    address: address ?? ownAddress(turn, fallback_host),
    nonce: link.nonce,
    ...(config.name === "" ? {} : { name: config.name }),
  });
}

/** Whether a hello is one that came before: where lines are lost, it is said until it is answered. */
function isRepeated(link: Link, hello: Extract<Line, { k: "hello" }>): boolean {
  return isLossy(link) && link.stage !== "hello" && !("guest" in hello) &&
    hello.id === link.peer && hello.nonce === link.peer_nonce;
}

function ownAddress(turn: Turn, host: string): Address {
  return `${turn.state.config.address_prefix ?? ""}${joinAddress(host, turn.state.port)}`;
}

function findFull(turn: Turn, link: Link): string | null {
  let all = 0, same_host = 0, strangers = 0;
  for (const other of turn.state.links.values()) {
    all++;
    if (other.remote_host !== link.remote_host) continue;
    same_host++;
    if (other.role === "stranger" && other.dialled === null) strangers++;
  }
  if (all > LINKS_MAX) return `no more than ${LINKS_MAX} links`;
  if (same_host > LINKS_PER_HOST_MAX) return `no more than ${LINKS_PER_HOST_MAX} links a host`;
  if (strangers > STRANGERS_PER_HOST_MAX) return "too many connections that say nothing";
  return null;
}
