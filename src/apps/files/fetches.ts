/** Files that are being fetched: what is asked of whom, and what becomes of it. */

import type { Id } from "../../core/types.ts";
import { takeWrong, touch } from "./gets.ts";
import { MESSAGE_MS } from "./limits.ts";
import type { Link } from "./link.ts";
import type { Fetch, Get } from "./state.ts";
import { reduceSwarm } from "./swarm/reduce_swarm.ts";
import type { SwarmEvent, SwarmOut } from "./swarm/swarm.ts";
import type { Begun, Got, Target } from "./tasks.ts";
import type { FilesTurn } from "./turn.ts";

/** Opens the part of a file, and fetches what is missing from whoever has it. */
export function beginFetch(turn: FilesTurn, get: Get, link: Link, target: Target): void {
  const number = turn.number();
  const file: Fetch = { number, transfer: get.number, link, is_open: false };
  turn.own("fetches").set(number, file);
  turn.work({ kind: "begin", fetch: number }, { do: "begin", fetch: number, link, target });
}

/** The part is open. */
export function takeBegun(turn: FilesTurn, file: Fetch, { has }: Begun): void {
  const { number, link } = file;
  turn.own("fetches").set(number, { ...file, is_open: true });
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
  const number = turn.state.swarm.asks.get(ask)?.fetch ?? 0, get = getOf(turn, number);
  if (get !== undefined && got.good.length > 0) touch(turn, get);
  drive(turn, { kind: "got", ask, got });
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
      const { fetch: number } = out;
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
  if (via === "direct") {
    turn.work({ kind: "ask", ask }, { do: "ask", fetch: number, peer, range });
    return;
  }
  const { link } = turn.state.fetches.get(number)!;
  turn.state.questions = turn.state.questions.set(ask, { fetch: number, peer, range });
  turn.say(peer, { k: "ask", n: ask, link, ...range });
  turn.wakeAt(turn.now_ms + MESSAGE_MS);
}

function cancelAsk(turn: FilesTurn, ask: number): void {
  turn.state.questions = turn.state.questions.delete(ask);
  for (const [tag, job] of turn.state.jobs.entries()) {
    if (job.kind === "ask" && job.ask === ask) return turn.cancel(tag);
  }
}

/** Chunks came by messages: they are verified and written. */
export function takeData(turn: FilesTurn, from: Id, n: number, chunks: readonly string[]): void {
  const question = turn.state.questions.get(n);
  if (question === undefined || question.peer !== from) return;
  turn.state.questions = turn.state.questions.delete(n);
  const { fetch: number, range } = question;
  if (chunks.length !== range.count) {
    return drive(turn, { kind: "failed", ask: n, why: "it sent something else" });
  }
  turn.work({ kind: "ask", ask: n }, { do: "put", fetch: number, range, chunks });
}

/** Chunks that were asked for by messages are not there. */
export function takeLack(turn: FilesTurn, from: Id, n: number, why: string): void {
  const question = turn.state.questions.get(n);
  if (question === undefined || question.peer !== from) return;
  turn.state.questions = turn.state.questions.delete(n);
  takeGot(turn, n, { good: [], wrong: false, why, stuck: null });
}

function getOf({ state }: FilesTurn, number: number): Get | undefined {
  const transfer = state.transfers.get(state.fetches.get(number)?.transfer ?? 0);
  return transfer?.kind === "get" ? transfer : undefined;
}
