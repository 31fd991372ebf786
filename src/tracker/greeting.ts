/**
 * The greeting: whoever connects says hello, the tracker answers, and both prove that they have the
 * keys of their ids. Then the peer is registered. A guest only says hello.
 */

import type { Event } from "../core/types.ts";
import { refuseHello } from "../core/wire/hello.ts";
import { type Line, proofText } from "../core/wire/line.ts";
import {
  HELLO_TIMEOUT_MS,
  LINKS_MAX,
  PING_MS,
  PROTOCOL_VERSION,
  STRANGERS_PER_HOST_MAX,
} from "../core/data/limits.ts";
import { addRow, findRow, listLines, removeRow } from "./roster.ts";
import { newTrackerLink, type TrackerLink } from "./state.ts";
import type { TrackerTurn } from "./turn.ts";

type LineOf<K extends Line["k"]> = Extract<Line, { k: K }>;

/** A connection opened. */
export function openLink(turn: TrackerTurn, event: Extract<Event, { kind: "opened" }>): void {
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

/** Who it is, as it says. */
export function takeHello(
  turn: TrackerTurn,
  link: TrackerLink,
  hello: LineOf<"hello">,
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
  const text = proofText(config.network, hello.nonce, config.id, peer);
  turn.send(link.id, { k: "proof", z: turn.env.sign(config.id, text) });
}

/** The proof of a link that said hello came. */
export function takeProof(turn: TrackerTurn, link: TrackerLink, { z }: LineOf<"proof">): void {
  const { network, id: own } = turn.state.config;
  if (!turn.env.verify(link.peer, proofText(network, link.nonce, link.peer, own), z)) {
    return turn.close(link.id, "bad-proof", "the proof does not fit the id");
  }
  register(turn, link);
}

function sendHello(turn: TrackerTurn, { id, nonce }: TrackerLink): void {
  const { config, address } = turn.state;
  const { network, id: own } = config;
  const v = PROTOCOL_VERSION;
  turn.send(id, { k: "hello", v, network, id: own, address, nonce, tracker: true });
}

/** Registers a peer that has proved itself, as the tracker has. */
function register(turn: TrackerTurn, link: TrackerLink): void {
  const { state } = turn;
  const { id, peer, address, name } = link;
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
