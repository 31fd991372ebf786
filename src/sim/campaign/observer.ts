/**
 * Watches every event of every node, keeps what an all-seeing witness would know, and calls the
 * invariants. It looks at effects and at what was delivered, and changes nothing.
 */

import { concat } from "@std/bytes/concat";
import type { Effect, Env, Event, Printed, StoreBatch } from "../../core/types.ts";
import { type EntryHeader, logKey, peekHeader, sameBytes } from "../../core/log/entry.ts";
import { PRESENCE, type StoredEntry } from "../../core/log/slice.ts";
import type { NodeState } from "../../core/node.ts";
import { PENDING_EXPIRE_MS } from "../../core/data/limits.ts";
import type { SimNode } from "../sim_node.ts";
import { type AppRules, rulesOf, type Watch } from "./app_rules.ts";
import { memoryBounds } from "./bounds.ts";
import type { History, Known } from "./history.ts";
import { forksAreProven, forksStay } from "./fork_invariants.ts";
import * as check from "./invariants.ts";
import { type Machine, raise } from "./machine.ts";
import { countEffects, type Tally } from "./tally.ts";
import { must } from "./violation.ts";

const decoder = new TextDecoder();
const encoder = new TextEncoder();
const O = 0x6f, H = 0x68;

/** An entry that a node made. */
interface Signed {
  readonly unsigned: Uint8Array;
  /** With its newline. */
  readonly line: Uint8Array;
  readonly header: EntryHeader;
}

/** What a watcher must know of a run besides what it sees. */
export interface Surroundings {
  readonly machineOf: (node: SimNode) => Machine;
  readonly machines: readonly Machine[];
  /** Whether nobody who lives may be called failed. */
  readonly mild: boolean;
  /** Whether a machine that lost something hears how far its own log went. */
  readonly tells_own_past: boolean;
  /** Whether some peer lies. */
  readonly lying: boolean;
  readonly history: History;
  readonly tally: Tally;
  readonly rules: readonly AppRules[];
  readonly verify: Env["verify"];
}

export class Observer {
  readonly #around: Surroundings;
  /** Which machine signs with a key. */
  readonly owners = new Map<string, Machine>();
  /** Whether somebody may have dropped entries, so that gaps are told. */
  gaps_expected: boolean;
  /** What the node signed with the event that is under way. */
  #signed: Signed[] = [];
  /** What was looked at when it was sent first. */
  readonly #headers = new WeakMap<Uint8Array, EntryHeader>();
  events = 0;
  hash = 0x811c9dc5;

  constructor(around: Surroundings) {
    this.#around = around;
    this.gaps_expected = around.lying;
  }

  /** A node signs; what it does then is seen later. */
  noteSigned(unsigned: Uint8Array, signature: string): void {
    // Besides entries there are proofs of identity.
    if (unsigned[2] !== O) return;
    const line = concat([unsigned, encoder.encode(`,"z":"${signature}"}\n`)]);
    this.#signed.push({ unsigned, line, header: peekHeader(line)! });
  }

