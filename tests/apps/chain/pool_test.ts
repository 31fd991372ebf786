import { assertEquals } from "@std/assert";
import type { AppView } from "../../../src/core/host/app.ts";
import { chain } from "../../../src/apps/chain/app.ts";
import { POOL_MAX } from "../../../src/apps/chain/limits.ts";
import { CHAIN } from "../../../src/apps/chain/options.ts";
import { RECORDS } from "../../../src/apps/chain/record.ts";
import type { ChainState } from "../../../src/apps/chain/state.ts";
import type { Json } from "../../../src/core/types.ts";
import { itemsOf } from "../../helpers/delivered.ts";
import { entryOf, makeLine, ORIGINS } from "../../helpers/history.ts";
import { appViewOf } from "../../helpers/app_view.ts";
import { CONFIG, linkedNode } from "../../helpers/node_subject.ts";

const VIEW: AppView = appViewOf(linkedNode());
const ITEMS = 200;

/** A node that follows the chain and does not mine, once these items came in the topic of records. */
function after(...lists: readonly (readonly [who: number, seq: number, items: readonly Json[]])[]) {
  let state = chain.initial({ ...CONFIG, apps: { [CHAIN]: { mine: "never" } } }, []);
  for (const [who, seq, items] of lists) {
    const previous = seq === 1 ? "" : "h".repeat(43);
    const fields = { origin: ORIGINS[who], topic: RECORDS, seq, previous };
    const entry = entryOf(makeLine({ ...fields, items: JSON.stringify(items) }));
    [state] = chain.reduce!(state, { kind: "delivered", items: itemsOf([entry]) }, VIEW);
  }
  return state as ChainState;
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
