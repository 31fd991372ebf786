import { assertEquals, assertStringIncludes } from "@std/assert";
import type { MemberState } from "../../../../src/core/membership/members.ts";
import { explainNobody, findNearest, findPeople } from "../../../../src/core/membership/people.ts";

/** The id of somebody, which begins with the letters. */
function idOf(start: string): string {
  return start.padEnd(43, "_");
}

function person(start: string, name: string, state: MemberState = "alive") {
  return { id: idOf(start), name, state };
}

Deno.test("`findPeople()` takes a name, or the beginning of an id", () => {
  const people = [person("abcdefgh1", "anna"), person("abcdefgh2", "anna")];
  const found = (word: string) => findPeople(people, word).map(({ id }) => id.slice(0, 9));
  assertEquals(found("anna"), ["abcdefgh1", "abcdefgh2"]);
  assertEquals(found("abcdefgh2"), ["abcdefgh2"]);
  assertEquals(found(idOf("abcdefgh1")), ["abcdefgh1"]);
  // A few letters are no id, and a part of a name is no name.
  assertEquals([found("abcdefg"), found("ann"), found("")], [[], [], []]);
});

Deno.test("`findPeople()` finds both whom an id is and who calls itself so", () => {
  const people = [person("abcdefgh", "anna"), person("xyz", "abcdefgh")];
  assertEquals(findPeople(people, "abcdefgh").length, 2);
});

Deno.test("`findNearest()` prefers who is there to who may be, and both to who is gone", () => {
  const states = (...there: MemberState[]) =>
    findNearest(there.map((state, at) => person(`${at}`, "anna", state)), "anna")
      .map(({ state }) => state);
  assertEquals(states("left", "failed", "suspect", "alive", "named"), ["alive"]);
  assertEquals(states("left", "suspect", "named"), ["suspect", "named"]);
  assertEquals(states("left", "failed"), ["left", "failed"]);
  assertEquals(states("alive", "alive"), ["alive", "alive"]);
  assertEquals(states(), []);
});

Deno.test("`findNearest()` takes a whole id for whom it is, whoever calls itself so", () => {
  const gone = person("a", "anna", "left");
  assertEquals(findNearest([person("b", gone.id), gone], gone.id), [gone]);
});

Deno.test("`explainNobody()` says what to do", () => {
  const anna = person("a", "anna"), other = person("b", "anna");
  assertStringIncludes(explainNobody("zoe", []), "nobody here is called zoe; rumor peers");
  const several = explainNobody("anna", [anna, other]);
  for (const { id } of [anna, other]) assertStringIncludes(several, id);
});
