import { assert, assertEquals, assertStrictEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import { decodeEntry, type Entry } from "../../../../src/core/log/entry.ts";
import {
  ENTRY_BYTES_TARGET,
  ENTRY_DEPS_MAX,
  ENTRY_ITEMS_MAX,
  ITEM_JSON_BYTES_MAX,
  LINE_BYTES_MAX,
} from "../../../../src/core/data/limits.ts";
import { insertEntries } from "../../../../src/core/log/log.ts";
import { isInputOpen, type NodeState, reduceNode } from "../../../../src/core/node.ts";
import { reducePublish } from "../../../../src/core/publish/reduce.ts";
import type { Json } from "../../../../src/core/types.ts";
import { fakeId } from "../../../../src/sim/crypto.ts";
import { check } from "../../../helpers/check.ts";
import { crypto, makeEntry } from "../../../helpers/history.ts";
import { CONFIG, driveAll, ENV, NOW_MS, startNode } from "../../../helpers/node_subject.ts";
import { tellRoom } from "../../../helpers/rooms.ts";

function publish(node: NodeState, items: readonly Json[], topic = "chat") {
  const event = { kind: "publish", now_ms: NOW_MS, topic, items, first_tag: 10 } as const;
  const [after, effects] = driveAll(node, [event]);
  const refused = effects.flatMap((effect) =>
    effect.kind === "notice" && effect.notice.kind === "refused" ? [effect.notice] : []
  );
  return {
    after,
    refused: refused.map(({ source, why }) => [source.kind === "local" && source.tag, why]),
  };
}

/** The node's own entries in a topic. */
function ownEntries(node: NodeState, topic = "chat"): Entry[] {
  const head = node.log.heads.find((one) => one.origin === CONFIG.id && one.topic === topic);
  return [...head?.entries.from() ?? []].map(({ line }) => {
    const entry = decodeEntry(line.subarray(0, -1));
    assert(typeof entry !== "string", `an own entry does not decode: ${entry}`);
    return entry;
  });
}

const text = fc.oneof(
  fc.string({ maxLength: 20 }),
  fc.nat(60_000).map((length) => "x".repeat(length)),
  fc.nat(20_000).map((length) => '"\u0001'.repeat(length)),
).map((item) => item.replaceAll("\n", " "));

Deno.test("`sealDraft()` makes of all items as few entries as fit, which all others can read", () => {
  check(
    fc.property(fc.array(text, { maxLength: 20, size: "max" }), (items) => {
      const entries = ownEntries(publish(startNode(), items).after);
      assertEquals(entries.flatMap((entry) => entry.items), items);
      let previous = "", first = 1;
      for (const [index, entry] of entries.entries()) {
        assertEquals([entry.seq, entry.previous, entry.first], [index + 1, previous, first]);
        assert(entry.line.length <= LINE_BYTES_MAX);
        previous = crypto.sha256(entry.line.subarray(0, -1));
        first += entry.items.length;
      }
      // Two entries that follow each other would not have fitted into one.
      for (let at = 1; at < entries.length; at++) {
        assert(entries[at - 1].line.length + entries[at].line.length > ENTRY_BYTES_TARGET);
      }
    }),
    100,
  );
});

Deno.test("`sealDraft()` stops at the greatest number of items", () => {
  const items = Array<string>(ENTRY_ITEMS_MAX + 1).fill("");
  const entries = ownEntries(publish(startNode(), items).after);
  assertEquals(entries.reduce((sum, entry) => sum + entry.items.length, 0), items.length);
  assert(entries.every((entry) => entry.items.length <= ENTRY_ITEMS_MAX));
});

Deno.test("`sealDraft()` keeps to the size that the rule of a topic sets, as far as items let it", () => {
  const base = startNode(), rules = new Map([["chat", { whole: true, entry_bytes_max: 4_096 }]]);
  const items = [...Array<string>(200).fill("x".repeat(100)), "y".repeat(9_000), "z"];
  const entries = ownEntries(publish({ ...base, log: { ...base.log, rules } }, items).after);
  assertEquals(entries.flatMap((entry) => entry.items), items);
  const long = entries.filter(({ line }) => line.length > 4_096);
  assertEquals(long.map((entry) => entry.items), [["y".repeat(9_000)]]);
  assert(entries.length < 20, `${entries.length} entries`);
});

Deno.test("`reducePublish()` refuses bad items by their tag, and publishes the rest", () => {
  const { after, refused } = publish(startNode(), ["a", "b\nc", 5, "d", "\ud800"]);
  assertEquals(refused, [
    [11, "a line must not hold a newline"],
    [12, 'a line must be text, or {"base64": ...}'],
    [14, "not valid Unicode"],
  ]);
  assertEquals(ownEntries(after).flatMap(({ items }) => items), ["a", "d"]);
  const long = "x".repeat(ITEM_JSON_BYTES_MAX),
    escaped = "\u0001".repeat(ITEM_JSON_BYTES_MAX / 6 + 1);
  for (const item of [long, escaped]) {
    assertEquals(publish(startNode(), [item]).refused, [
      [10, `more than ${ITEM_JSON_BYTES_MAX} bytes as JSON`],
    ]);
  }
  assertEquals(publish(startNode(), [{ address: "x:1" }], "presence").refused.length, 1);
});

Deno.test("`reducePublish()` refuses an id that an earlier item of the batch used otherwise", () => {
  const pay = (amount: number) => ({ id: "x", from: "a", to: "b", amount });
  const { after, refused } = publish(startNode(), [pay(1), pay(1), pay(2)], "ledger");
  assertEquals(refused, [[12, "id x was already used for a b 1"]]);
  assertEquals(publish(after, [pay(3)], "ledger").refused.length, 1);
});

Deno.test("`nextFields()` spreads more causes than fit over entries without items", () => {
  const base = startNode();
  const count = ENTRY_DEPS_MAX + 5;
  const others = Array.from(
    { length: count },
    (_, at) => makeEntry({ origin: fakeId(`n${at}`), seq: 1 }),
  );
  const [log] = insertEntries(base.log, others, NOW_MS, ENV);
  const entries = ownEntries(publish({ ...base, log }, ["answer"]).after);
  assertEquals(entries.map(({ deps, items }) => [deps.length, items.length]), [
    [ENTRY_DEPS_MAX, 0],
    [5, 1],
  ]);
});

Deno.test("`isInputOpen()` is false while too much is drafted, and while the node is not running", () => {
  const base = startNode({ front: { ...CONFIG.front, app: "none" } });
  assert(isInputOpen(base));
  const items = Array<string>(3).fill("x".repeat(400_000 / 3));
  const event = { kind: "publish", now_ms: NOW_MS, topic: "chat", items, first_tag: 1 } as const;
  let node: NodeState = base;
  for (let round = 0; round < 3; round++) [node] = reduceNode(node, event, ENV);
  assert(!isInputOpen(node));
  assert(isInputOpen(driveAll(node, [])[0]));
  for (const phase of ["starting", "joining", "leaving", "goodbye", "done"] as const) {
    const { membership } = base, life = { ...membership.life, phase };
    assert(!isInputOpen({ ...base, membership: { ...membership, life } }));
  }
});

Deno.test("`sealDraft()` keeps entries as short as their topic asks for, with what they name", () => {
  const base = startNode(), entry_bytes_max = 4_096;
  const rules = new Map([["chat", { whole: true, entry_bytes_max }]]);
  const others = Array.from(
    { length: 20 },
    (_, at) => makeEntry({ origin: fakeId(`n${at}`), seq: 1 }),
  );
  const [log] = insertEntries({ ...base.log, rules }, others, NOW_MS, ENV);
  const items = Array.from({ length: 500 }, (_, at) => `${at} ${"\x01".repeat(at % 50)}`);
  const large = "x".repeat(2 * entry_bytes_max);
  const entries = ownEntries(publish({ ...base, log }, [...items, large, "last"]).after);
  assertEquals(entries.flatMap((entry) => entry.items), [...items, large, "last"]);
  assertEquals(entries.flatMap(({ deps }) => deps).length, others.length);
  assertEquals(entries[0].deps.length, 8);
  const too_long = entries.filter(({ line }) => line.length > entry_bytes_max);
  assertEquals(too_long.map((entry) => entry.items), [[large]]);
});

Deno.test("`sealDraft()` makes nothing where nothing is drafted", () => {
  const node = startNode(), event = { kind: "seal", topic: "chat" } as const;
  const [after, outs] = tellRoom(node, "publish", reducePublish, event);
  assertEquals(outs, []);
  assertStrictEquals(after.publish, node.publish);
});

Deno.test("`sealDraft()` throws where an item was drafted that fits no line", () => {
  const items = ["x".repeat(LINE_BYTES_MAX)];
  const drafted = { kind: "draft", topic: "chat", items } as const;
  const [node] = tellRoom(startNode(), "publish", reducePublish, drafted);
  const seal = () => tellRoom(node, "publish", reducePublish, { kind: "seal", topic: "chat" });
  assertThrows(seal, Error, "An item was drafted that fits no line");
});
