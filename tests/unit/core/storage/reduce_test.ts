import { assert, assertEquals, assertStrictEquals } from "@std/assert";
import { STORE_DROP_ENTRIES, STORE_RETRY_MS } from "../../../../src/core/data/limits.ts";
import { insertEntries, trimLog } from "../../../../src/core/log/log.ts";
import type { NodeState } from "../../../../src/core/node.ts";
import { reduceStorage } from "../../../../src/core/storage/reduce.ts";
import { isSettled, newStorage, type Storage } from "../../../../src/core/storage/slice.ts";
import type { StorageEvent, StorageOut } from "../../../../src/core/storage/turn.ts";
import type { AppRow, Kept, StoreBatch } from "../../../../src/core/data/stored.ts";
import { deepFreeze } from "../../../helpers/deep_freeze.ts";
import { entryOf, hashOf, makeEntry, makeLine, ORIGINS } from "../../../helpers/history.ts";
import { ENV, NOW_MS, startNode } from "../../../helpers/node_subject.ts";

const [ann] = ORIGINS;
const PAID: AppRow = { table: "payments", key: "x", row: [1, "ann", "bob", 5] };
const TAKEN_BACK: AppRow = { table: "payments", key: "x", row: null };
const SEAT: Kept = { app: "chat", key: "seat", value: 3 };
const NO_SEAT: Kept = { app: "chat", key: "seat", value: null };

/** A node with or without a disk; its storage has stored everything. */
function nodeWith(durable = true): { node: NodeState; storage: Storage } {
  const node = startNode({ durable }, 0), { log, host: { states } } = node;
  return { node, storage: newStorage({ log, states }) };
}

/** What happens to storage at a node. */
function happen(
  node: NodeState,
  storage: Storage,
  event: StorageEvent,
  now_ms = NOW_MS,
): { storage: Storage; outs: readonly StorageOut[] } {
  const view = { ...node, env: ENV, now_ms };
  const [after, outs] = reduceStorage(deepFreeze(storage), event, view);
  return { storage: after, outs };
}

function news(node: NodeState, storage: Storage, rows: AppRow[], kept: Kept[]): Storage {
  return happen(node, storage, { kind: "app_news", rows, kept }).storage;
}

function batchOf(outs: readonly StorageOut[]): StoreBatch | undefined {
  return outs.flatMap((out) => out.kind === "persist" ? [out.batch] : [])[0];
}

/** Rows and what is kept, in a batch. */
function extras(outs: readonly StorageOut[]) {
  const { rows, kept } = batchOf(outs)!;
  return { rows, kept };
}

Deno.test("`reduceStorage()` shows at once what is there where nothing is to be stored", () => {
  const { node, storage } = nodeWith();
  const settled = happen(node, storage, { kind: "settle" });
  assertStrictEquals(settled.storage, storage);
  assertEquals(settled.outs, [{ kind: "settled" }]);
  assert(isSettled(storage, node.log, true));
});

Deno.test("`reduceStorage()` keeps nothing for a disk where there is none", () => {
  const { node, storage } = nodeWith(false);
  assertStrictEquals(news(node, storage, [PAID], [SEAT]), storage);
  const log = insertEntries(node.log, [makeEntry({ origin: ann, seq: 1 })], 0, ENV)[0];
  const { storage: shown, outs } = happen({ ...node, log }, storage, { kind: "settle" });
  assertEquals(outs, [{ kind: "settled" }]);
  assertStrictEquals(shown.settled.log, log);
});

Deno.test("`reduceStorage()` stores rows and what apps keep with the entries that they come of", () => {
  const { node, storage } = nodeWith();
  const log = insertEntries(node.log, [makeEntry({ origin: ann, seq: 1 })], 0, ENV)[0];
  const more = news(node, news(node, storage, [PAID], []), [], [SEAT]);
  const { storage: under_way, outs } = happen({ ...node, log }, more, { kind: "settle" });
  assertEquals(extras(outs), { rows: [PAID], kept: [SEAT] });
  assertEquals(batchOf(outs)!.entries.map(({ origin }) => origin), [ann]);
  // Until it is stored nothing is shown, and nothing else is stored.
  assertEquals([isSettled(under_way, log, true), under_way.settled.log === log], [false, false]);
  assertEquals(happen({ ...node, log }, under_way, { kind: "settle" }).outs, []);
  const stored = happen({ ...node, log }, under_way, { kind: "stored", fault: null }).storage;
  assertStrictEquals(stored.settled.log, log);
  const { rows, kept, ...others } = stored.news;
  assertEquals([rows.length, kept.length, others], [0, 0, { gaps: [], forks: [], forgotten: [] }]);
  assertEquals(happen({ ...node, log }, stored, { kind: "settle" }).outs, [{ kind: "settled" }]);
});

