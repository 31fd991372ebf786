import { assert, assertEquals } from "@std/assert";
import type { AppEvent, AppView } from "../../../src/core/host/app.ts";
import { chain } from "../../../src/apps/chain/app.ts";
import type { Block } from "../../../src/apps/chain/blockchain.ts";
import {
  AWAITED_BLOCKS_MAX,
  POOL_BYTES_MAX,
  POOL_BYTES_TARGET,
  POOL_MAX,
} from "../../../src/apps/chain/limits.ts";
import { DATA } from "../../../src/apps/chain/data.ts";
import { CHAIN } from "../../../src/apps/chain/options.ts";
import type { OrderRule } from "../../../src/apps/chain/order.ts";
import { isAwaited, nextRecords } from "../../../src/apps/chain/pool.ts";
import { RECORDS } from "../../../src/apps/chain/record.ts";
import type { ChainState } from "../../../src/apps/chain/state.ts";
import { branchFrom, placeBlock, type Tree } from "../../../src/apps/chain/tree.ts";
import type { Json } from "../../../src/core/types.ts";
import { itemsOf } from "../../helpers/delivered.ts";
import { entryOf, makeLine, ORIGINS } from "../../helpers/history.ts";
import { appViewOf } from "../../helpers/app_view.ts";
import { CONFIG, linkedNode } from "../../helpers/node_subject.ts";
import { Follower } from "./follower.ts";
import { blockOn, emptyTree, recordsOfItems, RULES, wordRecord, WORDS } from "./stage.ts";

const VIEW: AppView = appViewOf(linkedNode());
const ITEMS = 200;
const NOW_MS = 1_700_000_000_000;

type List = readonly [who: number, seq: number, items: readonly Json[]];

/** Entries of items came in the topic of records. */
function delivered(...lists: readonly List[]): AppEvent {
  const entries = lists.map(([who, seq, items]) => {
    const previous = seq === 1 ? "" : "h".repeat(43);
    const fields = { origin: ORIGINS[who], topic: RECORDS, seq, previous };
    return entryOf(makeLine({ ...fields, items: JSON.stringify(items) }));
  });
  return { kind: "delivered", items: itemsOf(entries) };
}

/** A node that follows the chain and does not mine, once these items came in the topic of records. */
function after(...lists: readonly List[]) {
  let state = chain.initial({ ...CONFIG, apps: { [CHAIN]: { mine: "never" } } }, []);
  for (const [who, seq, items] of lists) {
    [state] = chain.reduce!(state, delivered([who, seq, items]), VIEW);
  }
  return state as ChainState;
}

/** A tree that goes on with a block. */
function placed(tree: Tree, block: Block): Tree {
  const placing = placeBlock(tree, block);
  assert(placing.kind === "placed");
  return placing.tree;
}

function texts({ pool }: ChainState): unknown[] {
  return [...pool.values()].map(({ item }) => (item as { text?: string }).text);
}

Deno.test("`takeRecord()` keeps records that may be ordered, and no junk", () => {
  const good = { k: "data", text: "good" };
  const junk: Json[] = [null, 7, "data", [], {}, { k: "data" }, { k: "data", text: 7 }, { k: "x" }];
  const more: Json[] = [{ ...good, more: 1 }, { ...good, id: "" }, { ...good, id: 7 }];
  assertEquals(texts(after([0, 1, [...junk, good, ...more]])), ["good"]);
  const long = { k: "data", text: "x".repeat(8_193) };
  assertEquals(texts(after([0, 1, [long]], [0, 2, [{ ...good, id: "a" }]])), ["good"]);
  // No block may hold an entry that is so long.
  assertEquals(texts(after([0, 1, [good, "x".repeat(16_384)]])), []);
});

Deno.test("`takeRecord()` knows the place of a record in its entry, and keeps each once", () => {
  const two = [{ k: "data", text: "a" }, { k: "data", text: "b" }];
  const state = after([0, 1, two]), [a, b] = [...state.pool.values()];
  assertEquals([a.place, b.place, a.key === b.key], [0, 1, false]);
  const again = after([0, 1, two], [0, 1, two]);
  assertEquals([again.pool.size, again.pool_bytes], [2, state.pool_bytes]);
});

Deno.test("`takeRecord()` keeps no record that the best branch has, and `movePool()` brings it back", () => {
  const node = new Follower(NOW_MS),
    [a, b, c] = ["a", "b", "c"].map((text) => ({ k: "data", text }));
  const first = recordsOfItems([a], 1, 1), second = recordsOfItems([b], 2, 1);
  const { best } = emptyTree([DATA]);
  const one = blockOn(best, first), two = blockOn(placed(emptyTree([DATA]), one).best, second);
  node.blocks([one, two]);
  node.tell(delivered([1, 1, [a]], [1, 2, [b]], [1, 3, [c]]));
  assertEquals(texts(node.state), ["c"]);
  let other = emptyTree([DATA]);
  for (let at = 0; at < 3; at++) other = placed(other, blockOn(other.best, [], 5_001));
  node.blocks(branchFrom(other.best, 1).map(({ block }) => block));
  assertEquals(node.state.tree!.best.hash, other.best.hash);
  assertEquals(texts(node.state), ["c", "a", "b"]);
});

Deno.test("`nextRecords()` counts a line once for all its records", () => {
  const items = Array.from({ length: 150 }, (_, at) => ({ k: "word", word: `word ${at}` }));
  const records = recordsOfItems(items);
  assertEquals(nextRecords(emptyTree(), records).records, records);
  const long = { k: "word", word: "x".repeat(10_000) };
  const more = [1, 2, 3, 4].map((seq) =>
    recordsOfItems([{ ...long, word: long.word + seq }], seq)[0]
  );
  assertEquals(nextRecords(emptyTree(), more).records, more.slice(0, 3));
  // What comes behind does not overtake it.
  const last = wordRecord("short", 5);
  assertEquals(nextRecords(emptyTree(), [...more, last]).records, more.slice(0, 3));
});

