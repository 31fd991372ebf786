/** Words of a search, the split of its budget, and what holders have together. */

import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { chunksOf, joinRuns } from "../../../src/apps/files/search/cover.ts";
import { spend } from "../../../src/apps/files/search/purse.ts";
import { forgetOld, noRecent, note, recall } from "../../../src/apps/files/search/recent.ts";
import { splitBudget } from "../../../src/apps/files/search/split.ts";
import { foldText, matches, readWords, splitWords } from "../../../src/apps/files/search/words.ts";
import type { Json } from "../../../src/core/types.ts";
import type { Runs } from "../../../src/apps/files/runs.ts";
import { check } from "../../helpers/check.ts";

const LINK = `${"0a".repeat(32)}.8193`;

function finds(words: string, name: string, link = LINK): boolean {
  return matches(readWords(splitWords(words) as readonly string[])!, name, link);
}

Deno.test("`splitBudget()` gives the budget to links as the examples have it", () => {
  const sorted = (budget: number, links: number) => {
    const [shares] = splitBudget(budget, links, 7);
    return [...shares].sort().reverse();
  };
  // Who receives 3 or 10 has lowered it by one for itself before.
  assertEquals(sorted(3 - 1, 5), [1, 1, 0, 0, 0]);
  assertEquals(sorted(10 - 1, 5), [2, 2, 2, 2, 1]);
  assertEquals(sorted(10, 5), [2, 2, 2, 2, 2]);
  assertEquals(sorted(2, 1), [2]);
  assertEquals(splitBudget(5, 0, 7), [[], 7]);
});

Deno.test("`splitBudget()` gives all of it, and nobody two more than another", () => {
  const cases = [fc.nat(2_000), fc.integer({ min: 1, max: 600 }), fc.integer()] as const;
  check(fc.property(...cases, (budget, links, random) => {
    const [shares, next] = splitBudget(budget, links, random);
    assertEquals(shares.length, links);
    assertEquals(shares.reduce((sum, share) => sum + share), budget);
    assert(Math.max(...shares) - Math.min(...shares) <= 1);
    assertEquals(splitBudget(budget, links, random), [shares, next]);
  }));
});

Deno.test("`splitBudget()` leaves to chance who gets more", () => {
  const times = [0, 0, 0, 0, 0];
  let random = 1;
  for (let at = 0; at < 1_000; at++) {
    const [shares, next] = splitBudget(2, 5, random);
    random = next;
    for (const [place, share] of shares.entries()) times[place] += share;
  }
  // 400 each, with a deviation of 15.
  for (const share of times) assert(share > 320 && share < 480, times.join());
});

Deno.test("`splitWords()` parts words at commas, and refuses what is none", () => {
  assertEquals(splitWords("a"), ["a"]);
  assertEquals(splitWords("annual report, .pdf,"), ["annual report", ".pdf"]);
  const cases = {
    "": "empty",
    " , ,": "empty",
    ["x".repeat(256)]: "255 bytes",
    ["\u00e4".repeat(128)]: "255 bytes",
    ["\u0130".repeat(100)]: "255 bytes",
    "\ud800": "Unicode",
    ["a,".repeat(17)]: "16 words",
  };
  for (const [text, why] of Object.entries(cases)) {
    const split = splitWords(text);
    assert("fault" in split && split.fault.includes(why), `${text} ${JSON.stringify(split)}`);
  }
});

Deno.test("`matches()` takes words as text, whatever letters are large", () => {
  const good: [string, string][] = [
    ["report", "Annual REPORT.pdf"],
    ["nothing,.PDF", "Annual REPORT.pdf"],
    ["l r", "Annual REPORT.pdf"],
    [".", "a.b"],
    ["*", "a*b"],
    ["stra\u00dfe", "STRASSE"],
    ["\u039f\u03a3", "\u03bf\u03b4\u03bf\u03c2"],
    ["caf\u00e9", "CAFE\u0301"],
    ["\u{1f600}", "a\u{1f600}"],
  ];
  for (const [words, name] of good) assert(finds(words, name), `${words} in ${name}`);
  const bad: [string, string][] = [
    [".", "ab"],
    ["a.b", "axb"],
    ["a*b", "aab"],
    ["[a]", "a"],
    ["^a", "a"],
    ["(", "a"],
    ["e", "\u00e9"],
  ];
  for (const [words, name] of bad) assert(!finds(words, name), `${words} in ${name}`);
});