Deno.test("`reduceStorage()` stores in the next batch what comes while one is stored", () => {
  const { node, storage } = nodeWith();
  const first = happen(node, news(node, storage, [PAID], [SEAT]), { kind: "settle" });
  const later = news(node, first.storage, [TAKEN_BACK], [NO_SEAT]);
  assertEquals([...later.news.rows.from()], [PAID, TAKEN_BACK]);
  const stored = happen(node, later, { kind: "stored", fault: null }).storage;
  assertEquals([[...stored.news.rows.from()], [...stored.news.kept.from()]], [[TAKEN_BACK], [
    NO_SEAT,
  ]]);
  const second = happen(node, stored, { kind: "settle" });
  assertEquals(extras(second.outs), { rows: [TAKEN_BACK], kept: [NO_SEAT] });
  const done = happen(node, second.storage, { kind: "stored", fault: null }).storage;
  assertEquals(happen(node, done, { kind: "settle" }).outs, [{ kind: "settled" }]);
});

Deno.test("`reduceStorage()` stores again, with what came since, what a disk refused", () => {
  const { node, storage } = nodeWith();
  const first = happen(node, news(node, storage, [PAID], [SEAT]), { kind: "settle" });
  const later = news(node, first.storage, [TAKEN_BACK], [NO_SEAT]);
  const refused = happen(node, later, { kind: "stored", fault: "disk full" });
  assertEquals(refused.outs.map(({ kind }) => kind), ["notice", "count", "wake"]);
  const early = happen(node, refused.storage, { kind: "settle" });
  assertEquals([batchOf(early.outs), early.outs.at(-1)!.kind], [undefined, "settled"]);
  const again = happen(node, early.storage, { kind: "settle" }, NOW_MS + STORE_RETRY_MS);
  assertEquals(extras(again.outs), { rows: [PAID, TAKEN_BACK], kept: [SEAT, NO_SEAT] });
});

Deno.test("`reduceStorage()` stores the rows of what it loads only where they were lost", () => {
  const { node, storage } = nodeWith();
  const none = { gaps: [], forks: [], printed: [], kept: [], forgotten: [], drop_before: 0 };
  for (const rows_stale of [false, true]) {
    const event = { kind: "restored", restored: { ...none, stale: false, rows_stale } } as const;
    const loading = news(node, happen(node, storage, event).storage, [PAID], [SEAT]);
    const loaded = happen(node, loading, { kind: "finish" }).storage;
    const { outs } = happen(node, loaded, { kind: "settle" });
    assertEquals(extras(outs), { rows: rows_stale ? [PAID] : [], kept: [SEAT] });
  }
});

Deno.test("`reduceStorage()` stores the rows of all that it loads where some of it is set aside", () => {
  const { node, storage } = nodeWith();
  const none = { gaps: [], forks: [], printed: [], kept: [], forgotten: [], drop_before: 0 };
  const restored = { ...none, stale: false, rows_stale: false };
  const { storage: begun } = happen(node, storage, { kind: "restored", restored });
  const before = news(node, begun, [PAID], []);
  const aside = happen(node, before, { kind: "unfit", arrivals: [3] });
  assert(aside.outs.some(({ kind }) => kind === "quarantine"));
  const after = news(node, aside.storage, [TAKEN_BACK], []);
  const { storage: loaded } = happen(node, after, { kind: "finish" });
  const { outs } = happen(node, loaded, { kind: "settle" });
  assertEquals(extras(outs).rows, [PAID, TAKEN_BACK]);
});

Deno.test("`reduceStorage()` lets entries go that retention dropped, many at once", () => {
  const { node, storage } = nodeWith();
  const lines: Uint8Array[] = [];
  for (let seq = 1; seq <= STORE_DROP_ENTRIES + 2; seq++) {
    const previous = seq === 1 ? "" : hashOf(lines[seq - 2]);
    lines.push(makeLine({ origin: ann, seq, previous }));
  }
  const [full] = insertEntries(node.log, lines.map(entryOf), 0, ENV);
  const dropBefore = (keep: number) => {
    const bytes = full.totals.kept_bytes / lines.length * keep;
    const log = trimLog(full, bytes);
    return batchOf(happen({ ...node, log }, storage, { kind: "settle" }).outs)!.drop_before;
  };
  const own = node.log.totals.arrivals;
  assertEquals(dropBefore(lines.length), 0);
  assert(dropBefore(1) >= own + STORE_DROP_ENTRIES);
});

Deno.test("`reduceStorage()` goes on under another id with what is stored, and is being stored", () => {
  const { node, storage } = nodeWith();
  const log = insertEntries(node.log, [makeEntry({ origin: ann, seq: 1 })], 0, ENV)[0];
  const { storage: busy } = happen({ ...node, log }, storage, { kind: "settle" });
  const { storage: renamed } = happen(node, busy, { kind: "renamed", self: ann });
  assertEquals([renamed.settled.log.self, renamed.under_way!.log.self], [ann, ann]);
  assertEquals(renamed.settled.states, storage.settled.states);
});
