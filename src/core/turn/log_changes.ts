/** What follows from changes of the log: who hears of what was delivered, ended or forgotten. */

import { assert } from "@std/assert/assert";
import type { Fork } from "../data/stored.ts";
import { relaysAtOnce } from "../broadcast/backoff.ts";
import { areTold } from "../host/slice.ts";
import { HERE } from "../broadcast/branch.ts";
import { type Entry, logKey } from "../log/entry.ts";
import type { LogOut } from "../log/turn.ts";
import { type Delivered, forkedAt, PRESENCE } from "../log/slice.ts";
import type { StorageOut } from "../storage/turn.ts";
import type { NodeTurn } from "./turn.ts";

/** Entries were delivered just now: to whoever prints and relays them, and to their apps. */
export function takeDelivered(turn: NodeTurn, delivered: readonly Delivered[]): void {
  const { log, config } = turn.state;
  turn.tell("output", { kind: "delivered", delivered });
  if (!relaysAtOnce(config)) {
    const bytes = delivered.reduce((sum, { stored }) => sum + stored.line.length, 0);
    const own = !config.batch_ms && delivered.some(({ entry }) => entry.origin === log.self);
    turn.tell("broadcast", { kind: "delivered", bytes, own });
  }
  apply(turn, delivered);
}

/** What was delivered now, or in an earlier run, to those who fold it. */
function apply(turn: NodeTurn, delivered: readonly Delivered[]): void {
  const words = delivered.filter(({ entry }) => entry.topic === PRESENCE);
  const entries = words.map(({ entry }) => entry);
  if (entries.length > 0) turn.tell("membership", { kind: "presence", entries });
  if (entries.length === delivered.length) return;
  const { heads } = turn.state.log;
  // What was delivered and disputed at once: apps have heard of the fork already.
  const isDisputed = ({ stored: { log, seq } }: Delivered) => {
    const { fork } = heads[log];
    return fork !== null && seq >= forkedAt(fork);
  };
  const clear = delivered.some(isDisputed)
    ? delivered.filter((one) => !isDisputed(one))
    : delivered;
  if (areTold(turn.state.host, clear)) turn.tell("host", { kind: "delivered", delivered: clear });
}

/** Stored entries come back: nobody is sent them, and nothing is printed. */
export function load(turn: NodeTurn, event: Extract<StorageOut, { kind: "load" }>): void {
  for (const out of turn.ask("log", event)) {
    if (out.kind === "delivered") apply(turn, out.delivered);
    else turn.hand(out);
  }
}

/** An own entry is delivered here like everywhere. */
export function takeOwn(turn: NodeTurn, entry: Entry): void {
  const outs = turn.ask("log", { kind: "insert", entries: [entry] });
  // Its causes are entries that were delivered; anything else is a bug, not an accident.
  assert(outs.some((out) => out.kind === "delivered"), "An own entry was not delivered");
  turn.tell("broadcast", { kind: "first", link: HERE, entries: [entry] });
  for (const out of outs) turn.hand(out);
}

/** A log ended in a fork: the user is told, it is stored, and peers are shown why. */
export function takeFork(turn: NodeTurn, fork: Extract<LogOut, { kind: "forked" }>): void {
  const { origin, topic, seq } = fork, { log } = turn.state;
  const index = log.keys.find(logKey(origin, topic)), lines = log.heads[index].fork!;
  turn.effect({ kind: "notice", notice: { kind: "forked", origin, topic, seq } });
  turn.tell("replication", { kind: "forked", log: index });
  turn.tell("storage", { kind: "news", news: { forks: [{ origin, topic, lines }] } });
  turn.tell("host", { kind: "forked", origin, topic, seq: forkedAt(lines) });
  // Somebody else signed with this node's key, or this node did before its data were lost.
  if (origin === log.self) turn.tell("membership", { kind: "forged" });
}

/** Logs ended in an earlier run: who was told of that then need not be told again, but apps fold anew. */
export function restoreForks(turn: NodeTurn, forks: readonly Fork[]): void {
  turn.tell("log", { kind: "end", forks });
  for (const { origin, topic, lines } of forks) {
    turn.tell("host", { kind: "forked", origin, topic, seq: forkedAt(lines) });
  }
}

/** The one place where logs that are forgotten leave the rooms: their numbers will mean others. */
export function forgetLogs(
  turn: NodeTurn,
  { indices, logs, moved }: Extract<LogOut, { kind: "forgot" }>,
): void {
  turn.tell("replication", { kind: "forget", indices, moved });
  turn.tell("repair", { kind: "forget", indices });
  turn.tell("publish", { kind: "forget", indices });
  turn.tell("output", { kind: "forget", indices });
  turn.tell("storage", { kind: "news", news: { forgotten: logs } });
  if (turn.state.config.durable) turn.wakeAt(turn.now_ms);
  turn.count("forgotten", logs.length);
}
