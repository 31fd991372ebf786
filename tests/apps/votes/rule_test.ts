/** Which votes count, as a function of the branch. */

import { assertEquals, assertMatch } from "@std/assert";
import fc from "fast-check";
import type { Json } from "../../../src/core/types.ts";
import { VOTE_RULE } from "../../../src/apps/votes/rule.ts";
import { spell } from "../../../src/apps/votes/words.ts";
import { anyText } from "../../helpers/any_text.ts";
import { check } from "../../helpers/check.ts";
import { ANN, BEN, Branch, type Signed, vote } from "./branch.ts";

/** Words that are easily confused, by people or by programs. */
const VOTERS = [
  "ann",
  "ANN",
  "\u0430nn",
  "J\u00fcrgen",
  "__proto__",
  "constructor",
  "toString",
  "1",
];
const CHOICES = ["red", "r\u0435d", "__proto__", "hasOwnProperty", "caf\u00e9"];

/** The same word in another spelling. */
function respelled(word: string): fc.Arbitrary<string> {
  const space = fc.constantFrom("", " ", "\t", "\u00a0", "\u2003\n");
  return fc.tuple(space, fc.constantFrom("NFC", "NFD"), space)
    .map(([before, form, behind]) => `${before}${word.normalize(form)}${behind}`);
}

const word = (words: readonly string[]) => fc.constantFrom(...words).chain(respelled);

const ballots: fc.Arbitrary<readonly Signed[]> = fc.array(
  fc.record({
    item: fc.tuple(word(VOTERS), word(CHOICES), fc.constantFrom(undefined, "board", " board"))
      .map(([voter, choice, election]) => vote(voter, choice, election)),
    origin: fc.constantFrom(ANN, BEN),
  }),
  { maxLength: 40 },
);

/** The first choice of each voter, counted by hand. */
function firstVotes(records: readonly Signed[], election: string): [string, string][] {
  const first = new Map<string, string>();
  for (const { item } of records) {
    const { voter, choice, election: name = "" } = item as Record<string, string>;
    const id = voter.normalize("NFC").trim();
    if (name.trim() !== election || first.has(id)) continue;
    first.set(id, choice.normalize("NFC").trim());
  }
  return [...first].sort(([a], [b]) => (a < b ? -1 : 1));
}

Deno.test("the first vote of a voter counts, in whatever order the votes stand", () => {
  const orders = ballots.chain((all) => fc.shuffledSubarray([...all], { minLength: all.length }));
  check(fc.property(orders, (records) => {
    const branch = new Branch().takeAll(records);
    for (const election of ["", "board"]) {
      const wanted = firstVotes(records, election), tally = branch.tally(election);
      const { votes } = branch.picture(election) as { votes: [string, { choice: string }][] };
      assertEquals(votes.map(([voter, { choice }]) => [voter, choice]), wanted);
      for (const [choice, count] of tally) {
        assertEquals(count, wanted.filter(([, one]) => one === choice).length);
      }
      assertEquals(tally.reduce((sum, [, count]) => sum + count, 0), wanted.length);
      assertEquals(tally, tally.toSorted(([, a], [, b]) => b - a), "most first");
    }
  }));
});

Deno.test("`VOTE_RULE` leaves the state before a record as it was, on every branch", () => {
  check(fc.property(ballots, ballots, ballots, (stem, left, right) => {
    const before = new Branch().takeAll(stem), stem_seen = before.picture();
    const branches = [left, right].map((records) => {
      const branch = new Branch();
      branch.votes = before.votes;
      branch.takeAll(records);
      return { branch, records, seen: branch.picture() };
    });
    // Reading one branch after the other moves nothing.
    for (const { branch, seen } of [...branches, ...branches]) {
      assertEquals(branch.picture(), seen);
      assertEquals(before.picture(), stem_seen);
    }
    assertEquals(before.picture(), stem_seen);
    for (const { branch, records } of branches) {
      const again = new Branch().takeAll([...stem, ...records]);
      assertEquals(again.tally(), branch.tally());
    }
  }));
});

Deno.test("all spellings of a word are one, and look-alikes are others", () => {
  const text = anyText();
  check(fc.property(text, (text) => assertEquals(spell(spell(text)), spell(text))), 500);
  const branch = new Branch();
  assertEquals(branch.take(vote("J\u00fcrgen", "red")), null);
  for (const same of ["Ju\u0308rgen", " J\u00fcrgen", "J\u00fcrgen\u3000", "\tJu\u0308rgen\r\n"]) {
    const { refused, by } = branch.take(vote(same, "blue"), BEN)!;
    assertEquals([refused, by], ["a vote of J\u00fcrgen was cast already", ANN]);
  }
  for (const other of ["Jurgen", "j\u00fcrgen", "J\u00fc rgen", "J\u00fcrgen\u200d"]) {
    assertEquals(branch.take(vote(other, " red ")), null);
  }
  assertEquals(branch.tally(), [["red", 5]]);
});

