/** Watches what each node delivers, and what it says itself, and keeps the history of all of it. */

import { concat } from "@std/bytes/concat";
import type { Event } from "../../core/types.ts";
import { type EntryHeader, logKey, peekHeader, sameBytes } from "../../core/log/entry.ts";
import { PRESENCE, type StoredEntry } from "../../core/log/slice.ts";
import type { NodeState } from "../../core/node.ts";
import { PENDING_EXPIRE_MS } from "../../core/data/limits.ts";
import { rulesOf } from "./app_rules.ts";
import { forksStay } from "./fork_invariants.ts";
import type { Known } from "./history.ts";
import * as check from "./invariants.ts";
import { type Machine, raise } from "./machine.ts";
import { type Surroundings, watch } from "./surroundings.ts";
import { must } from "./violation.ts";

const encoder = new TextEncoder();
const O = 0x6f;

/** An entry that a node made. */
export interface Signed {
  readonly unsigned: Uint8Array;
  /** With its newline. */
  readonly line: Uint8Array;
  readonly header: EntryHeader;
}

/** The entry of bytes that a node signed; null for others: besides entries there are proofs of identity. */
export function signedEntry(unsigned: Uint8Array, signature: string): Signed | null {
  if (unsigned[2] !== O) return null;
  const line = concat([unsigned, encoder.encode(`,"z":"${signature}"}\n`)]);
  return { unsigned, line, header: peekHeader(line)! };
}

export class LogWatcher {
  readonly #around: Surroundings;
  /** Whether somebody may have dropped entries, so that gaps are told. */
  gaps_expected: boolean;

  constructor(around: Surroundings) {
    this.#around = around;
    this.gaps_expected = around.lying;
  }

  /** A log changed. */
  see(machine: Machine, event: Event, before: NodeState, after: NodeState): void {
    check.clocksGrow(machine, before, after);
    forksStay(machine, before, after);
    const gaps = (after.counts.get("gaps") ?? 0) - (before.counts.get("gaps") ?? 0);
    const waived = (after.counts.get("causes-given-up") ?? 0) -
      (before.counts.get("causes-given-up") ?? 0);
    if (gaps > 0 || waived > 0) this.#seeGivenUp(machine, before, after);
    const restores = event.kind === "loaded" || event.kind === "started";
    const may_jump = gaps > 0 || restores;
    const news: StoredEntry[] = [];
    for (const [name, { order }] of after.log.topics) {
      const known = before.log.topics.get(name)?.order;
      if (known === order) continue;
      if (order.first > (known?.first ?? 0)) this.#seeDropped(machine, before, after, name);
      news.push(...order.from(known?.end ?? 0));
    }
    if (news.length > 1) news.sort((a, b) => a.arrival - b.arrival);
    const excused = waived > 0 || (restores && machine.damaged);
    if (after.log.forgotten !== before.log.forgotten) seeRecalled(machine, before, after);
    for (const stored of news) this.#seeDelivered(machine, stored, may_jump, excused);
    if (after.log.pending.entries < before.log.pending.entries && news.length > 0) {
      this.#around.tally.gaps_repaired++;
    }
    if (after.log.forgotten !== before.log.forgotten) this.gaps_expected = true;
  }

  /** A node makes an entry. */
  seeSigned(machine: Machine, { header, unsigned }: Signed): void {
    check.oldDiskWaits(machine);
    const { log } = machine.node.state;
    const past: [string, number][] = [];
    for (const index of log.topics.get(header.topic)?.logs.from() ?? []) {
      const { origin } = log.heads[index];
      if (origin !== log.self && origin !== "" && log.clock[index] > 0) {
        past.push([logKey(origin, header.topic), log.clock[index]]);
      }
    }
    this.#around.history.noteSigned(header.key, header.seq, unsigned, past);
  }

  /** Retention may drop what was said with the very event that said it. */
  seeGone(machine: Machine, { header: { key, seq, origin }, line }: Signed): void {
    const known = this.#around.history.find(key, seq);
    if (known !== undefined && sameBytes(known.entry.line, line)) return;
    if (known === undefined) return void this.add(key, origin, line);
    if (!machine.lost_data) return check.oneEntryOneNumber(machine, key, known, line);
    this.#signsAnew(machine, key, seq);
    this.add(key, origin, line);
  }