  /** An event of a node, what followed, and the state before. */
  see(node: SimNode, event: Event, effects: readonly Effect[], before: NodeState): void {
    const machine = this.#around.machineOf(node), after = node.state;
    this.events++;
    this.#mix(machine.index * 64 + event.kind.length, event.now_ms, effects.length);
    const signed = this.#signed;
    this.#signed = [];
    if (event.kind === "renewed") this.owners.set(event.id, machine);
    if (machine.lies) return;
    // It had delivered everything else of this event by then: what is said itself comes last.
    for (const one of signed) this.#seeSigned(machine, one);
    if (event.kind === "stored" && event.fault === null) {
      this.#noteStored(machine, before.storage.under_way!.batch);
    }
    if (after.log !== before.log) this.#seeLog(machine, event, before, after);
    for (const one of signed) this.#seeGone(machine, one);
    if (this.#around.lying && event.kind === "lines") {
      forksAreProven(machine, event.link, event.lines, before, this.#around.verify);
    }
    for (const effect of effects) this.#seeEffect(machine, effect);
    this.#seeSetAside(machine, effects);
    if (event.kind === "started") check.restoredIsComplete(machine);
    if (after.publish.acknowledged !== before.publish.acknowledged) {
      this.#seeAcknowledged(machine, after);
    }
    if (after.host.states !== before.host.states) this.#seeApps(machine, before, after);
    if (after.membership.members !== before.membership.members) this.#seeMembers(machine, before);
    memoryBounds(machine, before);
    const peer = event.kind === "lines" ? before.session.links.get(event.link)?.peer : undefined;
    const from_liar = this.owners.get(peer ?? "")?.lies ?? false;
    const counted = this.#around.rules.flatMap((one) => one.counted ?? []);
    countEffects(this.#around.tally, before, after, from_liar, counted);
  }

  /** Entries of a batch are on the disk. */
  #noteStored(machine: Machine, batch: StoreBatch): void {
    const { stored } = machine.view;
    for (const { origin, topic, seq } of batch.entries) raise(stored, logKey(origin, topic), seq);
    for (const { origin, topic, to } of batch.gaps) raise(stored, logKey(origin, topic), to);
  }

  #seeLog(machine: Machine, event: Event, before: NodeState, after: NodeState): void {
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

  #seeApps(machine: Machine, before: NodeState, after: NodeState): void {
    for (const rules of this.#around.rules) {
      const state = after.host.states.get(rules.app.name);
      if (state === before.host.states.get(rules.app.name)) continue;
      rules.seeState?.(this.#watch(machine, rules), state);
    }
  }

  /** A node as the rules of an app see it. */
  #watch(machine: Machine, { app }: AppRules): Watch<unknown> {
    const { tally } = this.#around;
    return {
      machine,
      view: machine.view.apps.get(app.name),
      nameOf: (id) => this.owners.get(id)?.name ?? id,
      count: (effect, times) => tally[effect] += times,
    };
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
    const owner = this.owners.get(origin);
    let known = history.find(key, stored.seq) ?? this.#addKnown(key, origin, stored.line);
    if (owner === machine && machine.lost_data && !sameBytes(known.entry.line, stored.line)) {
      this.#signsAnew(machine, key, stored.seq);
      known = this.#addKnown(key, origin, stored.line);
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
    if (this.owners.get(origin) !== machine) known.shown = true;
    check.causalDelivery(machine, known);
    raise(view.seqs, key, stored.seq);
    const rules = rulesOf(this.#around.rules, topic);
    rules?.seeDelivered?.(this.#watch(machine, rules), known.entry);
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

  #addKnown(key: string, origin: string, line: Uint8Array): Known {
    const { history } = this.#around;
    if (this.owners.get(origin)?.lies ?? true) return history.addAny(key, line);
    const known = history.addHonest(key, line);
    must(known !== null, "logs_are_prefixes", () => `an entry of ${key} was never signed so`);
    return known!;
  }

  #seeEffect(machine: Machine, effect: Effect): void {
    switch (effect.kind) {
      case "send":
        this.#mix(effect.link, effect.lines.length, 0);
        for (const line of effect.lines) this.#seeSent(machine, line);
        return;
      case "print":
        for (const record of effect.records) this.#seePrinted(machine, record);
        return;
      case "notice":
        return this.#seeNotice(effect.notice.kind);
      case "renew":
        this.#around.tally.keys_renewed++;
        return;
      case "done":
        if (effect.acknowledged) this.#seeLeft(machine);
        return;
    }
  }

  #seeSetAside(machine: Machine, effects: readonly Effect[]): void {
    const aside = effects.flatMap((one) => one.kind === "quarantine" ? one.arrivals : []);
    if (aside.length === 0) return;
    check.forgetSetAside(machine, new Set(aside));
    this.#around.tally.damaged_entries_set_aside += aside.length;
  }

  #seeSigned(machine: Machine, { header, unsigned }: Signed): void {
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
  #seeGone(machine: Machine, { header: { key, seq, origin }, line }: Signed): void {
    const known = this.#around.history.find(key, seq);
    if (known !== undefined && sameBytes(known.entry.line, line)) return;
    if (known !== undefined && machine.lost_data) this.#signsAnew(machine, key, seq);
    if (known === undefined || machine.lost_data) this.#addKnown(key, origin, line);
  }