Deno.test("`matches()` finds a link, whatever the name of the file is", () => {
  assert(finds(LINK, "x"));
  assert(finds(LINK.toUpperCase(), "x"));
  assert(finds(LINK, `about ${LINK}.txt`, `${"0b".repeat(32)}.1`));
  assert(!finds(LINK, "x", `${"0a".repeat(32)}.8194`));
  assert(!finds(LINK.slice(1), "x"));
  assert(!finds("8193", "x"));
});

Deno.test("`foldText()` folds what is folded to itself, however it was written", () => {
  check(
    fc.property(fc.string({ unit: "grapheme" }), (text) => {
      const folded = foldText(text);
      assertEquals(foldText(folded), folded);
      assertEquals(foldText(text.normalize("NFD")), folded);
    }),
    1_000,
  );
});

Deno.test("`readWords()` sorts words, and refuses what others make up", () => {
  assertEquals(readWords(["b", "A", "a"]), ["a", "b"]);
  const bad: (Json | undefined)[] = [
    undefined,
    null,
    "a",
    {},
    [],
    [""],
    [" "],
    [7],
    ["a", null],
    ["a,b"],
    ["x".repeat(256)],
    Array(17).fill("a"),
    [["a"]],
  ];
  for (const words of bad) assertEquals(readWords(words), null, JSON.stringify(words));
});

Deno.test("`joinRuns()` joins what two have, as sets would", () => {
  const runs = fc.array(fc.tuple(fc.nat(20), fc.integer({ min: 1, max: 9 })), { maxLength: 6 })
    .map((gaps) => {
      let at = -1;
      return gaps.map(([gap, count]): [number, number] => {
        const first = at + 1 + gap;
        at = first + count;
        return [first, count];
      });
    });
  const numbers = (all: Runs) =>
    all.flatMap(([first, count]) => Array.from({ length: count }, (_, at) => first + at));
  check(fc.property(runs, runs, (a, b) => {
    const joined = joinRuns(a, b);
    const expected = [...new Set([...numbers(a), ...numbers(b)])].sort((x, y) => x - y);
    assertEquals(numbers(joined), expected);
    for (const [at, [first]] of joined.entries()) {
      if (at > 0) assert(first > joined[at - 1][0] + joined[at - 1][1], "runs touch");
    }
  }));
  assertEquals([0, 1, 8_191, 8_192, 8_193].map((size) => chunksOf(`${"0".repeat(64)}.${size}`)), [
    0,
    1,
    1,
    1,
    2,
  ]);
});

Deno.test("`joinRuns()` keeps what it has where a liar would make it long", () => {
  const odd = Array.from({ length: 800 }, (_, at): [number, number] => [at * 4, 1]);
  const even = odd.map(([first]): [number, number] => [first + 2, 1]);
  assertEquals(joinRuns(odd, even), odd);
  assertEquals(joinRuns(odd, [[0, 10_000]]), [[0, 10_000]]);
});

Deno.test("`recall()` finds what was noted long enough, and it is forgotten", () => {
  const memory = { keep_ms: 100, most: 8 };
  let recent = note(noRecent<string>(), "a", "1", 1_000, memory);
  const turned = forgetOld(recent, 1_099, memory);
  assert(turned === recent);
  recent = note(recent, "b", "2", 1_099, memory);
  recent = forgetOld(recent, 1_100, memory);
  assertEquals(["a", "b"].map((key) => recall(recent, key)), ["1", "2"]);
  recent = note(recent, "b", "3", 1_150, memory);
  assertEquals(recall(recent, "b"), "3");
  recent = forgetOld(recent, recent.turn_ms, memory);
  assertEquals(["a", "b"].map((key) => recall(recent, key)), [undefined, "3"]);
  recent = forgetOld(recent, recent.turn_ms, memory);
  assertEquals([recall(recent, "b"), recent.turn_ms], [undefined, Infinity]);
});

Deno.test("`note()` remembers no more than it may", () => {
  const memory = { keep_ms: 100, most: 8 };
  let recent = noRecent<number>();
  for (let at = 0; at < 100; at++) recent = note(recent, `${at}`, at, 1_000, memory);
  assert(recent.young.size + recent.old.size <= 8);
  assertEquals(recall(recent, "99"), 99);
});

Deno.test("`spend()` lets nobody spend more than a purse is filled with", () => {
  const allowance = { most: 10, per_second: 5 };
  const first = spend(undefined, 10, allowance, 1_000)!;
  assertEquals(spend(first, 1, allowance, 1_100), null);
  assertEquals(spend(first, 1, allowance, 1_200)?.left, 0);
  assertEquals(spend(first, 10, allowance, 9_000)?.left, 0);
  assertEquals(spend(undefined, 11, allowance, 1_000), null);
});
