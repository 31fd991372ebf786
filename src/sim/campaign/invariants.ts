/**
 * The rules that a run checks at every event. Each is a small function over what somebody sees who
 * watches all nodes; none trusts what the core says of itself where it can be seen otherwise.
 */

import type { Printed } from "../../core/types.ts";
import { logKey, sameBytes } from "../../core/log/entry.ts";
import { PRESENCE } from "../../core/log/slice.ts";
import type { NodeState } from "../../core/node.ts";
import type { History, Known } from "./history.ts";
import { type Machine, raise } from "./machine.ts";
import { must } from "./violation.ts";

/** A log has no holes, and each entry follows the very one before it. */
export function logsArePrefixes(
  machine: Machine,
  key: string,
  known: Known,
  history: History,
  may_jump: boolean,
): void {
  const { seq, previous, first } = known.entry;
  const last = machine.view.seqs.get(key) ?? 0;
  must(
    seq > last,
    "items_once",
    () => `${machine.name} delivered ${key}#${seq} again, behind ${last}`,
  );
  if (seq > last + 1) {
    must(
      may_jump,
      "logs_are_prefixes",
      () => `${machine.name} delivered ${key}#${seq} right behind ${last}`,
    );
    return;
  }
  if (seq === 1) {
    must(previous === "" && first === 1, "logs_are_prefixes", () => `${key}#1 has no beginning`);
    return;
  }
  const before = history.find(key, seq - 1);
  if (before === undefined) return;
  must(
    previous === history.hashOf(before),
    "logs_are_prefixes",
    () => `${machine.name} delivered ${key}#${seq}, which does not follow ${seq - 1}`,
  );
  const end = before.entry.first + before.entry.items.length;
  must(
    first === end,
    "items_once",
    () => `items of ${key}#${seq} are numbered from ${first}, not from ${end}`,
  );
}

/** One number is one entry, wherever it is delivered. */
export function oneEntryOneNumber(
  machine: Machine,
  key: string,
  known: Known,
  line: Uint8Array,
): void {
  must(
    sameBytes(known.entry.line, line),
    "logs_are_prefixes",
    () => `${machine.name} has other bytes of ${key}#${known.entry.seq} than those delivered first`,
  );
}

/** Whatever an origin had delivered when it spoke is delivered before what it said. */
export function causalDelivery(machine: Machine, known: Known): void {
  const { entry, past } = known, { view } = machine;
  if (entry.topic === PRESENCE || view.gapped.has(entry.topic)) return;
  const causes = past ??
    entry.deps.map(([origin, seq]) => [logKey(origin, entry.topic), seq] as const);
  for (const [key, seq] of causes) {
    if ((view.seqs.get(key) ?? 0) >= seq || (view.excused.get(key) ?? 0) >= seq) continue;
    const { origin, topic } = entry;
    // A log that ended in a fork gives no more causes.
    if (isFrozen(machine, key)) continue;
    must(
      false,
      "causal_delivery",
      () =>
        `${machine.name} delivered ${logKey(origin, topic)}#${entry.seq} before ${key}#${seq}, ` +
        "which its origin had seen",
    );
  }
}

/** What is printed is what was said, once, in order, and after its causes. */
export function itemsOnce(
  machine: Machine,
  record: Extract<Printed, { kind: "items" }>,
  known: Known | undefined,
  history: History,
): void {
  const { topic, origin, entry: seq } = record, { view } = machine;
  const key = logKey(origin, topic), last = view.printed.get(key) ?? 0;
  must(seq > last, "items_once", () => `${machine.name} printed ${key}#${seq} again`);
  must(
    known !== undefined && JSON.stringify(known.entry.items) === JSON.stringify(record.items) &&
      known.entry.first === record.first,
    "items_once",
    () => `${machine.name} printed of ${key}#${seq} what it does not hold`,
  );
  for (let skipped = last + 1; skipped < seq; skipped++) {
    const one = history.find(key, skipped);
    must(
      one === undefined || one.entry.items.length === 0 || view.gapped.has(topic) ||
        machine.printed.has(`${key}#${skipped}`),
      "items_once",
      () => `${machine.name} printed ${key}#${seq} and left out ${skipped}`,
    );
  }
  for (const [cause, needed] of known!.entry.deps) {
    const its_key = logKey(cause, topic);
    const held = view.excused.get(its_key) ?? 0;
    // Entries without items are not printed; so what counts is the last one before that has some.
    const seen = Math.max(held, view.printed.get(its_key) ?? 0);
    for (let at = seen + 1; at <= needed; at++) {
      const one = history.find(its_key, at);
      must(
        one === undefined || one.entry.items.length === 0 || view.gapped.has(topic) ||
          machine.printed.has(`${its_key}#${at}`) || isFrozen(machine, its_key),
        "causal_delivery",
        () => `${machine.name} printed ${key}#${seq} before its cause ${its_key}#${at}`,
      );
    }
  }
  view.printed.set(key, seq);
  machine.printed.add(`${key}#${seq}`);
}

