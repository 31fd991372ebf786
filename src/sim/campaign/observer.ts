/**
 * Watches every event of every node, keeps what an all-seeing witness would know, and calls the
 * invariants. It looks at effects and at what was delivered, and changes nothing.
 */

import type { Effect, Event, Printed } from "../../core/types.ts";
import type { StoreBatch } from "../../core/data/stored.ts";
import { type EntryHeader, logKey, peekHeader, sameBytes } from "../../core/log/entry.ts";
import { PRESENCE } from "../../core/log/slice.ts";
import type { NodeState } from "../../core/node.ts";
import type { SimNode } from "../sim_node.ts";
import { memoryBounds } from "./bounds.ts";
import { forksAreProven } from "./fork_invariants.ts";
import * as check from "./invariants.ts";
import { LogWatcher, type Signed, signedEntry } from "./log_watcher.ts";
import { type Machine, raise } from "./machine.ts";
import { type Surroundings, watch } from "./surroundings.ts";
import { countEffects } from "./tally.ts";
import { must } from "./violation.ts";

const decoder = new TextDecoder();
const O = 0x6f, H = 0x68;

export class Observer {
  readonly #around: Surroundings;
  readonly #log: LogWatcher;
  /** What the node signed with the event that is under way. */
  #signed: Signed[] = [];
  /** What was looked at when it was sent first. */
  readonly #headers = new WeakMap<Uint8Array, EntryHeader>();
  events = 0;
  hash = 0x811c9dc5;

  constructor(around: Surroundings) {
    this.#around = around;
    this.#log = new LogWatcher(around);
  }

  /** A node signs; what it does then is seen later. */
  noteSigned(unsigned: Uint8Array, signature: string): void {
    const entry = signedEntry(unsigned, signature);
    if (entry !== null) this.#signed.push(entry);
  }

  /** An event of a node, what followed, and the state before. */
  see(node: SimNode, event: Event, effects: readonly Effect[], before: NodeState): void {
    const machine = this.#around.machineOf(node), after = node.state;
    this.events++;
    this.#mix(machine.index * 64 + event.kind.length, event.now_ms, effects.length);
    const signed = this.#signed;
    this.#signed = [];
    if (event.kind === "renewed") this.#around.owners.set(event.id, machine);
    if (machine.lies) return;
    // It had delivered everything else of this event by then: what is said itself comes last.
    for (const one of signed) this.#log.seeSigned(machine, one);
    if (event.kind === "stored" && event.fault === null) {
      this.#noteStored(machine, before.storage.under_way!.batch);
    }
    if (after.log !== before.log) this.#log.see(machine, event, before, after);
    for (const one of signed) this.#log.seeGone(machine, one);
    if (this.#around.lying && event.kind === "lines") {
      forksAreProven(machine, event.link, event.lines, before, this.#around.verify);
    }
    for (const effect of effects) this.#seeEffect(machine, effect, before);
    this.#seeSetAside(machine, effects);
    if (event.kind === "started") check.restoredIsComplete(machine);
    if (after.publish.acknowledged !== before.publish.acknowledged) {
      this.#seeAcknowledged(machine, after);
    }
    if (after.host.states !== before.host.states) this.#seeApps(machine, before, after);
    if (after.membership.members !== before.membership.members) this.#seeMembers(machine, before);
    memoryBounds(machine, before);
    const peer = event.kind === "lines" ? before.session.links.get(event.link)?.peer : undefined;
    const from_liar = this.#around.owners.get(peer ?? "")?.lies ?? false;
    const counted = this.#around.rules.flatMap((one) => one.counted ?? []);
    countEffects(this.#around.tally, before, after, from_liar, counted);
  }

  /** Entries of a batch are on the disk. */
  #noteStored(machine: Machine, batch: StoreBatch): void {
    const { stored } = machine.view;
    for (const { origin, topic, seq } of batch.entries) raise(stored, logKey(origin, topic), seq);
    for (const { origin, topic, to } of batch.gaps) raise(stored, logKey(origin, topic), to);
  }

  #seeEffect(machine: Machine, effect: Effect, before: NodeState): void {
    switch (effect.kind) {
      case "send":
        this.#mix(effect.link, effect.lines.length, 0);
        for (const line of effect.lines) this.#seeSent(machine, line, before);
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

  #seeSent(machine: Machine, line: Uint8Array, before: NodeState): void {
    const { length } = line;
    this.#mix(length, line[length >> 1], line[length - 8]);
    if (line[2] === O) return this.#seeEntrySent(machine, line);
    // {"k":"have",...
    if (line[6] !== H || line[7] !== 0x61) return;
    check.claimsAreTrue(machine, before, JSON.parse(decoder.decode(line)).c);
  }

  #seeEntrySent(machine: Machine, line: Uint8Array): void {
    // The same bytes go out on many links, and are looked at once.
    const header = this.#headers.get(line) ?? peekHeader(line)!;
    if (!check.isStoredProof(machine, line)) {
      check.shownIsStored(machine, header.key, header.seq);
    }
    if (this.#headers.has(line)) return;
    this.#headers.set(line, header);
    const owner = this.#around.owners.get(header.origin), { history } = this.#around;
    if (owner === undefined || owner.lies || history.split.has(header.key)) return;
    // What came from the disk, and was dropped by retention but for its newest entry, is sent so.
    const known = history.find(header.key, header.seq) ??
      this.#log.add(header.key, header.origin, line);
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
      const { topic, origin, to } = record.gap, key = logKey(origin, topic);
      // Causes that did not come are told, and may come later.
      if ((machine.view.excused.get(key) ?? 0) < to) raise(machine.view.printed, key, to);
    } else if (record.kind === "record") {
      const one = rules.find(({ app }) => app.name === record.app);
      one?.seeRecord?.(watch(this.#around, machine, one), record.record);
    } else {
      const key = logKey(record.origin, record.topic);
      check.shownIsStored(machine, key, record.entry);
      if ((this.#around.owners.get(record.origin)?.lies ?? true) || history.split.has(key)) {
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
      const owner = this.#around.owners.get(id);
      return owner !== undefined && owner.node.alive && owner.node.id === id;
    });
  }

  #seeApps(machine: Machine, before: NodeState, after: NodeState): void {
    for (const rules of this.#around.rules) {
      const state = after.host.states.get(rules.app.name);
      if (state === before.host.states.get(rules.app.name)) continue;
      rules.seeState?.(watch(this.#around, machine, rules), state);
    }
  }

  #mix(a: number, b: number, c: number): void {
    const hash = Math.imul(this.hash ^ a, 0x01000193);
    this.hash = Math.imul(hash ^ (b | 0), 0x85ebca6b) ^ c ^ (hash >>> 13);
  }
}