  /** An entry was seen for the first time. */
  add(key: string, origin: string, line: Uint8Array): Known {
    const { history } = this.#around;
    if (this.#around.owners.get(origin)?.lies ?? true) return history.addAny(key, line);
    const known = history.addHonest(key, line);
    must(known !== null, "logs_are_prefixes", () => `an entry of ${key} was never signed so`);
    return known!;
  }

  /** Retention dropped entries, perhaps at once what was just delivered. */
  #seeDropped(machine: Machine, before: NodeState, after: NodeState, name: string): void {
    this.gaps_expected = true;
    const { order, logs } = after.log.topics.get(name)!;
    const known = before.log.topics.get(name)?.order;
    this.#around.tally.entries_dropped_by_retention += order.first - (known?.first ?? 0);
    if (order.first <= (known?.end ?? 0)) return;
    for (const index of logs.from()) {
      const { origin, entries } = after.log.heads[index];
      const seq = entries.length > 0 ? entries.first - 1 : after.log.clock[index];
      raise(machine.view.seqs, logKey(origin, name), seq);
    }
    machine.view.gapped.add(name);
  }

  /** Something was given up: it must have been waited for, or nobody may have it. */
  #seeGivenUp(machine: Machine, before: NodeState, after: NodeState): void {
    const waited = [...before.log.pending.logs.values()].some(([first]) =>
      after.now_ms - first.since_ms >= PENDING_EXPIRE_MS
    );
    const offered = before.broadcast.offers.size > 0 && this.gaps_expected;
    must(
      waited || offered,
      "logs_are_prefixes",
      () => `${machine.name} gave up entries that it had not waited for`,
    );
    this.gaps_expected = true;
    for (const [name, topic] of after.log.topics) {
      for (const index of topic.logs.from()) {
        const skipped = after.log.heads[index].hash === null ||
          (after.log.clock[index] > (before.log.clock[index] ?? 0) + 1);
        if (!skipped) continue;
        // What was given up counts as had; nobody waits for it any more.
        const { origin } = after.log.heads[index];
        if (after.log.heads[index].hash === null) {
          raise(machine.view.seqs, logKey(origin, name), after.log.clock[index]);
        }
        if (name !== PRESENCE) machine.view.gapped.add(name);
      }
    }
    this.#around.tally.gaps_told++;
  }

  #seeDelivered(machine: Machine, stored: StoredEntry, may_jump: boolean, waived: boolean): void {
    const { history } = this.#around, { view } = machine;
    const { origin, topic } = machine.node.state.log.heads[stored.log];
    const key = logKey(origin, topic);
    const owner = this.#around.owners.get(origin);
    let known = history.find(key, stored.seq) ?? this.add(key, origin, stored.line);
    if (owner === machine && machine.lost_data && !sameBytes(known.entry.line, stored.line)) {
      this.#signsAnew(machine, key, stored.seq);
      known = this.add(key, origin, stored.line);
    }
    // Who lies may say this to one and that to another; what counts is what was said here.
    const is_other = (owner?.lies ?? true) && !sameBytes(known.entry.line, stored.line);
    if (is_other) known = history.read(stored.line);
    // Of a peer that lies each node may have another version, until the fork is proven.
    if (owner !== undefined && !owner.lies && !history.split.has(key)) {
      check.oneEntryOneNumber(machine, key, known, stored.line);
      check.logsArePrefixes(machine, key, known, history, may_jump);
    }
    if (waived) {
      for (const [cause, seq] of known.past ?? []) raise(view.excused, cause, seq);
      for (const [id, seq] of known.entry.deps) raise(view.excused, logKey(id, topic), seq);
    }
    if (this.#around.owners.get(origin) !== machine) known.shown = true;
    check.causalDelivery(machine, known);
    raise(view.seqs, key, stored.seq);
    const rules = rulesOf(this.#around.rules, topic);
    rules?.seeDelivered?.(watch(this.#around, machine, rules), known.entry);
  }

  /** A machine that lost what it had signed signs a number anew: nobody it could ask may have it. */
  #signsAnew(machine: Machine, key: string, seq: number): void {
    const { machines, tells_own_past, history } = this.#around;
    const holder = machines.find((other) =>
      other !== machine && other.node.alive && (other.view.seqs.get(key) ?? 0) >= seq
    );
    must(
      holder === undefined || !tells_own_past,
      "no_number_twice",
      () => `${machine.name} signed ${key}#${seq} again, which ${holder!.name} has`,
    );
    history.split.add(key);
  }
}

/** A log that was forgotten goes on where it was. */
function seeRecalled(machine: Machine, before: NodeState, after: NodeState): void {
  for (const { origin, topic } of after.log.heads) {
    const key = logKey(origin, topic), gone = before.log.forgotten.seqs.get(key) ?? 0;
    if (gone > 0 && after.log.forgotten.seqs.get(key) === undefined) {
      raise(machine.view.seqs, key, gone);
    }
  }
}