/** Nobody says that it has what it has not, or has not stored where it has a disk. */
export function claimsAreTrue(
  machine: Machine,
  before: NodeState,
  clock: Readonly<Record<string, Readonly<Record<string, number>>>>,
): void {
  const { view, node } = machine;
  const held = machine.store === null ? view.seqs : view.stored;
  for (const [origin, topics] of Object.entries(clock)) {
    for (const [topic, seq] of Object.entries(topics)) {
      const key = logKey(origin, topic);
      if ((held.get(key) ?? 0) >= seq) continue;
      // Of a log that ended in a fork nothing more is needed; it may be forgotten with the same event.
      if (isFrozen(machine, key) || endsInFork(before, key)) continue;
      // A log that was forgotten goes on where it was.
      if ((node.state.log.forgotten.seqs.get(key) ?? 0) >= seq) continue;
      must(
        false,
        "acknowledged_is_kept",
        () =>
          `${machine.name} acknowledged ${key}#${seq} and ${
            machine.store === null ? "has" : "has stored"
          } only ${held.get(key) ?? 0}`,
      );
    }
  }
}

/** Whether a line is one of two that prove a fork, and stored as such. */
export function isStoredProof(machine: Machine, line: Uint8Array): boolean {
  const forks = machine.store?.restored.forks ?? [];
  return forks.some(({ lines }) => lines.some((one) => sameBytes(one, line)));
}

/** Nothing that is not stored goes to others. */
export function shownIsStored(machine: Machine, key: string, seq: number): void {
  if (machine.store === null) return;
  must(
    (machine.view.stored.get(key) ?? 0) >= seq,
    "acknowledged_is_kept",
    () => `${machine.name} showed ${key}#${seq} before it was stored`,
  );
}

/** Entries that were damaged are set aside, with those behind them: others have them, perhaps. */
export function forgetSetAside(machine: Machine, arrivals: ReadonlySet<number>): void {
  const { stored, printed } = machine.view;
  stored.clear();
  // What comes again is news, and is printed again.
  printed.clear();
  for (const { arrival, origin, topic, seq } of machine.store!.rows) {
    if (!arrivals.has(arrival)) raise(stored, logKey(origin, topic), seq);
  }
  for (const { origin, topic, to } of machine.store!.restored.gaps) {
    raise(stored, logKey(origin, topic), to);
  }
}

/** What the disk has, a node that starts with it has too. */
export function restoredIsComplete(machine: Machine): void {
  const { log } = machine.node.state;
  for (const [key, seq] of machine.view.stored) {
    const index = log.keys.find(key);
    const has = index < 0 ? log.forgotten.seqs.get(key) ?? 0 : log.clock[index];
    must(
      has >= seq,
      "acknowledged_is_kept",
      () => `${machine.name} had stored ${key}#${seq} and came back with ${has}`,
    );
  }
}

/** A node whose disk is old signs nothing before others could tell it how far its logs went. */
export function oldDiskWaits({ name, node, view }: Machine): void {
  must(
    node.id !== view.id || node.now_ms >= view.silent_ms,
    "no_number_twice",
    () => `${name} has an old disk and signs ${view.silent_ms - node.now_ms} ms too soon`,
  );
}

/** No log becomes shorter, unless it is forgotten as a whole. */
export function clocksGrow(machine: Machine, before: NodeState, after: NodeState): void {
  const old = before.log, log = after.log;
  if (old.clock === log.clock) return;
  for (let index = 0; index < old.clock.length; index++) {
    if (log.clock[index] >= old.clock[index]) continue;
    const { origin, topic } = old.heads[index];
    if (origin === "") continue;
    const key = logKey(origin, topic), at = log.keys.find(key);
    const has = at < 0 ? log.forgotten.seqs.get(key) ?? 0 : log.clock[at];
    must(
      has >= old.clock[index],
      "acknowledged_is_kept",
      () => `${machine.name} had ${key}#${old.clock[index]} and has ${has}`,
    );
  }
}

/** Nobody who lives is called failed. */
export function noFalseFailed(
  machine: Machine,
  before: NodeState,
  isAlive: (id: string) => boolean,
): void {
  const { by_id } = machine.node.state.membership.members;
  for (const [id, member] of by_id) {
    if (member.state !== "failed" || before.membership.members.by_id.get(id)?.state === "failed") {
      continue;
    }
    must(!isAlive(id), "no_false_failed", () => `${machine.name} calls ${id} failed, which lives`);
  }
}

/** Whether a log ended in a fork, as the node knows, or its disk while it is being loaded. */
function isFrozen({ store, node: { state } }: Machine, key: string): boolean {
  if (endsInFork(state, key)) return true;
  return store?.restored.forks.some(({ origin, topic }) => logKey(origin, topic) === key) ?? false;
}

function endsInFork({ log }: NodeState, key: string): boolean {
  const index = log.keys.find(key);
  return index >= 0 && log.heads[index].fork !== null;
}
