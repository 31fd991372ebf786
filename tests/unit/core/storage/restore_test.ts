import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import type { Ledger } from "../../../../src/apps/ledger/ledger.ts";
import { logKey } from "../../../../src/core/log/entry.ts";
import { initialState, type NodeState } from "../../../../src/core/node.ts";
import type { Effect, Event, Printed } from "../../../../src/core/types.ts";
import type { NodeConfig } from "../../../../src/core/data/config.ts";
import type { StoredRow } from "../../../../src/core/data/stored.ts";
import { SimStore } from "../../../../src/sim/sim_store.ts";
import { check } from "../../../helpers/check.ts";
import { hashOf, makeLine, ORIGINS } from "../../../helpers/history.ts";
import {
  APPS,
  CONFIG,
  drive,
  ENV,
  linesEvent,
  linkedNode,
  NOW_MS,
  sessions,
} from "../../../helpers/node_subject.ts";

const [, , , DAN] = ORIGINS;

/** A node and its disk, which answers at once. */
class Machine {
  node: NodeState;
  effects: Effect[] = [];
  now_ms = NOW_MS;

  constructor(readonly store: SimStore, node: NodeState) {
    this.node = node;
    const { under_way } = node.storage;
    if (under_way === null) return;
    this.#drive({ kind: "stored", now_ms: 0, fault: store.commit(under_way.batch) });
  }

  do(...events: Event[]): this {
    for (const event of [...events, { kind: "tick", now_ms: 0 } as const]) this.#drive(event);
    return this;
  }

  pass(time_ms: number): this {
    this.now_ms += time_ms;
    return this.do().do();
  }

  get printed(): Printed[] {
    return this.effects.flatMap((effect) => effect.kind === "print" ? effect.records : []);
  }

  #drive(event: Event): void {
    const [after, effects] = drive(this.node, { ...event, now_ms: this.now_ms });
    this.node = after;
    for (const effect of effects) {
      this.effects.push(effect);
      if (effect.kind === "persist") {
        this.#drive({ kind: "stored", now_ms: 0, fault: this.store.commit(effect.batch) });
      } else if (effect.kind === "print") {
        this.#drive({ kind: "printed", now_ms: 0, bytes: effect.bytes });
      } else if (effect.kind === "quarantine") this.store.quarantine(effect.arrivals);
    }
  }
}

function newStore(): SimStore {
  return new SimStore(ENV.sha256, new Set(["ledger"]));
}

function newMachine(config: Partial<NodeConfig> = {}): Machine {
  return new Machine(newStore(), linkedNode({ ...config, durable: true })).do();
}

/** A node that finds what the disk of another has; the rows come in as many pieces as told. */
function restart(store: SimStore, config: Partial<NodeConfig> = {}, pieces = 1): Machine {
  const machine = new Machine(
    store,
    initialState({ ...CONFIG, ...config, durable: true }, 1, APPS),
  );
  const { restored, rows } = store;
  const size = Math.max(1, Math.ceil(rows.length / pieces));
  const parts: StoredRow[][] = [];
  for (let at = 0; at < rows.length; at += size) parts.push(rows.slice(at, at + size));
  return machine.do(
    { kind: "restored", now_ms: 0, restored },
    ...parts.map((rows): Event => ({ kind: "loaded", now_ms: 0, rows })),
  );
}

function start(machine: Machine): Machine {
  const host = { host: "me", fallback_host: "me", port: 7000 };
  return machine.do({ kind: "started", now_ms: 0, ...host });
}

/** What a node knows, however it came to know it; own words of presence left out. */
function picture({ log, host }: NodeState) {
  const ledger = host.states.get("ledger") as Ledger;
  const logs = log.heads.map(({ origin, topic, hash, next_item, fork }, index) => {
    const mine = origin === log.self && topic === "presence";
    return [logKey(origin, topic), mine ? null : [log.clock[index], hash, next_item, fork]];
  });
  const orders = [...log.topics].map(([name, { order }]) => [
    name,
    [...order.from()].map(({ line }) => line).filter((_) => name !== "presence"),
  ]);
  return {
    logs: logs.sort(([a], [b]) => (String(a) < String(b) ? -1 : 1)),
    orders: orders.sort(([a], [b]) => (String(a) < String(b) ? -1 : 1)),
    balances: ledger.balances.toJSON().filter(([, amount]) => amount !== 0n),
    transactions: ledger.applied.end,
  };
}

Deno.test("`takeLoaded()` gives the same log, ledger and clock as before, in any pieces", () => {
  check(
    fc.property(sessions, fc.integer({ min: 1, max: 5 }), (lines, pieces) => {
      const before = newMachine();
      for (const { link, bytes } of lines) before.do(linesEvent(link, bytes));
      before.pass(1_000).pass(1_000);
      const after = start(restart(before.store, {}, pieces));
      assertEquals(picture(after.node), picture(before.node));
      assertEquals(after.effects.some(({ kind }) => kind === "quarantine"), false);
      // What was printed is not printed again.
      assertEquals(after.printed, []);
    }),
    150,
  );
});

Deno.test("`finishRestore()` begins to print where the output was", () => {
  const before = newMachine();
  let previous = "", rows = 0;
  for (let seq = 1; seq <= 6; seq++) {
    const line = makeLine({ origin: DAN, seq, first: seq, previous, items: `["${seq}"]` });
    previous = hashOf(line);
    before.do(linesEvent(1, line));
    if (seq === 4) rows = before.store.restored.printed[0][1];
  }
  before.pass(1_000);
  const store = before.store;
  // The program was killed before it stored that the last two were printed.
  const early = { ...store.restored, printed: [["chat", rows]] as const };
  const machine = new Machine(store, initialState({ ...CONFIG, durable: true }, 1, APPS));
  machine.do({ kind: "restored", now_ms: 0, restored: early });
  machine.do({ kind: "loaded", now_ms: 0, rows: store.rows });
  const items = start(machine).printed.flatMap((one) => one.kind === "items" ? one.items : []);
  assertEquals(items.at(-1), "6");
  assert(items.length <= 3 && items.length >= 2, items.join(" "));
});