/** What is no vote, no election and no roll, wherever it stood. */
const UNFIT: readonly Json[] = [
  vote("", "red"),
  vote(" \t", "red"),
  vote("ann", ""),
  vote("ann", "red", ""),
  vote("a\u0000b", "red"),
  vote("a\nb", "red"),
  vote("ann", "r\u001b[2Jed"),
  vote("ann", "red", "a\u0085b"),
  vote("a\u2028b", "red"),
  vote("\ud800", "red"),
  vote("x".repeat(256), "red"),
  vote("\u00fc".repeat(128), "red"),
  vote("\u0958".repeat(50), "red"),
  vote(7, "red"),
  vote(null, "red"),
  vote("ann", ["red"]),
  vote("ann", "red", {}),
  { k: "vote" },
  { k: "vote", voter: "ann" },
  { k: "vote", voter: "ann", choice: "red", more: 1 },
  JSON.parse('{"k":"vote","voter":"ann","choice":"red","__proto__":{}}'),
  JSON.parse('{"k":"vote","__proto__":{"voter":"ann","choice":"red"}}'),
  { k: "election" },
  { k: "election", election: "e" },
  { k: "election", election: "e", choices: [] },
  { k: "election", election: "e", choices: "red" },
  { k: "election", election: "", choices: ["a"] },
  { k: "election", election: "e", choices: ["a", " a"] },
  { k: "election", election: "e", choices: ["a", 7] },
  { k: "election", election: "e", choices: ["a"], more: 1 },
  { k: "election", election: "e", choices: ["a"], roll: [] },
  { k: "election", election: "e", choices: ["a"], roll: {} },
  { k: "election", election: "e", choices: ["a"], roll: [["ann"]] },
  { k: "election", election: "e", choices: ["a"], roll: [["ann", "ann"]] },
  { k: "election", election: "e", choices: ["a"], roll: [["ann", ANN, 1]] },
  { k: "election", election: "e", choices: ["a"], roll: [["ann", "A".repeat(43)]] },
  { k: "election", election: "e", choices: ["a"], roll: [["ann", ANN], ["ann ", BEN]] },
  { k: "election", election: "e", choices: ["a"], roll: [["ann", ANN]], more: -1 },
  { k: "election", election: "e", choices: ["a"], roll: [["ann", ANN]], more: 1e9 },
  { k: "election", election: "e", choices: ["x".repeat(255), ...Array(60).fill("y")] },
  { k: "election", election: "e", choices: Array.from({ length: 4_000 }, (_, at) => `${at}`) },
  { k: "roll", election: "e" },
  { k: "roll", election: "e", part: 0, roll: [["ann", ANN]] },
  { k: "roll", election: "e", part: 1.5, roll: [["ann", ANN]] },
  { k: "roll", election: "e", part: 1, roll: [] },
  { k: "roll", election: "e", part: 1_001, roll: [["ann", ANN]] },
  { k: "roll", election: "e", part: 1, roll: [["ann", ANN]], other: 1 },
  { k: "election", election: "e", choices: ["a"], other: 1 },
];

Deno.test("what is no vote is refused wherever it stands", () => {
  for (const item of UNFIT) {
    const shown = JSON.stringify(item).slice(0, 100);
    assertEquals(typeof VOTE_RULE.fault(item), "string", shown);
    assertEquals(new Branch().take(item)?.later, undefined, shown);
    assertEquals(VOTE_RULE.done!(null, item), null, shown);
    assertEquals(typeof VOTE_RULE.label(item), "string", shown);
  }
  for (const most of ["x".repeat(255), "\u00fc".repeat(127), ` ${"x".repeat(255)} `]) {
    assertEquals(new Branch().take(vote(most, most, most)), null);
  }
});

Deno.test("words that JavaScript knows are voters and choices like others", () => {
  const branch = new Branch(), words = ["__proto__", "constructor", "toString", "valueOf"];
  for (const one of words) assertEquals(branch.take(vote(one, one, one)), null);
  for (const one of words) {
    assertMatch(branch.take(vote(one, "x", one))!.refused, /was cast already/);
    assertEquals(branch.tally(one), [[one, 1]]);
  }
  assertEquals(branch.tally("hasOwnProperty"), []);
  const choices = ["__proto__", "constructor"];
  assertEquals(branch.take({ k: "election", election: "e", choices }), null);
  assertEquals(branch.tally("e"), [["__proto__", 0], ["constructor", 0]]);
  assertMatch(branch.take(vote("ann", "toString", "e"))!.refused, /not among the choices/);
});

