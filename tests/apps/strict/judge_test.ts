/** Who judges payments in the campaign: without the app, and as its page says. */

import { assert, assertEquals, assertThrows } from "@std/assert";
import { strictJudge } from "../../../src/apps/strict/sim/judge.ts";
import { emptyStrict, STRICT_RULE } from "../../../src/apps/strict/strict.ts";
import type { Json } from "../../../src/core/types.ts";
import { Violation } from "../../../src/sim/campaign/violation.ts";

const ANN = "A".repeat(43), BEN = `${"B".repeat(42)}A`;

function record(key: string, origin: string, item: Json) {
  return { key, origin, item, seq: 1, line: "", place: 0 };
}

function pay(from: string, to: string, amount: number, id: string, at = 0): Json {
  return { k: "pay", from, to, amount, id, at };
}

const ISSUE = record("i", ANN, { k: "issue", to: ANN, amount: 10, id: "i", at: 0 });

Deno.test("`strictJudge` takes what the app's rule takes, and refuses what that refuses", () => {
  const { take, difference } = strictJudge;
  let mine = take(strictJudge.initial, ISSUE, 1);
  let theirs = STRICT_RULE.apply(emptyStrict(), ISSUE, 1);
  const items: [key: string, origin: string, item: Json, index: number][] = [
    ["over", ANN, pay(ANN, BEN, 11, "1"), 2],
    ["good", ANN, pay(ANN, `${BEN}/box`, 4, "1"), 2],
    ["twice", ANN, pay(ANN, BEN, 1, "1"), 3],
    ["alien", ANN, pay(`${BEN}/box`, ANN, 1, "2"), 3],
    ["same id of another", BEN, pay(`${BEN}/box`, ANN, 1, "1"), 3],
    ["lapsed", ANN, pay(ANN, BEN, 1, "3"), 65],
    ["last", ANN, pay(ANN, BEN, 1, "4"), 64],
    ["early", ANN, pay(ANN, BEN, 1, "5", 70), 70],
    ["rival", BEN, { k: "issue", to: BEN, amount: 1, id: "6", at: 0 }, 3],
    ["again", ANN, { k: "issue", to: BEN, amount: 1, id: "7", at: 0 }, 3],
  ];
  const taken: string[] = [];
  for (const [key, origin, item, index] of items) {
    assert("state" in theirs);
    assert(strictJudge.isForm(item) && STRICT_RULE.fault(item) === null);
    const one = record(key, origin, item), after = take(mine, one, index);
    const next = STRICT_RULE.apply(theirs.state, one, index);
    assertEquals(after !== null, "state" in next, key);
    if (after === null) continue;
    taken.push(key);
    mine = after;
    theirs = next;
    assertEquals(difference(mine, "state" in theirs && theirs.state), null);
  }
  assertEquals(taken, ["good", "same id of another", "last", "again"]);
});

Deno.test("`strictJudge` finds balances that are not what was issued, or below 0", () => {
  const mine = strictJudge.take(strictJudge.initial, ISSUE, 1);
  const taken = STRICT_RULE.apply(emptyStrict(), ISSUE, 1);
  assert("state" in taken);
  const good = taken.state as ReturnType<typeof emptyStrict>;
  for (const [ann, ben] of [[11n, 0n], [11n, -1n]]) {
    const balances = good.balances.set(ANN, ann).set(BEN, ben);
    assertThrows(() => strictJudge.difference(mine, { ...good, balances }), Violation);
  }
  const moved = good.balances.set(ANN, 9n).set(BEN, 1n);
  assert(strictJudge.difference(mine, { ...good, balances: moved }) !== null);
});