Deno.test("`isAwaited()` is true while the next blocks decide of a record, and never for long", () => {
  const rule: OrderRule = {
    ...WORDS,
    apply: (_, { item }, index) => {
      const { word: until } = item as { word: number };
      if (until === 0) return { refused: "not now", later: true };
      return until < index ? { refused: "too late" } : { refused: "not now", later: true, until };
    },
  };
  const tree = emptyTree([rule]);
  const isWaited = (word: number) => isAwaited(tree, [recordsOfItems([{ k: "word", word }])[0]]);
  const most = AWAITED_BLOCKS_MAX;
  assertEquals([1, 64, most, most + 1, 0].map(isWaited), [true, true, true, false, false]);
  assertEquals([isAwaited(emptyTree(), [wordRecord("bad")]), isAwaited(tree, [])], [false, false]);
});

Deno.test("`trimPool()` lets nobody push out the records of others", () => {
  const flood = Array.from({ length: POOL_MAX / ITEMS + 20 }, (_, at) => {
    const items = Array.from({ length: ITEMS }, (_, i) => ({ k: "data", text: `${at}-${i}` }));
    return [0, at + 2, items] as const;
  });
  const honest = [1, 1, [{ k: "data", text: "honest" }]] as const;
  const state = after(honest, ...flood);
  assertEquals([state.pool.size, texts(state)[0]], [POOL_MAX, "honest"]);
  assertEquals(texts(state).at(-1), `${flood.length - 1}-${ITEMS - 1}`);
});

/** A record that may count once, as its id says. */
function withId(id: string, text = id): Json {
  return { k: "data", text, id };
}

Deno.test("`trimPool()` bounds the bytes of the lines that records hold, and counts a line once", () => {
  const many = Array.from({ length: ITEMS }, (_, at) => ({ k: "data", text: `${at}` }));
  const [{ line }] = [...after([0, 1, many]).pool.values()];
  assertEquals(after([0, 1, many]).pool_bytes, line.length);
  // Of each entry one item is a record, and the other only long.
  const long = (at: number) => [{ k: "data", text: `${at}`.padEnd(8_000) }, "x".repeat(7_500)];
  const count = Math.ceil(POOL_BYTES_MAX / 15_500) + 10;
  const flood = Array.from({ length: count }, (_, at) => [0, at + 2, long(at)] as const);
  const { pool, pool_bytes } = after([1, 1, [{ k: "data", text: "honest" }]], ...flood);
  const texts = [...pool.values()].map(({ item }) => (item as { text: string }).text.trim());
  const bytes = [...pool.values()].reduce((sum, { line }) => sum + line.length, 0);
  assert(bytes <= pool_bytes && pool_bytes <= POOL_BYTES_MAX, `${bytes} of ${pool_bytes}`);
  assert(bytes > POOL_BYTES_MAX / 2, `${bytes}`);
  assertEquals([texts[0], texts.at(-1)], ["honest", `${count - 1}`]);
  // So much goes at once that it is not done for each line.
  assert(pool_bytes < (POOL_BYTES_TARGET + POOL_BYTES_MAX) / 2, `${pool_bytes}`);
});

Deno.test("`nextRecords()` tries a record that has no place once behind each block", () => {
  let tried = 0;
  const counted = {
    ...DATA,
    apply: (...args: Parameters<typeof DATA.apply>) => {
      tried++;
      return DATA.apply(...args);
    },
  };
  const tree = emptyTree([counted]);
  const pool = recordsOfItems([withId("a"), withId("a", "again"), withId("b")]);
  const first = nextRecords(tree, pool);
  assertEquals([first.records, first.refused, tried], [[pool[0], pool[2]], [pool[1].key], 3]);
  const again = nextRecords(tree, pool, new Set(first.refused));
  assertEquals([again.records, again.refused, tried], [first.records, [], 5]);
});

Deno.test("records that have no place are tried again when others went that were too many", () => {
  const node = new Follower(1_000_000, { mine: "auto" });
  node.records([withId("a"), withId("a", "again")], ORIGINS[1]);
  node.now_ms += RULES.block_time_ms;
  node.tell({ kind: "woken" });
  assertEquals(node.state.looked.refused.size, 1);
  const items = Array.from({ length: ITEMS }, (_, at) => ({ k: "data", text: `${at}` }));
  const flood = Array.from({ length: POOL_MAX / ITEMS }, (_, at) => [2, at + 2, items] as const);
  node.tell(delivered(...flood));
  assertEquals([node.state.pool.size, node.state.looked.refused.size], [POOL_MAX, 0]);
});

Deno.test("mining tries records that have no place again behind another block, and not before", () => {
  const node = new Follower(1_000_000, { mine: "auto" });
  node.records([withId("a"), withId("a", "again")], ORIGINS[1]);
  // Not each record is a reason to look.
  node.now_ms += RULES.block_time_ms;
  node.tell({ kind: "woken" });
  const { refused, best } = node.state.looked;
  assertEquals([refused.size, best], [1, node.state.tree!.best.hash]);
  node.now_ms += RULES.block_time_ms;
  node.tell({ kind: "woken" });
  assertEquals([node.state.looked.refused === refused, node.state.looked.at_ms], [
    true,
    node.now_ms,
  ]);
  node.blocks([blockOn(emptyTree([DATA]).best, [])]);
  assert(node.state.looked.refused !== refused);
  assertEquals(node.state.looked.refused, refused);
});
