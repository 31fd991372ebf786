/** Who judges names in the campaign: without the app, and as its page says. */

import { assert, assertEquals } from "@std/assert";
import { CLAIM_RULE, type Claims } from "../../../src/apps/names/claims.ts";
import { EFFECTS, namesJudge } from "../../../src/apps/names/sim/judge.ts";
import type { Json } from "../../../src/core/types.ts";

const ANN = "A".repeat(43), BEN = `${"B".repeat(42)}A`;
const { take, difference, effectOf } = namesJudge;

function record(key: string, origin: string, item: Json) {
  return { key, origin, item, seq: 1, line: "", place: 0 };
}

function claim(name: string, link: string): Json {
  return { k: "name", name, link };
}

const FIRST = record("first", ANN, claim("rome", "x"));

/** What the judge and the app make of a claim. */
function bothOf() {
  const theirs = CLAIM_RULE.apply(CLAIM_RULE.initial, FIRST, 3);
  assert("state" in theirs);
  return { mine: take(namesJudge.initial, FIRST, 3), theirs: theirs.state as Claims };
}

Deno.test("`namesJudge` takes what the app's rule takes, and refuses what that refuses", () => {
  let mine = namesJudge.initial, theirs = CLAIM_RULE.initial;
  const records = [
    FIRST,
    record("for another link", ANN, claim("rome", "y")),
    record("of another", BEN, claim("rome", "x")),
    record("Rome", BEN, claim("Rome", "x")),
    record("__proto__", BEN, claim("__proto__", "x")),
    record("spaces inside", BEN, claim("meeting room", "10.0.0.9:631")),
  ];
  const taken: string[] = [];
  for (const one of records) {
    assert(namesJudge.isForm(one.item) && CLAIM_RULE.fault(one.item) === null);
    const after = take(mine, one, 1), next = CLAIM_RULE.apply(theirs, one, 1);
    assertEquals(after !== null, "state" in next, one.key);
    if (after === null || !("state" in next)) continue;
    taken.push(one.key);
    [mine, theirs] = [after, next.state];
    assertEquals(difference(mine, theirs), null);
  }
  assertEquals(taken, ["first", "Rome", "__proto__", "spaces inside"]);
});

Deno.test("`namesJudge` takes for a claim what the app takes for one", () => {
  const good = claim("rome", "x") as { readonly [key: string]: Json };
  const items: Json[] = [
    null,
    7,
    [],
    {},
    good,
    { ...good, more: 1 },
    { ...good, k: "names" },
    { k: "name", name: "rome" },
    { ...good, name: 7 },
    { ...good, link: null },
    ...["", " rome", "rome ", "a/b", "a\n", "cafe\u0301", "caf\u00e9", "x".repeat(255)]
      .map((name) => ({ ...good, name })),
    ...["x".repeat(256), "\u00e4".repeat(128)].map((name) => ({ ...good, name })),
    ...["", "a b", "a\t", "x".repeat(1_024), "x".repeat(1_025)]
      .map((link) => ({ ...good, link })),
  ];
  for (const item of items) {
    const is_object = typeof item === "object" && item !== null && !Array.isArray(item);
    const is_good = is_object && CLAIM_RULE.fault(item) === null;
    assertEquals(namesJudge.isForm(item), is_good, JSON.stringify(item));
    assertEquals(take(namesJudge.initial, record("k", ANN, item), 1) !== null, is_good);
  }
});

Deno.test("`namesJudge` finds a claim of another link, owner or record, and claims too many or too few", () => {
  const { mine, theirs } = bothOf(), good = theirs.get("rome")!;
  assertEquals(difference(mine, theirs), null);
  assertEquals(
    difference(mine, theirs.set("rome", { ...good, link: "y" })),
    `rome of y,${ANN},first, not x,${ANN},first`,
  );
  assertEquals(
    difference(mine, theirs.set("rome", { ...good, owner: BEN })),
    `rome of x,${BEN},first, not x,${ANN},first`,
  );
  assertEquals(
    difference(mine, theirs.set("rome", { ...good, key: "other" })),
    `rome of x,${ANN},other, not x,${ANN},first`,
  );
  assertEquals(difference(mine, CLAIM_RULE.initial), `rome of ,,, not x,${ANN},first`);
  assertEquals(difference(mine, theirs.set("oslo", good)), "2 names, not 1");
  assertEquals(difference(namesJudge.initial, theirs), "1 names, not 0");
});

Deno.test("`namesJudge` says of a claim that does not count whether it lost, or was taken back", () => {
  const { mine } = bothOf(), [lost, taken_back] = EFFECTS;
  const late = record("late", BEN, claim("rome", "y")), free = record("free", BEN, claim("a", "y"));
  assertEquals(effectOf!(mine, late, 4, false), lost);
  assertEquals(effectOf!(mine, late, 4, true), taken_back);
  assertEquals(effectOf!(mine, free, 4, false), null);
});

Deno.test("`namesJudge` knows the line that tells a signer of a lost claim", () => {
  const text = namesJudge.lossText!(FIRST.item);
  assertEquals(text, `${CLAIM_RULE.label(FIRST.item)} does not count`);
});
