/** Who has a name, as a pure function of a branch. */

import { assertEquals, assertStrictEquals } from "@std/assert";
import fc from "fast-check";
import type { ChainRecord } from "../../../src/apps/chain/record.ts";
import { placeBlock, type Tree } from "../../../src/apps/chain/tree.ts";
import {
  CLAIM_RULE,
  claimOf,
  type Claims,
  NAMES,
  readClaim,
  sortedNames,
} from "../../../src/apps/names/claims.ts";
import type { Json } from "../../../src/core/types.ts";
import { check } from "../../helpers/check.ts";
import { ORIGINS } from "../../helpers/history.ts";
import { blockOn, emptyTree, recordsOfItems } from "../chain/stage.ts";

const NOTHING = CLAIM_RULE.initial as Claims;
const LINKS = ["x", "y"];

let serial = 0;

/** The record of a claim. */
function claim(name: string, link: string, who = 0): ChainRecord {
  return recordsOfItems([claimOf(name, link) as Json], ++serial, who)[0];
}

/** What a branch of these records makes of the names, and what was refused. */
function applied(records: readonly ChainRecord[], before = NOTHING) {
  const refused: unknown[] = [];
  let claims = before;
  for (const [index, record] of records.entries()) {
    const taken = CLAIM_RULE.apply(claims, record, index + 1);
    if ("refused" in taken) refused.push(taken);
    else claims = taken.state as Claims;
  }
  return { claims, refused };
}

Deno.test("the first claim of a name wins, and whoever comes later is told who has it", () => {
  const first = claim("rome", "x", 1);
  const { claims, refused } = applied([first, claim("rome", "y", 2), claim("Rome", "y", 2)]);
  assertEquals(claims.get("rome"), { link: "x", owner: ORIGINS[1], index: 1, key: first.key });
  assertEquals(claims.get("Rome")?.owner, ORIGINS[2]);
  assertEquals(refused, [{ refused: "the name rome has been claimed for x", by: ORIGINS[1] }]);
});

Deno.test("a link is for ever, also for its owner, who may claim the same again", () => {
  const first = claim("rome", "x");
  const { claims, refused } = applied([first, claim("rome", "y")]);
  assertEquals(refused, [{ refused: "the name rome has been claimed for x", by: ORIGINS[0] }]);
  assertEquals(CLAIM_RULE.done!(claims, claim("rome", "x").item), first.key);
  assertEquals(CLAIM_RULE.done!(claims, claim("rome", "y").item), null);
  assertEquals(CLAIM_RULE.done!(claims, claim("roma", "x").item), null);
});

Deno.test("names that look alike are different names, and forms of one name are one", () => {
  // Cyrillic a, a digit, a capital, a ligature.
  const alike = ["pay", "p\u0430y", "pa\u04af", "Pay", "fi", "\ufb01", "l", "1", "I"];
  const { claims, refused } = applied(alike.map((name, at) => claim(name, `${at}`)));
  assertEquals([claims.size, refused], [alike.length, []]);
  const forms = ["caf\u00e9", "cafe\u0301"];
  assertEquals(applied(forms.map((name) => claim(name, "x"))).claims.size, 1);
});

Deno.test("names that are words of the language are names", () => {
  const words = ["__proto__", "constructor", "toString", "hasOwnProperty", "valueOf"];
  for (const word of words) assertEquals(CLAIM_RULE.done!(NOTHING, claim(word, "x").item), null);
  const { claims, refused } = applied(words.map((word) => claim(word, word)));
  assertEquals(refused, []);
  assertEquals(sortedNames(claims), words.toSorted());
  for (const word of words) assertEquals(claims.get(word)?.link, word);
});

Deno.test("`readClaim()` takes nothing but a claim", () => {
  const good = { k: "name", name: "rome", link: "x" } as const;
  assertEquals(readClaim(good), good);
  const bad: Json[] = [
    { ...good, more: 1 },
    { ...good, k: "names" },
    { k: "name", name: "rome" },
    { k: "name", link: "x" },
    { ...good, name: "cafe\u0301" },
    { ...good, name: ["rome"] },
    { ...good, link: null },
    JSON.parse('{"k":"name","name":"rome","link":"x","__proto__":1}'),
    JSON.parse('{"k":"name","__proto__":{"name":"rome","link":"x"}}'),
  ];
  for (const item of bad) {
    assertEquals(typeof readClaim(item), "string", JSON.stringify(item));
    assertEquals(CLAIM_RULE.fault(item), readClaim(item));
    const [record] = recordsOfItems([item], ++serial);
    assertEquals("refused" in CLAIM_RULE.apply(NOTHING, record, 1), true);
  }
});

Deno.test("`CLAIM_RULE.label()` says what a claim is about", () => {
  assertEquals(CLAIM_RULE.label(claimOf("rome", "x") as Json), "the claim of the name rome");
  assertEquals(CLAIM_RULE.label({ k: "name" }), "a claim");
});

Deno.test("`sortedNames()` sorts the names of a state once", () => {
  const { claims } = applied([claim("b", "x"), claim("a", "x")]);
  assertEquals(sortedNames(claims), ["a", "b"]);
  assertStrictEquals(sortedNames(claims), sortedNames(claims));
});

Deno.test("a block is bad in which a name is claimed that somebody has", () => {
  const put = (tree: Tree, records: readonly ChainRecord[]) =>
    placeBlock(tree, blockOn(tree.best, records));
  const first = put(emptyTree([CLAIM_RULE]), [claim("rome", "x"), claim("oslo", "x", 1)]);
  if (first.kind !== "placed") throw new Error(first.kind);
  const claims = first.tree.best.states.get(NAMES) as Claims;
  assertEquals(sortedNames(claims), ["oslo", "rome"]);
  const second = put(first.tree, [claim("bern", "x"), claim("oslo", "x")]);
  if (second.kind !== "bad") throw new Error(second.kind);
  assertEquals(second.why, "the name oslo has been claimed for x");
});

/** Claims of few names by few origins, so that they clash. */
const someClaims = fc.array(
  fc.record({
    name: fc.constantFrom("a", "b", "__proto__", "constructor", "\u00e9", "e\u0301", "\u0430"),
    link: fc.constantFrom(...LINKS),
    who: fc.nat(ORIGINS.length - 1),
  }),
  { maxLength: 30, size: "max" },
).map((all) => all.map(({ name, link, who }) => claim(name, link, who)));

Deno.test("in every branch the first claim of each name wins, and older states stay", () => {
  check(
    fc.property(someClaims, fc.nat(30), (records, cut) => {
      const model = new Map<string, string>();
      for (const { item, origin } of records) {
        const { name, link } = item as { name: string; link: string };
        if (!model.has(name)) model.set(name, `${origin} ${link}`);
      }
      const { claims: early } = applied(records.slice(0, cut));
      const picture = JSON.stringify(early);
      const { claims, refused } = applied(records.slice(cut), early);
      // Another branch from there on, of which the first one learns nothing.
      const { claims: other } = applied(records.slice(cut).toReversed(), early);
      for (const [name, whose] of model) {
        const { owner, link } = claims.get(name)!;
        assertEquals(`${owner} ${link}`, whose);
        assertEquals(other.has(name), true);
      }
      assertEquals(claims.size, model.size);
      assertEquals(claims.size - early.size + refused.length, records.slice(cut).length);
      assertEquals(sortedNames(other), [...model.keys()].sort());
      assertEquals(JSON.stringify(early), picture);
    }),
    200,
  );
});
