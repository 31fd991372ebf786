import { assert, assertEquals, assertLessOrEqual } from "@std/assert";
import {
  peerTable,
  peopleOf,
  type Person,
  whoLine,
  wordsForPeople,
} from "../../../../src/cli/node/who.ts";
import {
  type MemberState,
  namedMember,
  noMembers,
  setMembers,
} from "../../../../src/core/membership/members.ts";
import { findPeople } from "../../../../src/core/membership/people.ts";
import { startNode } from "../../../helpers/node_subject.ts";

/** The id of somebody, which begins with the letters. */
function idOf(start: string): string {
  return start.padEnd(43, "_");
}

function person(id: string, name: string, more: Partial<Person> = {}): Person {
  return { id: idOf(id), name, address: `${id}:1`, state: "alive", self: false, ...more };
}

const ME = person("me", "me", { self: true });

Deno.test("`peopleOf()` has the node first, then those who are there, then the others", () => {
  const started = startNode({ name: "me" });
  const member = (id: string, name: string, state: MemberState) => ({
    ...namedMember(idOf(id), `${id}:1`, 0),
    name,
    state,
  });
  const members = setMembers(noMembers(), [
    member("a", "zoe", "left"),
    member("b", "ben", "failed"),
    member("c", "", "named"),
    member("d", "dora", "suspect"),
    member("e", "emil", "alive"),
    member("f", "anna", "alive"),
  ]);
  const people = peopleOf({ ...started, membership: { ...started.membership, members } });
  assertEquals(people.map(({ name, state }) => `${name} ${state}`), [
    "me alive",
    "anna alive",
    "emil alive",
    "dora suspect",
    " named",
    "ben failed",
    "zoe left",
  ]);
  assertEquals(people.map(({ self }) => self), [true, ...Array(6).fill(false)]);
  assertEquals([people[0].id, people[1].address], [started.config.id, "f:1"]);
});

Deno.test("`peerTable()` aligns its columns, wide names too, and marks the node", () => {
  assertEquals(
    peerTable([ME, person("id1", "世界"), person("id2", "", { address: "", state: "left" })]),
    [
      "me______  me    me:1   alive (this node)",
      "id1_____  世界  id1:1  alive",
      "id2_____  -     -      left",
    ],
  );
});

Deno.test("`peerTable()` shows 200 rows and counts the rest", () => {
  const many = Array.from({ length: 1_000 }, (_, index) => person(`${index}`, `n${index}`));
  const rows = peerTable([ME, ...many]);
  assertEquals([rows.length, rows.at(-1)], [
    201,
    "... and 801 more (rumor peers prints all)",
  ]);
});

const EVIL = "a\x1b[2J\tb\n\u202e";

Deno.test("`peerTable()` and `whoLine()` give a terminal nothing to obey", () => {
  const people = [ME, person("x", EVIL, { address: EVIL })];
  for (const line of [...peerTable(people), whoLine(people)]) {
    assertEquals(line.match(/[\p{Cc}\p{Bidi_Control}]/u), null);
    assert(line.includes("me") || line.includes("a\\x1b[2J\\tb\\x0a\\u202e"), line);
  }
});

Deno.test("`whoLine()` names those who are alive, and tells namesakes apart", () => {
  const people = [
    ME,
    person("id1", "anna"),
    person("id2", "ben"),
    person("id3", "ben"),
    person("id4", ""),
    person("id5", "gone", { state: "failed" }),
  ];
  assertEquals(whoLine(people), "me (this node), anna, ben (id2_____), ben (id3_____), id4_____");
});

Deno.test("`whoLine()` is bounded and counts the rest", () => {
  const many = Array.from({ length: 500 }, (_, index) => person(`${index}`, `person${index}`));
  const line = whoLine([ME, ...many]);
  assertLessOrEqual(line.length, 620);
  const [, more] = / and (\d+) more$/.exec(line)!;
  assertEquals(line.split(", ").length + Number(more), 501);
});

Deno.test("`wordsForPeople()` gives a word that means one of the others", () => {
  const people = [
    ME,
    person("id1", "zoe"),
    person("id2", "ben"),
    person("id3", "ben"),
    person("id4", ""),
    person("id5", "anna", { state: "suspect" }),
    person("id6", "was here", { state: "failed" }),
    person("id7", "named", { state: "named" }),
    person("id8", "left", { state: "left" }),
  ];
  const words = ["anna", "id2_____", "id3_____", "id4_____", "id6_____", "zoe"];
  assertEquals(wordsForPeople(people), words);
  for (const word of words) assertEquals(findPeople(people, word).length, 1, word);
});

Deno.test("`wordsForPeople()` gives the name to who is there, not to who is gone", () => {
  const people = [person("id1", "anna", { state: "failed" }), person("id2", "anna")];
  assertEquals(wordsForPeople(people), ["anna", "id1_____"]);
  assertEquals(wordsForPeople(people.slice(0, 1)), ["anna"]);
});

Deno.test("`wordsForPeople()` gives no word that looks like something else", () => {
  // A name that is the beginning of somebody's id, one that hides a character, and a command.
  const people = [
    person("abcdefgh1", "anna"),
    person("id2", "abcdefgh"),
    person("id3", "a\u200bb"),
    person("id4", "/pm"),
  ];
  assertEquals(wordsForPeople(people), ["anna", "id2_____", "id3_____", "id4_____"]);
  const alike = [person("abcdefgh1", ""), person("abcdefgh2", "")];
  assertEquals(wordsForPeople(alike), [idOf("abcdefgh1"), idOf("abcdefgh2")]);
});
