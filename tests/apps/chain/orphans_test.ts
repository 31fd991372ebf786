/** Parents that nobody has: who is asked for them, when, and when no longer. */

import { assert, assertEquals } from "@std/assert";
import type { AppOut } from "../../../src/core/host/app.ts";
import type { Id, Json } from "../../../src/core/types.ts";
import type { Block } from "../../../src/apps/chain/blockchain.ts";
import {
  ORPHANS_MAX,
  PARENT_ASK_MS,
  PARENT_LOOK_MS,
  PARENT_ROUNDS,
} from "../../../src/apps/chain/limits.ts";
import { ORIGINS } from "../../helpers/history.ts";
import { Follower } from "./follower.ts";
import { blockOn, emptyTree } from "./stage.ts";

const NOW_MS = 1_700_000_000_000;
const [ann, bob, cyd] = ORIGINS;
const PARENT = "ab".repeat(32);
/** When whoever asks one neighbour alone gives up, at the latest. */
const LONG_MS = 2 ** (PARENT_ROUNDS + 1) * PARENT_ASK_MS;

/** A question for a parent. */
interface Asked {
  readonly to: Id;
  readonly at_ms: number;
}

/** Blocks of one parent that nobody has. */
function orphan(data = "none"): Block {
  return { ...blockOn(emptyTree().best, []), prev_hash: PARENT, data };
}

function asksIn(outs: readonly AppOut[], now_ms: number): Asked[] {
  return outs.flatMap((out) => {
    if (out.kind !== "send") return [];
    return out.items.map((item) => {
      assertEquals(item, { want: PARENT });
      return { to: out.to, at_ms: now_ms - NOW_MS };
    });
  });
}

/** Wakes a node whenever it wants that, for so long; whom it asks meanwhile. */
function runFor(node: Follower, outs: readonly AppOut[], for_ms: number): Asked[] {
  const end_ms = node.now_ms + for_ms, asks: Asked[] = [];
  for (let last = outs;;) {
    asks.push(...asksIn(last, node.now_ms));
    const wakes = last.flatMap((out) => out.kind === "wake" ? [out.at_ms] : []);
    assert(wakes.length > 0, "orphans are looked at again");
    node.now_ms = Math.max(node.now_ms, wakes.at(-1)!);
    if (node.now_ms > end_ms) break;
    last = node.tell({ kind: "woken" });
  }
  node.now_ms = end_ms;
  return asks;
}

function message(node: Follower, from: Id, block: Block): readonly AppOut[] {
  const items = [{ block: block as unknown as Json }];
  return node.tell({ kind: "message", from, name: "", time_ms: NOW_MS, items });
}

/** A node that gave up asking its neighbours. */
function tired(neighbours: readonly Id[] = [ann]): Follower {
  const node = new Follower(NOW_MS);
  node.neighbours = neighbours;
  runFor(node, node.blocks([orphan()], ann), neighbours.length * LONG_MS);
  return node;
}

Deno.test("`askAgain()` asks for a parent after pauses that grow, and gives up", () => {
  const node = new Follower(NOW_MS);
  node.neighbours = [ann];
  const asks = runFor(node, node.blocks([orphan()], ann), LONG_MS);
  assertEquals(asks.length, PARENT_ROUNDS);
  // 0, 2, 6, 14 seconds, and so on.
  const times = asks.map((_, at) => (2 ** at - 1) * PARENT_ASK_MS);
  assertEquals(asks.map(({ at_ms }) => at_ms), times);
  assertEquals(runFor(node, node.tell({ kind: "woken" }), 100 * LONG_MS), []);
  assertEquals(node.state.orphans.size, 1);
});

Deno.test("`askAgain()` asks all others before anybody twice", () => {
  const node = new Follower(NOW_MS), all = [ann, bob, cyd];
  node.neighbours = all;
  const asks = runFor(node, node.blocks([orphan()], bob), all.length * LONG_MS);
  assertEquals(asks.length, all.length * PARENT_ROUNDS);
  const to = asks.map(({ to }) => to);
  assertEquals(to.slice(0, 6), [bob, ann, cyd, ann, bob, cyd]);
  for (const id of all) assertEquals(to.filter((one) => one === id).length, PARENT_ROUNDS);
  const [, second, third, fourth, fifth] = asks.map(({ at_ms }) => at_ms / PARENT_ASK_MS);
  assertEquals([second, third, fourth, fifth], [1, 2, 3, 5]);
});

