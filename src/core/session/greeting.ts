/**
 * The greeting: who dials says hello first, the other answers, and each proves that it has the key of
 * its id by signing the other's nonce. A guest only says hello.
 */

import type { Address, Event } from "../types.ts";
import { joinAddress } from "../data/address.ts";
import { proofText } from "../wire/line.ts";
import { refuseHello } from "../wire/hello.ts";
import { isPeer, type Session } from "./slice.ts";
import { type LineOf, type SessionTurn, setSession } from "./turn.ts";
import {
  HELLO_TIMEOUT_MS,
  LINKS_MAX,
  LINKS_PER_HOST_MAX,
  PROTOCOL_VERSION,
  STRANGERS_PER_HOST_MAX,
} from "../data/limits.ts";

/** A connection opened. */
export function openLink(turn: SessionTurn, event: Extract<Event, { kind: "opened" }>): void {
  const { link: id, dialled, remote_host, nonce, lossy = false, own = false } = event;
  const { now_ms } = turn;
  const session = setSession(turn, {
    id,
    role: "stranger",
    stage: "hello",
    dialled,
    remote_host,
    lossy,
    right: own ? "own" : "say",
    opened_ms: now_ms,
    peer: "",
    address: "",
    greeting: { nonce, peer_nonce: "", proof: "", proof_good: false },
    pulse: { heard_ms: now_ms, spoke_ms: now_ms },
    farewell: null,
  });
  if (dialled === null) {
    const full = findFull(turn, session);
    if (full !== null) turn.close(id, "full", full);
    return;
  }
  if (turn.slice.place.address === null) setAddress(turn, event.local_host);
  sayHello(turn, session);
}

/** The node listens, and perhaps knows where others are to dial it. */
export function place(
  turn: SessionTurn,
  host: string | null,
  fallback_host: string,
  port: number,
): void {
  const { slice } = turn;
  slice.place = { ...slice.place, fallback_host, port };
  if (slice.place.address !== null) {
    turn.notice({ kind: "listening", address: slice.place.address });
  } else if (host !== null) setAddress(turn, host);
}

/** Others dial this node at a host, if they were not told another. */
export function settleAt(turn: SessionTurn, host: string): void {
  if (turn.slice.place.address === null) setAddress(turn, host);
}

/** A hello came. */
export function takeHello(
  turn: SessionTurn,
  session: Session,
  hello: LineOf<"hello">,
  guess: { readonly stray: boolean; readonly tracker: boolean },
): void {
  const { config, log, env } = turn.view, { id } = session;
  if (isRepeated(session, hello)) {
    turn.count("greeted-twice");
    // Who dialled asks until it is answered; so the other end answers, and never asks.
    if (session.lossy && session.dialled === null) greetAgain(turn, session);
    return;
  }
  if (session.stage !== "hello") return turn.close(id, "bad-order", "a second hello");
  if (refuseHello(turn, id, hello, { id: log.self, network: config.network })) return;
  if ("guest" in hello) {
    if (session.lossy) return turn.close(id, "bad-order", "guests come over TCP");
    const guest = setSession(turn, { ...session, role: "guest", stage: "up" });
    if (session.dialled === null) sayHello(turn, guest);
    return turn.out({ kind: "greeted", session: guest });
  }
  const { id: peer, address, nonce: peer_nonce } = hello;
  if (guess.stray) return turn.close(id, "surplus", "somebody else was sought");
  const role = hello.tracker === true ? "tracker" : "peer";
  const met = { ...session, role, stage: "proof", peer, address } as const;
  const bytes = proofText(config.network, peer_nonce, log.self, peer);
  const greeted = setSession(turn, { ...met, greeting: { ...session.greeting, peer_nonce } });
  // Who is meant to be one thing and is another is of no use.
  if ((role === "tracker") !== guess.tracker) return turn.out({ kind: "drop", link: id });
  if (session.dialled === null) sayHello(turn, greeted);
  const proof = env.sign(log.self, bytes);
  turn.send(id, { k: "proof", z: proof });
  setSession(turn, { ...greeted, greeting: { ...greeted.greeting, proof } });
}