Deno.test("an election that was opened has its choices only", () => {
  const branch = new Branch(), choices = ["yes", " no "];
  assertEquals(branch.take({ k: "election", election: "e", choices }), null);
  assertEquals(branch.tally("e"), [["no", 0], ["yes", 0]]);
  const { refused, by } = branch.take({ k: "election", election: " e", choices: ["no"] }, BEN)!;
  const part = { k: "roll", election: "e", part: 1, roll: [["ann", ANN]] };
  assertEquals(branch.take(part), { refused: "the roll of e has no part 1" });
  assertEquals([refused, by], ["e was opened already", ANN]);
  assertEquals(branch.take(vote("ann", "perhaps", "e")), {
    refused: "perhaps is not among the choices of e",
  });
  assertEquals(branch.take(vote("ann", "no", "e")), null);
  assertEquals(branch.tally("e"), [["no", 1], ["yes", 0]]);
  assertEquals(branch.take(vote("ann", "perhaps")), null);
});

Deno.test("an election with votes is not opened any more", () => {
  const branch = new Branch();
  branch.take(vote("ann", "red", "e"));
  const opening = { k: "election", election: "e", choices: ["blue"] };
  assertEquals(branch.take(opening), { refused: "there are votes in e already" });
  assertEquals(branch.take(vote("ben", "red", "e")), null);
});

Deno.test("with a roll only who is on it votes, by the key beside the voter id", () => {
  const branch = new Branch(), roll = [["ann", ANN], ["Ju\u0308rgen", BEN]];
  branch.take({ k: "election", election: "e", choices: ["a"], roll });
  assertEquals(branch.take(vote("zoe", "a", "e"))!.refused, "zoe is not on the roll of e");
  assertMatch(branch.take(vote("ann", "a", "e"), BEN)!.refused, new RegExp(`only ${ANN} vote`));
  assertEquals(branch.take(vote("ann", "a", "e"), ANN), null);
  assertEquals(branch.take(vote("J\u00fcrgen", "a", "e"), BEN), null);
  assertEquals(branch.tally("e"), [["a", 2]]);
});

Deno.test("votes wait until all parts of a roll are there, which come in their order", () => {
  const branch = new Branch();
  const part = (part: number, ...roll: Json[]) => ({ k: "roll", election: "e", part, roll });
  assertEquals(branch.take(part(1, ["ann", ANN]))?.later, true);
  branch.take({ k: "election", election: "e", choices: ["a"], roll: [["zoe", ANN]], more: 2 });
  assertEquals(branch.take(part(2, ["ben", BEN]))?.later, true);
  assertEquals(branch.take(part(3, ["ben", BEN])), { refused: "the roll of e has no part 3" });
  assertEquals(branch.take(vote("zoe", "a", "e"))?.later, true);
  assertEquals(branch.take(part(1, ["ann", BEN]), BEN), { refused: "e was opened", by: ANN });
  assertEquals(branch.take(part(1, ["zoe", BEN])), { refused: "zoe is on the roll twice" });
  assertEquals(branch.take(part(1, ["ann", ANN])), null);
  assertEquals(branch.take(part(1, ["eve", ANN]))?.refused, "part 1 of the roll is there already");
  assertEquals(branch.take(part(2, ["ben", BEN])), null);
  assertEquals(branch.take(part(3, ["eve", ANN])), { refused: "the roll of e has no part 3" });
  assertEquals(branch.take(vote("ben", "a", "e"), BEN), null);
  assertEquals(branch.take(vote("ann", "a", "e"), ANN), null);
});

Deno.test("`VOTE_RULE.done()` names the record that did it", () => {
  const branch = new Branch(), done = (item: Json) => VOTE_RULE.done!(branch.votes, item);
  branch.take(vote("ann", "red"));
  assertEquals(done(vote(" ann", "red")), "record 1");
  branch.take(vote("ben", "red"), BEN);
  const { votes } = branch.picture() as { votes: unknown[] };
  assertEquals(votes[1], ["ben", { choice: "red", index: 2, key: "record 2", by: BEN }]);
  assertEquals(done(vote("ann", "red", "e")), null);
  const opening = { k: "election", election: "e", choices: ["a"], roll: [["ann", ANN]], more: 1 };
  const part = { k: "roll", election: "e", part: 1, roll: [["ben", BEN]] };
  assertEquals([opening, part].map(done), [null, null]);
  branch.take(opening);
  assertEquals([opening, part].map(done), ["record 3", null]);
  branch.take(part);
  assertEquals([opening, part].map(done), ["record 3", "record 4"]);
});

Deno.test("`VOTE_RULE.label()` says what it is about", () => {
  const label = VOTE_RULE.label;
  assertEquals(label(vote(" ann", "red")), "the vote of ann for red");
  assertEquals(label(vote("ann", "red", "e")), "the vote of ann for red in e");
  assertEquals(label({ k: "election", election: "e", choices: ["a"] }), "the opening of e");
  const part = { k: "roll", election: "e", part: 1, roll: [["ben", BEN]] };
  assertEquals(label(part), "part 1 of the roll of e");
});