Deno.test("`askAgain()` looks for new neighbours when it gave up, and asks each of them once", () => {
  const node = tired();
  node.neighbours = [ann, bob, cyd];
  const asks = runFor(node, node.tell({ kind: "woken" }), LONG_MS);
  assertEquals(asks.map(({ to }) => to), [bob, cyd]);
  assert(asks[0].at_ms - LONG_MS <= PARENT_LOOK_MS, `${asks[0].at_ms}`);
  // Who left and came back may have learnt of it.
  node.neighbours = [ann];
  assertEquals(runFor(node, node.tell({ kind: "woken" }), LONG_MS), []);
  node.neighbours = [ann, bob];
  const more = runFor(node, node.tell({ kind: "woken" }), LONG_MS);
  assertEquals(more.map(({ to }) => to), [bob]);
});

Deno.test("whoever has no neighbours does not give up before he asked some", () => {
  const node = new Follower(NOW_MS);
  node.neighbours = [];
  const outs = node.blocks([orphan()], ann);
  assertEquals(runFor(node, outs, 10 * LONG_MS).map(({ to }) => to), [ann]);
  node.neighbours = [bob];
  const [first] = runFor(node, node.tell({ kind: "woken" }), PARENT_ASK_MS);
  assertEquals(first.to, bob);
});

Deno.test("a new block that points to a parent begins anew with whoever sent it", () => {
  const node = tired([ann, bob]);
  const asks = runFor(node, node.blocks([orphan("other")], bob), 2 * PARENT_ASK_MS);
  assertEquals(asks.map(({ to }) => to), [bob, ann, ann]);
  const more = runFor(node, node.tell({ kind: "woken" }), 2 * LONG_MS);
  assertEquals(asks.length + more.length, 2 * PARENT_ROUNDS);
});

Deno.test("whoever sends an orphan that is known is asked when others had no parent", () => {
  const node = tired([ann, bob]);
  const [first] = runFor(node, message(node, cyd, orphan()), 0);
  assertEquals(first.to, cyd);
  assertEquals([...node.state.orphans.values()].map(({ blocks }) => blocks.length), [1]);
});

Deno.test("a block that comes in a later round begins anew, not only when all was given up", () => {
  const node = new Follower(NOW_MS);
  node.neighbours = [ann];
  runFor(node, node.blocks([orphan()], ann), PARENT_ASK_MS);
  const asks = runFor(node, node.blocks([orphan("other")], bob), PARENT_ASK_MS);
  assertEquals(asks.map(({ to }) => to), [bob, ann]);
});

Deno.test("a node asks others for the parent of its own block, and not itself", () => {
  const node = new Follower(NOW_MS);
  node.neighbours = [ann];
  const [first] = runFor(node, message(node, node.self, orphan()), PARENT_ASK_MS);
  assertEquals(first, { to: ann, at_ms: PARENT_ASK_MS });
});

Deno.test("nobody is asked for the parent of a block for which there is no room", () => {
  const node = new Follower(NOW_MS), { target } = orphan();
  const better = Array.from({ length: ORPHANS_MAX }, (_, at) => {
    const prev_hash = at.toString(16).padStart(64, "0");
    return { ...orphan(), prev_hash, target: `0${target.slice(0, -1)}` };
  });
  node.blocks(better, ann);
  assertEquals(node.state.orphans.size, ORPHANS_MAX);
  assertEquals(asksIn(node.blocks([orphan()], bob), node.now_ms), []);
  assertEquals(node.state.orphans.has(PARENT), false);
});

Deno.test("who was asked is remembered for as long as he is a neighbour", () => {
  const node = tired();
  for (const id of [bob, cyd, bob, cyd, bob]) {
    node.neighbours = [id];
    runFor(node, node.tell({ kind: "woken" }), PARENT_LOOK_MS);
    assertEquals(node.state.orphans.get(PARENT)!.asked, [id]);
  }
});

Deno.test("blocks that come while all are asked the first time begin nothing", () => {
  const node = new Follower(NOW_MS);
  node.blocks([orphan()], ann);
  assertEquals(asksIn(node.blocks([orphan("other")], bob), node.now_ms), []);
  assertEquals(asksIn(message(node, cyd, orphan()), node.now_ms), []);
});
