/** Who judges votes in the campaign: without the app, and as its page says. */

import { assert, assertEquals, assertThrows } from "@std/assert";
import { type Election, electionOf, VOTE_RULE, type Votes } from "../../../src/apps/votes/rule.ts";
import { EFFECTS, ONCE, votesJudge } from "../../../src/apps/votes/sim/judge.ts";
import type { Json } from "../../../src/core/types.ts";
import { Violation } from "../../../src/sim/campaign/violation.ts";
import { ANN, BEN, vote } from "./branch.ts";

const { take, difference, effectOf } = votesJudge;
const OPENING: Json = { k: "election", election: "board", choices: ["red", "blue"] };

function record(key: string, item: Json, origin = ANN) {
  return { key, origin, item, seq: 1, line: "", place: 0 };
}

/** What the judge and the app make of records; each refuses what the other refuses. */
function bothOf(records: readonly ReturnType<typeof record>[]) {
  let mine = votesJudge.initial, theirs = VOTE_RULE.initial as Votes;
  const taken: string[] = [];
  for (const one of records) {
    assert(votesJudge.isForm(one.item) && VOTE_RULE.fault(one.item) === null, one.key);
    const after = take(mine, one, 1), next = VOTE_RULE.apply(theirs, one, 1);
    assertEquals(after !== null, "state" in next, one.key);
    if (after === null || !("state" in next)) continue;
    taken.push(one.key);
    [mine, theirs] = [after, next.state as Votes];
    assertEquals(difference(mine, theirs), null);
  }
  return { mine, theirs, taken };
}

/** Two votes of an election that was opened. */
function polled() {
  return bothOf([
    record("opening", OPENING),
    record("one", vote("ann", "red", "board")),
    record("two", vote("ben", "blue", "board"), BEN),
  ]);
}

/** The app's state with something changed in the election. */
function changed(theirs: Votes, change: (board: Election) => Partial<Election>): Votes {
  const board = electionOf(theirs, "board");
  return theirs!.set("board", { ...board, ...change(board) });
}

Deno.test("`votesJudge` takes what the app's rule takes, and refuses what that refuses", () => {
  const { taken } = bothOf([
    record("first", vote("ann", "red")),
    record("second", vote(" ann\t", "blue"), BEN),
    record("another voter", vote("__proto__", "constructor")),
    record("another election", vote("ann", "blue", "board")),
    record("too late", OPENING),
    record("opening", { k: "election", election: "e", choices: ["re\u0301d", "blue"] }),
    record("opened twice", { k: "election", election: " e", choices: ["x"] }, BEN),
    record("no choice", vote("ann", "green", "e")),
    record("a choice", vote("ann", " r\u00e9d", "e")),
  ]);
  assertEquals(taken, ["first", "another voter", "another election", "opening", "a choice"]);
});

Deno.test("`votesJudge` takes for a vote, or an opening, what the app takes for one", () => {
  const opening = OPENING as { readonly [key: string]: Json };
  const items: Json[] = [
    null,
    [],
    { k: "data" },
    vote("", "red"),
    vote("ann", " "),
    vote("ann", 7),
    vote("a\u2028b", "red"),
    vote("ann", "red", ""),
    vote("x".repeat(255), "red"),
    vote("x".repeat(256), "red"),
    { ...vote("ann", "red") as object, more: 1 },
    opening,
    { ...opening, choices: [] },
    { ...opening, choices: "red" },
    { ...opening, choices: ["red", " red"] },
    { ...opening, election: "\u0007" },
    { k: "election", choices: ["red"] },
  ];
  for (const item of items) {
    const is_known = VOTE_RULE.kinds.includes((item as { readonly k?: string } | null)?.k ?? "");
    const is_good = is_known && VOTE_RULE.fault(item) === null;
    assertEquals(votesJudge.isForm(item), is_good, JSON.stringify(item));
    assertEquals(take(votesJudge.initial, record("k", item), 1) !== null, is_good);
  }
});

Deno.test("`votesJudge` finds a vote for another choice, of another signer or record, or missing", () => {
  const { mine, theirs } = polled();
  const changes = [{ choice: "blue" }, { by: BEN }, { key: "other" }] as const;
  const found = changes.map((change) => {
    const other = changed(theirs, ({ ballots }) => {
      return { ballots: ballots.set("ann", { ...ballots.get("ann")!, ...change }) };
    });
    return difference(mine, other);
  });
  const good = `red,${ANN},one`;
  assertEquals(found, [
    `blue,${ANN},one of ann, not ${good}`,
    `red,${BEN},one of ann, not ${good}`,
    `red,${ANN},other of ann, not ${good}`,
  ]);
  const less = changed(theirs, ({ ballots }) => ({ ballots: ballots.without("ann") }));
  assertEquals(difference(mine, less), `,, of ann, not ${good}`);
});

Deno.test("`votesJudge` finds a vote too many, other choices, and elections that nobody named", () => {
  const { mine, theirs } = polled();
  const more = changed(theirs, ({ ballots }) => {
    return { ballots: ballots.set("zoe", { choice: "red", index: 1, key: "three", by: ANN }) };
  });
  assertEquals(difference(mine, more), "3 votes in board, not 2");
  const listed = changed(theirs, ({ opened }) => {
    return { opened: { ...opened!, choices: ["red", "blue", "green"] } };
  });
  assertEquals(difference(mine, listed), "the choices red,blue,green, not red,blue");
  const closed = changed(theirs, () => ({ opened: null }));
  assertEquals(difference(mine, closed), "the choices null, not red,blue");
  const strange = theirs!.set("strange", electionOf(null, "strange"));
  assertEquals(difference(mine, strange), "2 elections, not 1");
  assertEquals(difference(mine, null), "the choices null, not red,blue");
  assertEquals(difference(votesJudge.initial, null), null);
});

Deno.test("`votesJudge` demands that no vote counts for two voters, in whatever elections", () => {
  const { mine, theirs } = polled(), { ballots } = electionOf(theirs, "board");
  const twin = changed(theirs, () => ({ ballots: ballots.set("zoe", ballots.get("ann")!) }));
  const copy = theirs!.set("copy", { opened: null, ballots });
  for (const wrong of [twin, copy]) {
    const violation = assertThrows(() => difference(mine, wrong), Violation) as Violation;
    assertEquals(violation.invariant, ONCE);
  }
});

Deno.test("`votesJudge` says of a record that does not count why, or that it was taken back", () => {
  const { mine } = polled(), [voted, no_choice, opened, taken_back] = EFFECTS;
  const effects = [
    vote("ann", "blue", "board"),
    vote("zoe", "green", "board"),
    OPENING,
    vote("zoe", "red", "board"),
  ].map((item) => effectOf!(mine, record("late", item), 2, false));
  assertEquals(effects, [voted, no_choice, opened, null]);
  assertEquals(effectOf!(mine, record("one", vote("ann", "red", "board")), 2, true), taken_back);
});

Deno.test("`votesJudge` knows the line that tells a signer of a lost record", () => {
  for (const item of [vote(" ann", "red"), vote("ann", "red", "board "), OPENING]) {
    assertEquals(votesJudge.lossText!(item), `${VOTE_RULE.label(item)} does not count`);
  }
});
