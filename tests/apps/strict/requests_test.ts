/** What the strict ledger makes of requests, whoever sends them. */

import { assert, assertEquals, assertMatch } from "@std/assert";
import type { Json } from "../../../src/core/types.ts";
import type { AppOut, AppView } from "../../../src/core/host/app.ts";
import { SharedMap } from "../../../src/core/data/shared_map.ts";
import type { ChainOffer } from "../../../src/apps/chain/app.ts";
import type { Wait } from "../../../src/apps/chain/state.ts";
import { strict } from "../../../src/apps/strict/app.ts";
import { STRICT_RULE } from "../../../src/apps/strict/strict.ts";
import { appViewOf } from "../../helpers/app_view.ts";
import { ORIGINS } from "../../helpers/history.ts";
import { CONFIG, linkedNode } from "../../helpers/node_subject.ts";
import { emptyTree, recordsOfItems } from "../chain/stage.ts";

const SOURCE = { kind: "local", tag: 1 } as const;
const VIEW: AppView = appViewOf(linkedNode());
const { self } = VIEW, [ann] = ORIGINS;

interface Waiting {
  /** Records of `ann`, and own ones that are on their way. */
  readonly pool?: readonly Json[];
  readonly coming?: readonly Json[];
}

/** What is done about a request at a node where these wait. */
function request(wish: Json, { pool = [], coming = [] }: Waiting = {}): AppOut {
  const waits = coming.map((item): Wait => {
    return {
      source: SOURCE,
      item: JSON.stringify(item),
      key: null,
      depth: 1,
      once: true,
      deadline_ms: Infinity,
    };
  });
  const records = recordsOfItems(pool).map((record) => [record.key, record] as const);
  const offer: ChainOffer = { tree: emptyTree([STRICT_RULE]), pool: SharedMap.of(records), waits };
  const view: AppView = Object.create(VIEW, { below: { value: () => offer } });
  const event = { kind: "request", request: wish, source: SOURCE, by: null } as const;
  const [, outs] = strict.reduce!(strict.initial(CONFIG, []), event, view);
  assertEquals(outs.length, 1);
  return outs[0];
}

function refusal(wish: Json, waiting?: Waiting): string {
  const out = request(wish, waiting);
  assert(out.kind === "answer" && out.why !== null, out.kind);
  return out.why;
}

/** The item that is handed to the chain. */
function passed(wish: Json, waiting?: Waiting): { readonly [key: string]: Json } {
  const out = request(wish, waiting);
  assert(out.kind === "pass", JSON.stringify(out));
  const { item, ...more } = out.request as { readonly item: { readonly [key: string]: Json } };
  assertEquals([out.to, more], ["chain", { depth: 1, once: true }]);
  return item;
}

Deno.test("`takeRequest()` says who `me` is, makes an id, and names the last block", () => {
  const item = { k: "issue", to: "me/a\u0308", amount: 5 };
  const { id, ...rest } = passed({ item, depth: 1 });
  assertEquals(rest, { k: "issue", to: `${self}/\u00e4`, amount: 5, at: 0 });
  assertMatch(id as string, /^[A-Za-z0-9]{16}$/);
  assertEquals(passed({ item: { ...item, id: "x" }, depth: 1 }).id, "x");
});

Deno.test("`takeRequest()` holds a payment against what waits before it", () => {
  const issue = { k: "issue", to: self, amount: 5, at: 0, id: "i" };
  const mine = { k: "pay", from: self, to: ann, amount: 3, at: 0, id: "1" };
  const wish = (amount: number, id = "2") => {
    return { item: { k: "pay", from: "me", to: ann, amount, id }, depth: 1 };
  };
  assertEquals(refusal(wish(1)), `${self} has 0, not 1`);
  assertEquals(passed(wish(5), { pool: [issue] }).amount, 5);
  const waiting = { pool: [issue], coming: [mine] };
  assertEquals(refusal(wish(3), waiting), `${self} has 2, not 3`);
  assertEquals(passed(wish(2), waiting).amount, 2);
  // Others' payments that have no place are nothing to go by.
  const stolen = { ...mine, id: "s" };
  assertEquals(passed(wish(5), { pool: [issue, stolen] }).amount, 5);
  // The same again is the one that waits; another of its id is refused.
  assertEquals(passed(wish(3, "1"), waiting), mine);
  const used = `the id 1 is used already for ${self} ${ann} 3`;
  assertEquals(refusal(wish(2, "1"), waiting), used);
  const to_issue = { item: { k: "issue", to: "me", amount: 1 }, depth: 1 };
  assertEquals(refusal(to_issue, { pool: [issue] }), `all money is issued by ${ann}`);
});

Deno.test("`takeRequest()` answers whatever is asked for, once", () => {
  const items = [{ k: "pay" }, { k: "issue" }, { k: ["pay"] }, { k: "pay", from: "me" }];
  const wishes: Json[] = [
    ...[null, 7, "x", [], {}, { item: null }, { item: 7 }, { item: [] }],
    ...[{ k: "data" }, ...items].map((item) => ({ item, depth: 1 }) as Json),
    ...[
      { from: null },
      { from: 7 },
      { from: "__proto__" },
      { from: "me/" },
      { to: ["me"] },
      { to: "x".repeat(100_000) },
      { amount: "5" },
      { amount: 0 },
      { amount: 1e300 },
      { id: null },
      { id: {} },
      { id: "\ud800" },
      { id: "a b" },
      { more: 1 },
      { toString: 1 },
      JSON.parse('{"__proto__":{"from":"me"}}'),
    ].map((part) => {
      const item = { k: "pay", from: "me", to: ann, amount: 1, ...part };
      return { item: JSON.parse(JSON.stringify(item)), depth: 1 } as Json;
    }),
  ];
  for (const wish of wishes) {
    const why = refusal(wish, { pool: [{ k: "issue", to: self, amount: 5, at: 0, id: "i" }] });
    assert(why.length < 500, JSON.stringify(wish));
  }
  const { kind } = request({ item: { k: "issue", to: "me", amount: 1, at: 7 }, depth: 1 });
  assertEquals(kind, "pass");
});