  #seeSent(machine: Machine, line: Uint8Array): void {
    const { length } = line;
    this.#mix(length, line[length >> 1], line[length - 8]);
    if (line[2] === O) return this.#seeEntrySent(machine, line);
    // {"k":"have",...
    if (line[6] !== H || line[7] !== 0x61) return;
    check.claimsAreTrue(machine, JSON.parse(decoder.decode(line)).c);
  }

  #seeEntrySent(machine: Machine, line: Uint8Array): void {
    // The same bytes go out on many links, and are looked at once.
    const header = this.#headers.get(line) ?? peekHeader(line)!;
    if (!check.isStoredProof(machine, line)) {
      check.shownIsStored(machine, header.key, header.seq);
    }
    if (this.#headers.has(line)) return;
    this.#headers.set(line, header);
    const owner = this.owners.get(header.origin), { history } = this.#around;
    if (owner === undefined || owner.lies || history.split.has(header.key)) return;
    // What came from the disk, and was dropped by retention but for its newest entry, is sent so.
    const known = history.find(header.key, header.seq) ??
      this.#addKnown(header.key, header.origin, line);
    must(
      sameBytes(known.entry.line, line),
      "no_number_twice",
      () => `${machine.name} sent another ${header.key}#${header.seq} than was sent before`,
    );
    if (owner === machine) known.shown = true;
  }

  #seePrinted(machine: Machine, record: Printed): void {
    const { history, rules } = this.#around;
    if (record.kind === "gap") {
      machine.gaps_printed++;
      const { topic, origin, to } = record.gap;
      raise(machine.view.printed, logKey(origin, topic), to);
    } else if (record.kind === "record") {
      const one = rules.find(({ app }) => app.name === record.app);
      one?.seeRecord?.(this.#watch(machine, one), record.record);
    } else {
      const key = logKey(record.origin, record.topic);
      check.shownIsStored(machine, key, record.entry);
      if ((this.owners.get(record.origin)?.lies ?? true) || history.split.has(key)) {
        raise(machine.view.printed, key, record.entry);
        machine.printed.add(`${key}#${record.entry}`);
        return;
      }
      check.itemsOnce(machine, record, history.find(key, record.entry), history);
    }
  }

  #seeNotice(kind: string): void {
    const { tally } = this.#around;
    if (kind === "forked") tally.forks_proven++;
    if (kind === "storage") tally.full_disks++;
  }

  /** Nobody believes that others hold what none of them ever got. */
  #seeAcknowledged(machine: Machine, { publish, log }: NodeState): void {
    if (this.#around.lying) return;
    for (const [index, seq] of publish.acknowledged.entries()) {
      if (!(seq > 0) || log.heads[index].origin !== machine.node.id) continue;
      this.#mustBeHeld(machine, logKey(machine.node.id, log.heads[index].topic), seq);
    }
  }

  #mustBeHeld(machine: Machine, key: string, seq: number): void {
    const held = this.#around.machines.some((other) =>
      other !== machine && (other.view.seqs.get(key) ?? 0) >= seq
    );
    must(
      held || this.ever.get(key)! >= seq,
      "acknowledged_is_kept",
      () => `${machine.name} takes ${key}#${seq} for acknowledged, and nobody else has it`,
    );
  }

  /** What machines had that were killed since, by log. */
  readonly ever = new Map<string, number>();

  /** Who leaves and says that it was acknowledged has left nothing behind that nobody has. */
  #seeLeft(machine: Machine): void {
    this.#around.tally.goodbyes_acknowledged++;
    const { state } = machine.node;
    if (this.#around.lying || state.membership.members.sorted.length === 0) return;
    for (const [index, { origin, topic }] of state.log.heads.entries()) {
      if (origin !== machine.node.id || topic === PRESENCE) continue;
      this.#mustBeHeld(machine, logKey(origin, topic), state.log.clock[index]);
    }
  }

  #seeMembers(machine: Machine, before: NodeState): void {
    const { tally, mild } = this.#around;
    const { members } = machine.node.state.membership;
    for (const [id, member] of members.by_id) {
      const old = before.membership.members.by_id.get(id);
      if (old === member || old === undefined || old.state === member.state) continue;
      if (member.state === "suspect") tally.suspects++;
      if (member.state === "failed") tally.failures_declared++;
      const doubted = old.state === "suspect" || old.state === "failed";
      if (doubted && member.state === "alive") tally.deaths_refuted++;
    }
    if (!mild) return;
    check.noFalseFailed(machine, before, (id) => {
      const owner = this.owners.get(id);
      return owner !== undefined && owner.node.alive && owner.node.id === id;
    });
  }

  #mix(a: number, b: number, c: number): void {
    const hash = Math.imul(this.hash ^ a, 0x01000193);
    this.hash = Math.imul(hash ^ (b | 0), 0x85ebca6b) ^ c ^ (hash >>> 13);
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
