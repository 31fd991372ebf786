/** The records of votes and elections: made, read, and told apart. */

import { assert, assertEquals, assertMatch } from "@std/assert";
import fc from "fast-check";
import {
  OPENING_BYTES_MAX,
  openingItems,
  readOpening,
  readRollPart,
  readVote,
  type Roll,
  voteItem,
} from "../../../src/apps/votes/items.ts";
import type { Json } from "../../../src/core/types.ts";
import { check } from "../../helpers/check.ts";
import { ANN, BEN } from "./branch.ts";

const encoder = new TextEncoder();

function bytesOf(item: Json): number {
  return encoder.encode(JSON.stringify(item)).length;
}

/** So many voters, whose ids have so many bytes. */
function rollOf(count: number, bytes: number): Roll {
  return Array.from({ length: count }, (_, at) => {
    return [`${at}`.padEnd(bytes, "v"), at % 2 === 0 ? ANN : BEN] as const;
  });
}

Deno.test("`voteItem()` makes what `readVote()` reads, and names no election that is not", () => {
  const vote = { voter: "ann", choice: "red", election: "" };
  assertEquals(voteItem(vote), { k: "vote", voter: "ann", choice: "red" });
  for (const one of [vote, { ...vote, election: "board" }]) {
    assertEquals(readVote(voteItem(one)), one);
  }
});

Deno.test("what is read for a record of one kind is none of another", () => {
  const vote = voteItem({ voter: "ann", choice: "red", election: "e" }) as object;
  const opening = { k: "election", election: "e", choices: ["a"] };
  const part = { k: "roll", election: "e", part: 1, roll: [["ann", ANN]] };
  assertEquals(readVote({ ...vote, k: "roll" }), "this is no vote");
  assertEquals(readOpening({ ...opening, k: "vote" }), "this opens no election");
  assertEquals(readRollPart({ ...part, k: "election" }), "this is no part of a roll");
  for (const read of [readOpening(opening), readRollPart(part)]) assert(typeof read !== "string");
});

Deno.test("`readOpening()` and `readRollPart()` take all spellings for one", () => {
  const election = " Ju\u0308rgen", spelled = "J\u00fcrgen", roll = [[" ann ", ANN]];
  const opening = readOpening({ k: "election", election, choices: ["a ", "b"], roll });
  const found = [["ann", ANN]] as const;
  assertEquals(opening, { election: spelled, choices: ["a", "b"], roll: found, more: 0 });
  const part = readRollPart({ k: "roll", election, part: 1_000, roll });
  assertEquals(part, { election: spelled, part: 1_000, roll: found });
});

Deno.test("`openingItems()` cuts a roll into records that bring all of it, and are full", () => {
  const count = fc.integer({ min: 1, max: 400 }), bytes = fc.integer({ min: 3, max: 255 });
  let several = 0;
  check(
    fc.property(count, bytes, fc.nat(40), (count, bytes, many) => {
      const roll = rollOf(count, bytes);
      const choices = Array.from({ length: many + 1 }, (_, at) => `${at} ${"x".repeat(240)}`);
      const items = openingItems({ election: "e", choices, roll }), [first, ...parts] = items;
      const opening = readOpening(first), others = parts.map(readRollPart);
      if (typeof opening === "string") throw new Error(opening);
      assertEquals([opening.choices, opening.more], [choices, parts.length]);
      const found = others.flatMap((part, at) => {
        if (typeof part === "string") throw new Error(part);
        assertEquals(part.part, at + 1);
        return part.roll;
      });
      assertEquals([...opening.roll!, ...found], roll);
      // One more would not have fitted.
      const most = OPENING_BYTES_MAX - bytesOf(roll[0] as Json) - 16;
      for (const item of items.slice(0, -1)) assert(bytesOf(item) > most, `${bytesOf(item)}`);
      several += parts.length > 1 ? 1 : 0;
    }),
    50,
  );
  assert(several > 10, `${several} rolls of several parts`);
});

Deno.test("`openingItems()` makes no empty roll where the choices leave no room for one", () => {
  const choices = Array.from({ length: 49 }, (_, at) => `${at} ${"x".repeat(243)}`);
  const [first, ...more] = openingItems({ election: "e", choices, roll: rollOf(2, 200) });
  assertEquals(more.length, 1);
  assertMatch(readOpening(first) as string, /^it has more than 12288 bytes$/);
});
