/** Files that are being fetched: what is asked of whom, and what becomes of it. */

import type { Id } from "../../core/types.ts";
import { getOf } from "./open_files.ts";
import { takeWrong, touch } from "./patience.ts";
import type { Link } from "./link.ts";
import type { Asked, Fetch, Get } from "./state.ts";
import { reduceSwarm } from "./swarm/reduce_swarm.ts";
import type { SwarmEvent, SwarmOut } from "./swarm/swarm.ts";
import type { Begun, Got, Target } from "./tasks.ts";
import type { FilesTurn } from "./turn.ts";

/** Opens the part of a file, and fetches what is missing from whoever has it. */
export function beginFetch(turn: FilesTurn, get: Get, link: Link, target: Target): void {
  const number = turn.number();
  const file: Fetch = { number, transfer: get.number, link, stage: "opening" };
  turn.own("fetches").set(number, file);
  turn.work({ kind: "begin", fetch: number }, { do: "begin", fetch: number, link, target });
}

/** The part is open. */
export function takeBegun(turn: FilesTurn, file: Fetch, { has }: Begun): void {
  const { number, link } = file;
  turn.own("fetches").set(number, { ...file, stage: "open" });
  drive(turn, { kind: "begun", fetch: number, link, has });
}

/** It is fetched no further; what is there stays. */
export function stopFetch(turn: FilesTurn, { number }: Fetch): void {
  turn.own("fetches").delete(number);
  drive(turn, { kind: "stopped", fetch: number });
  turn.work({ kind: "other" }, { do: "stop", fetch: number });
}

/** What came of asking for chunks. */
export function takeGot(turn: FilesTurn, ask: number, got: Got): void {
  const asked = turn.state.asks.get(ask);
  if (asked === undefined) return;
  turn.state.asks = turn.state.asks.delete(ask);
  const get = getOf(turn, asked.fetch);
  // A disk that is full lets it wait, and is nobody's fault.
  if (get !== undefined && (got.good.length > 0 || got.stuck !== null)) touch(turn, get);
  drive(turn, { kind: "got", ask, got });
}

/** Chunks could not be asked for, or their holder went away. */
export function takeFailed(turn: FilesTurn, ask: number, why: string): void {
  turn.state.asks = turn.state.asks.delete(ask);
  drive(turn, { kind: "failed", ask, why });
}

/** Lets the swarm decide, and does what it wants. */
export function drive(turn: FilesTurn, event: SwarmEvent): void {
  const [swarm, outs] = reduceSwarm(turn.state.swarm, event, { now_ms: turn.now_ms });
  turn.state.swarm = swarm;
  for (const out of outs) carryOut(turn, out);
  turn.wakeAt(turn.state.swarm.wake_ms);
}

function carryOut(turn: FilesTurn, out: SwarmOut): void {
  switch (out.kind) {
    case "ask":
      return ask(turn, out);
    case "cancel":
      return cancelAsk(turn, out.ask);
    case "excluded": {
      const get = getOf(turn, out.fetch);
      return get && takeWrong(turn, get, out.peer);
    }
    case "complete": {
      const { fetch: number } = out, file = turn.state.fetches.get(number)!;
      turn.own("fetches").set(number, { ...file, stage: "finishing" });
      turn.work({ kind: "finish", fetch: number }, { do: "finish", fetch: number });
      return;
    }
    case "stuck": {
      const get = getOf(turn, out.fetch);
      if (get !== undefined) {
        turn.note(get, out.why === null ? "it goes on" : `the disk takes nothing: ${out.why}`);
      }
      return;
    }
    case "wake":
      // It is asked when it wants to be woken, below.
      return;
  }
}

function ask(turn: FilesTurn, out: Extract<SwarmOut, { kind: "ask" }>): void {
  const { ask, fetch: number, peer, via, range } = out;
  let tag: number | null = null;
  if (via === "direct") {
    tag = turn.work({ kind: "ask", ask }, { do: "ask", fetch: number, peer, range });
  } else {
    const { link } = turn.state.fetches.get(number)!;
    turn.say(peer, { k: "ask", n: ask, link, ...range });
  }
  turn.state.asks = turn.state.asks.set(ask, { fetch: number, peer, range, tag });
}

function cancelAsk(turn: FilesTurn, ask: number): void {
  const tag = turn.state.asks.get(ask)?.tag ?? null;
  turn.state.asks = turn.state.asks.delete(ask);
  if (tag !== null) turn.cancel(tag);
}

/** Chunks came by messages: they are verified and written. */
export function takeData(turn: FilesTurn, from: Id, n: number, chunks: readonly string[]): void {
  const asked = askedOf(turn, from, n);
  if (asked === null) return;
  const { fetch: number, range } = asked;
  const tag = turn.work({ kind: "ask", ask: n }, { do: "put", fetch: number, range, chunks });
  turn.state.asks = turn.state.asks.set(n, { ...asked, tag });
}

/** Chunks that were asked for by messages are not there. */
export function takeLack(turn: FilesTurn, from: Id, n: number, why: string): void {
  if (askedOf(turn, from, n) === null) return;
  takeGot(turn, n, { good: [], wrong: false, why, stuck: null });
}

/** What somebody was asked for by a message, and did not answer yet. */
function askedOf({ state }: FilesTurn, from: Id, n: number): Asked | null {
  const asked = state.asks.get(n);
  return asked?.peer === from && asked.tag === null ? asked : null;
}
