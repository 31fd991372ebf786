import { assert, assertEquals, assertStrictEquals } from "@std/assert";
import fc from "fast-check";
import {
  type Accusation,
  accuse,
  accusersOf,
  isThere,
  type Member,
  type MemberState,
  namedMember,
  noMembers,
  removeMembers,
  setMember,
  setMembers,
  speak,
  type Word,
} from "../../../../src/core/membership/members.ts";
import {
  ACCUSERS_MAX,
  DEPARTED_MAX,
  INTRODUCED_MAX,
  MEMBERS_MAX,
} from "../../../../src/core/data/limits.ts";
import { check } from "../../../helpers/check.ts";

const HUGE = Number.MAX_SAFE_INTEGER;

function member(id: string, change: Partial<Member> = {}): Member {
  return { ...namedMember(id, "a:1", 0), state: "alive", seq: 1, ...change };
}

function word(seq: number, change: Partial<Word> = {}): Word {
  return { seq, address: "a:1", name: "", box: "", left: false, ...change };
}

function accusation(by: string, seq: number, failed = false): Accusation {
  return { by, seq, failed };
}

function accused(one: Member, list: readonly Accusation[], now_ms = 0): Member {
  return list.reduce((member, accusation) => accuse(member, accusation, now_ms), one);
}

Deno.test("`setMembers()` and `removeMembers()` keep the list sorted, and what is named counted", () => {
  const states = fc.constantFrom<MemberState>("named", "alive", "suspect", "failed", "left");
  const change = fc.tuple(fc.constantFrom("a", "b", "c", "d"), fc.option(states));
  check(
    fc.property(fc.array(fc.array(change, { maxLength: 4 }), { maxLength: 12 }), (batches) => {
      let members = noMembers();
      const model = new Map<string, Member>();
      for (const batch of batches) {
        const set = batch.flatMap(([id, state]) => state === null ? [] : [member(id, { state })]);
        const gone = new Set(batch.flatMap(([id, state]) => state === null ? [id] : []));
        members = removeMembers(setMembers(members, set), gone);
        for (const one of set) model.set(one.id, one);
        for (const id of gone) model.delete(id);
        const there = [...model.values()].filter(isThere).map(({ id }) => id);
        assertEquals(new Map(members.by_id), model);
        assertEquals(members.sorted, there.sort());
        const named = [...model.values()].filter(({ state }) => state === "named").length;
        assertEquals(members.introduced, named);
      }
    }),
    300,
  );
});

Deno.test("`setMember()` returns the same list where it is full", () => {
  const one = setMember(noMembers(), member("a"));
  assertStrictEquals(removeMembers(one, new Set("b")), one);
  const named = (id: number) => namedMember(`n${id}`, "a:1", 0);
  const most = Array.from({ length: INTRODUCED_MAX }, (_, id) => named(id));
  const introduced = setMembers(noMembers(), most);
  assertStrictEquals(setMember(introduced, named(INTRODUCED_MAX)), introduced);
  assertEquals(setMember(introduced, member("x")).sorted.length, INTRODUCED_MAX + 1);
  const all = Array.from({ length: MEMBERS_MAX }, (_, id) => member(String(id)));
  const full = setMembers(noMembers(), all);
  assertStrictEquals(setMember(full, member("new")), full);
  assertEquals(setMember(full, member("0", { name: "known" })).by_id.get("0")!.name, "known");
});

Deno.test("`setMembers()` has room for whoever left or failed, besides those who are there", () => {
  const many = (letter: string, count: number, state: MemberState) =>
    Array.from({ length: count }, (_, id) => member(`${letter}${id}`, { state }));
  const full = setMembers(noMembers(), many("a", MEMBERS_MAX, "alive"));
  const more = setMembers(full, many("d", DEPARTED_MAX, "left"));
  assertEquals([more.by_id.size, more.sorted.length], [MEMBERS_MAX + DEPARTED_MAX, MEMBERS_MAX]);
  assertStrictEquals(setMember(more, member("new", { state: "failed" })), more);
});

Deno.test("`accuse()` makes a suspect of a member, then one that failed; any new word refutes", () => {
  const alive = speak(namedMember("a", "a:1", 0), word(3), 10);
  assertEquals([alive.state, alive.since_ms], ["alive", 10]);
  const suspect = accuse(alive, accusation("x", 3), 20);
  assertEquals([suspect.state, suspect.since_ms], ["suspect", 20]);
  assertStrictEquals(accuse(suspect, accusation("y", 2), 30), suspect);
  const failed = accuse(suspect, accusation("y", 3, true), 40);
  assertEquals([failed.state, failed.since_ms, isThere(failed)], ["failed", 40, false]);
  const back = speak(failed, word(4, { address: "b:2", name: "anna" }), 50);
  assertEquals([back.state, back.since_ms, accusersOf(back)], ["alive", 50, []]);
  assertEquals([back.address, back.name], ["b:2", "anna"]);
  assertStrictEquals(speak(back, word(4, { left: true }), 60), back);
});