Deno.test("`takeLoaded()` sets aside what is not what was stored, and what follows it", () => {
  const before = newMachine();
  let previous = "";
  for (let seq = 1; seq <= 3; seq++) {
    const line = makeLine({ origin: DAN, seq, first: seq, previous, items: `["${seq}"]` });
    previous = hashOf(line);
    before.do(linesEvent(1, line));
  }
  before.do(linesEvent(2, makeLine({ origin: ORIGINS[0], seq: 1, items: '["other"]' })));
  const { store } = before;
  const chat = store.rows.filter(({ line }) => new TextDecoder().decode(line).includes('"chat"'));
  for (let at = 0; at < chat[1].line.length - 1; at += 7) {
    const copy = store.copy();
    copy.stale = false;
    copy.damage(chat[1].arrival, at);
    const after = restart(copy);
    assertEquals(copy.aside, [chat[1].arrival, chat[2].arrival]);
    const { log } = after.node;
    assertEquals(log.clock[log.keys.find(logKey(DAN, "chat"))], 1);
    assertEquals(log.clock[log.keys.find(logKey(ORIGINS[0], "chat"))], 1);
    // Own entries may have been among them.
    assertEquals(after.node.membership.key.stale, true);
    const notices = start(after).effects.flatMap((one) =>
      one.kind === "notice" ? [one.notice] : []
    );
    assert(notices.some((one) => one.kind === "quarantined" && one.entries === 2));
  }
});

Deno.test("`takeRestored()` brings back gaps, forks, and who was forgotten", () => {
  const before = newMachine();
  const behind = makeLine({
    origin: DAN,
    seq: 5,
    first: 9,
    previous: "A".repeat(43),
    items: '["5"]',
  });
  const gap = JSON.stringify({ k: "gap", o: DAN, t: "chat", s: 1, e: 4 });
  before.do(linesEvent(1, makeLine({ origin: DAN, seq: 1, topic: "other" })));
  before.do(linesEvent(1, gap), linesEvent(1, behind)).pass(2_000);
  assertEquals(before.store.restored.gaps.length, 1);
  before.do(linesEvent(1, makeLine({ origin: ORIGINS[1], seq: 1, items: '["uno"]' })));
  before.do(linesEvent(2, makeLine({ origin: ORIGINS[1], seq: 1, items: '["one"]' }))).do();
  const after = start(restart(before.store));
  assertEquals(picture(after.node), picture(before.node));
  assertEquals(before.store.aside, []);
  const forgotten = [["gone".padEnd(43, "0"), "chat", 7]] as const;
  const machine = new Machine(before.store, initialState({ ...CONFIG, durable: true }, 1, APPS));
  machine.do({ kind: "restored", now_ms: 0, restored: { ...before.store.restored, forgotten } });
  assertEquals(machine.node.log.forgotten.seqs.get(`${forgotten[0][0]}/chat`), 7);
});

Deno.test("`takeLoaded()` takes a log that retention cut off, but no other that has a hole", () => {
  const lines: Uint8Array[] = [];
  for (let seq = 1, previous = ""; seq <= 4; seq++) {
    lines.push(makeLine({ origin: DAN, seq, first: seq, previous, items: `["${seq}"]` }));
    previous = hashOf(lines.at(-1)!);
  }
  const rows = lines.map((line, arrival): StoredRow => ({
    arrival,
    line: Uint8Array.of(...line, 0x0a),
    hash: hashOf(line),
  }));
  const load = (kept: readonly StoredRow[], drop_before: number) => {
    const restored = { ...newStore().restored, drop_before };
    const node = initialState({ ...CONFIG, durable: true }, 1, APPS);
    return new Machine(newStore(), node)
      .do({ kind: "restored", now_ms: 0, restored }, { kind: "loaded", now_ms: 0, rows: kept });
  };
  const clockOf = ({ node: { log } }: Machine) => log.clock[log.keys.find(logKey(DAN, "chat"))];
  assertEquals([clockOf(load(rows.slice(2), 2)), load(rows.slice(2), 2).store.aside], [4, []]);
  assertEquals(load(rows.slice(2), 0).store.aside, [2, 3]);
  const holed = load([rows[0], rows[1], rows[3]], 1);
  assertEquals([clockOf(holed), holed.node.membership.key.stale], [2, true]);
});

Deno.test("`takeLoaded()` does not take a damaged beginning for one that retention cut off", () => {
  const before = newMachine();
  let previous = "";
  for (let seq = 1; seq <= 3; seq++) {
    const line = makeLine({ origin: DAN, seq, first: seq, previous, items: `["${seq}"]` });
    previous = hashOf(line);
    before.do(linesEvent(1, line));
  }
  const { store } = before;
  const chat = store.rows.filter(({ line }) => new TextDecoder().decode(line).includes('"chat"'));
  store.damage(chat[0].arrival, 100);
  const machine = new Machine(store, initialState({ ...CONFIG, durable: true }, 1, APPS));
  // Something older, of another log, was dropped once.
  const restored = { ...store.restored, drop_before: chat[0].arrival };
  machine.do(
    { kind: "restored", now_ms: 0, restored },
    { kind: "loaded", now_ms: 0, rows: store.rows },
  );
  // Else nobody would send it again.
  assertEquals(store.aside, chat.map(({ arrival }) => arrival));
});