/** The peer's proof came. */
export function takeProof(turn: SessionTurn, session: Session, { z }: LineOf<"proof">): void {
  const { config, log, env } = turn.view, { id, peer, greeting } = session;
  if (session.stage !== "proof") {
    // Where lines come twice, so do proofs.
    if (session.lossy) return;
    turn.count("rejected:bad-order");
    return turn.close(id, "bad-order", "say hello first, and what your role allows");
  }
  if (!env.verify(peer, proofText(config.network, greeting.nonce, peer, log.self), z)) {
    return turn.close(id, "bad-proof", "the proof does not fit the id");
  }
  const proved = { ...session, greeting: { ...greeting, proof_good: true } };
  if (session.role === "peer") closeOlder(turn, proved);
  const up = setSession(turn, { ...proved, stage: "up" });
  if (up.role === "peer") turn.count("links");
  turn.out({ kind: "greeted", session: up });
}

/** The own half of the greeting, as far as it was said already. */
export function greetAgain(turn: SessionTurn, session: Session): void {
  sayHello(turn, session);
  const { proof } = session.greeting;
  if (proof !== "") turn.send(session.id, { k: "proof", z: proof });
}

/** The peer says why it goes. */
export function farewell(turn: SessionTurn, session: Session, bye: LineOf<"bye">): void {
  turn.count(`bye:${bye.code.slice(0, 32)}`);
  setSession(turn, { ...session, farewell: { code: bye.code, why: bye.why, died: false } });
  turn.out({ kind: "drop", link: session.id });
}

/** Closes what has not greeted in time. */
export function closeStrangers(turn: SessionTurn): void {
  for (const { id, stage, opened_ms } of turn.slice.links.values()) {
    if (stage === "up") continue;
    const due_ms = opened_ms + HELLO_TIMEOUT_MS;
    if (turn.now_ms >= due_ms) turn.close(id, "timeout", "no greeting in time");
    else turn.wakeAt(due_ms);
  }
}

/** Two nodes that hold two links keep the newer; the one with the smaller id closes the older. */
function closeOlder(turn: SessionTurn, session: Session): void {
  if (turn.view.log.self > session.peer) return;
  for (const other of turn.slice.links.values()) {
    if (other.id === session.id || other.peer !== session.peer || !isPeer(other)) continue;
    setSession(turn, { ...other, farewell: { code: "duplicate", why: "", died: false } });
    turn.close(other.id, "duplicate", "there is a newer link");
  }
}

/** Says who this node is. */
function sayHello(turn: SessionTurn, { id, greeting }: Session): void {
  const { config, log } = turn.view, { address, fallback_host } = turn.slice.place;
  turn.send(id, {
    k: "hello",
    v: PROTOCOL_VERSION,
    network: config.network,
    id: log.self,
    // Only a node that is still joining has none of its own.
    address: address ?? ownAddress(turn, fallback_host),
    nonce: greeting.nonce,
    ...(config.name === "" ? {} : { name: config.name }),
  });
}

/** Sets the address that others dial, once, and says so. */
function setAddress(turn: SessionTurn, host: string): void {
  const address = ownAddress(turn, host);
  turn.slice.place = { ...turn.slice.place, address };
  turn.notice({ kind: "listening", address });
}

/** Whether a hello is one that came before: where lines are lost, it is said until it is answered. */
function isRepeated({ lossy, stage, peer, greeting }: Session, hello: LineOf<"hello">): boolean {
  return lossy && stage !== "hello" && !("guest" in hello) &&
    hello.id === peer && hello.nonce === greeting.peer_nonce;
}

function ownAddress({ slice, view }: SessionTurn, host: string): Address {
  return `${view.config.address_prefix ?? ""}${joinAddress(host, slice.place.port)}`;
}

function findFull(turn: SessionTurn, session: Session): string | null {
  let all = 0, same_host = 0, strangers = 0;
  for (const other of turn.slice.links.values()) {
    all++;
    if (other.remote_host !== session.remote_host) continue;
    same_host++;
    if (other.role === "stranger" && other.dialled === null) strangers++;
  }
  if (all > LINKS_MAX) return `no more than ${LINKS_MAX} links`;
  if (same_host > LINKS_PER_HOST_MAX) return `no more than ${LINKS_PER_HOST_MAX} links a host`;
  if (strangers > STRANGERS_PER_HOST_MAX) return "too many connections that say nothing";
  return null;
}