Deno.test("`accuse()` says nothing of a member that has left, or has not spoken", () => {
  const left = speak(member("a"), word(2, { left: true }), 5);
  assertEquals(left.state, "left");
  assertEquals(accused(left, [accusation("x", 2, true)]).state, "left");
  // Who comes back has spoken again.
  assertEquals(speak(left, word(3), 6).state, "alive");
  const named = namedMember("a", "a:1", 0);
  assertEquals(accuse(named, accusation("x", 1, true), 5).state, "named");
});

Deno.test("`accuse()` does not let a number that is ahead outlive what it names", () => {
  const ahead = accuse(member("a"), accusation("liar", HUGE, true), 5);
  assertEquals([ahead.state, accusersOf(ahead)], ["alive", []]);
  // Whoever lies so is replaced by what it says next, and does not stop others.
  const honest = accuse(ahead, accusation("liar", 1), 6);
  assertEquals([honest.state, honest.accusations.length], ["suspect", 1]);
  assertEquals(accuse(ahead, accusation("x", 1, true), 6).state, "failed");
});

Deno.test("`accuse()` remembers so many accusers, and always that somebody failed", () => {
  const many = Array.from({ length: 100 }, (_, at) => accusation(`x${at}`, 1));
  const suspect = accused(member("a"), many);
  assertEquals([suspect.state, suspect.accusations.length], ["suspect", ACCUSERS_MAX]);
  const failed = accuse(suspect, accusation("late", 1, true), 5);
  assertEquals([failed.state, failed.accusations.length], ["failed", ACCUSERS_MAX]);
});

Deno.test("`accuse()` hears honest accusers, however many liars speak of numbers ahead", () => {
  const lies = Array.from({ length: 100 }, (_, at) => accusation(`liar${at}`, HUGE - at));
  const suspect = accuse(accused(member("a"), lies), accusation("honest", 1), 5);
  assertEquals(suspect.state, "suspect");
  assert(suspect.accusations.length <= ACCUSERS_MAX);
  // Nor do they displace those who were heard.
  const honest = Array.from({ length: ACCUSERS_MAX }, (_, at) => accusation(`x${at}`, 1));
  const loud = lies.map((lie) => ({ ...lie, failed: true }));
  assertEquals(accused(accused(member("a"), honest), loud).state, "suspect");
});

/** What each origin says of member `a`, in its own order. */
const sayings = fc.record({
  words: fc.array(fc.boolean(), { minLength: 1, maxLength: 5 }),
  accusers: fc.array(
    fc.array(fc.tuple(fc.oneof(fc.integer({ min: 1, max: 6 }), fc.constant(HUGE)), fc.boolean()), {
      maxLength: 4,
    }),
    { maxLength: 4 },
  ),
  // Which origin is heard next, in two schedules.
  orders: fc.tuple(fc.array(fc.nat(), { size: "+1" }), fc.array(fc.nat(), { size: "+1" })),
});

type Saying = (member: Member) => Member;

/** Hears all that is said, as the order draws it; each origin in its own order. */
function hear(origins: readonly (readonly Saying[])[], order: readonly number[]): Member {
  const left = origins.map((list) => [...list]);
  let one = namedMember("a", "a:1", 0);
  for (let at = 0; left.some((list) => list.length > 0); at++) {
    const open = left.filter((list) => list.length > 0);
    one = open[(order[at] ?? 0) % open.length].shift()!(one);
  }
  return one;
}

Deno.test("`speak()` and `accuse()` come to the same in whatever order origins are heard", () => {
  check(
    fc.property(sayings, ({ words, accusers, orders }) => {
      const spoken = words.map((left, at): Saying => (one) =>
        speak(one, word(at + 1, { left }), 0)
      );
      const origins = [
        spoken,
        // What an accuser knows of a member only grows.
        ...accusers.map((list, by) =>
          list.toSorted(([a], [b]) => a - b).map(([seq, failed]): Saying => (one) =>
            accuse(one, accusation(`x${by}`, seq, failed), 0)
          )
        ),
      ];
      const [a, b] = orders.map((order) => hear(origins, order));
      const picture = (one: Member) => ({
        state: one.state,
        seq: one.seq,
        // Of whoever has left, nobody asks who missed it.
        accusers: one.state === "left"
          ? []
          : accusersOf(one).map(({ by, failed }) => `${by} ${failed}`).sort(),
      });
      assertEquals(picture(a), picture(b));
    }),
    1_000,
  );
});
