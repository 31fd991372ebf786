import { assertEquals, assertStrictEquals } from "@std/assert";
import fc from "fast-check";
import {
  type Member,
  nextMembers,
  noMembers,
  removeMember,
  setMember,
} from "../../../src/core/members.ts";
import { INTRODUCED_MAX, MEMBERS_MAX } from "../../../src/core/limits.ts";
import { check } from "../../helpers/check.ts";

function member(id: string, change: Partial<Member> = {}): Member {
  return { id, address: "a:1", present: true, failures: 0, retry_ms: 0, ...change };
}

function membersOf(list: readonly Member[]) {
  return list.reduce(setMember, noMembers());
}

const members = fc.uniqueArray(
  fc.record({
    id: fc.string({ minLength: 1, maxLength: 3 }),
    present: fc.boolean(),
    failures: fc.nat(4),
  }).map(({ id, ...rest }) => member(id, rest)),
  { selector: ({ id }) => id, maxLength: 30, size: "max" },
);

Deno.test("`nextMembers()` takes those after oneself with wrap-around, who are there first", () => {
  check(
    fc.property(members, fc.string({ maxLength: 3 }), fc.integer({ min: 1, max: 12 }), (
      list,
      self,
      count,
    ) => {
      const others = list.filter(({ id }) => id !== self).toSorted((
        a,
        b,
      ) => (a.id < b.id ? -1 : 1));
      const around = [
        ...others.filter(({ id }) => id > self),
        ...others.filter(({ id }) => id < self),
      ];
      const answering = around.filter(({ failures }) => failures < 3);
      const expected = [
        ...answering.filter(({ present }) => present),
        ...answering.filter(({ present }) => !present),
      ].slice(0, count);
      const { wanted, silent } = nextMembers(membersOf(list), self, count);
      assertEquals(wanted, expected);
      // The silent ones on the way are tried again; with too few others, all of them.
      for (const one of silent) assertEquals(one.failures >= 3, true);
      if (wanted.length < count) assertEquals(silent.length, around.length - answering.length);
    }),
    500,
  );
});

Deno.test("`nextMembers()` takes ten", () => {
  const ids = Array.from({ length: 25 }, (_, index) => `n${String(index).padStart(2, "0")}`);
  const all = membersOf(ids.map((id) => member(id)));
  assertEquals(nextMembers(all, "n20").wanted.map(({ id }) => id), [
    ...ids.slice(21),
    ...ids.slice(0, 6),
  ]);
});

Deno.test("`setMember()` and `removeMember()` keep the list sorted, and what is named counted", () => {
  const changes = fc.array(fc.tuple(fc.constantFrom("a", "b", "c", "d"), fc.option(fc.boolean())), {
    maxLength: 30,
    size: "max",
  });
  check(
    fc.property(changes, (list) => {
      let members = noMembers();
      const model = new Map<string, Member>();
      for (const [id, present] of list) {
        if (present === null) {
          members = removeMember(members, id);
          model.delete(id);
        } else {
          members = setMember(members, member(id, { present }));
          model.set(id, member(id, { present }));
        }
      }
      assertEquals(new Map(members.by_id), model);
      assertEquals(members.sorted, [...model.keys()].sort());
      const named = [...model.values()].filter(({ present }) => !present).length;
      assertEquals(members.introduced, named);
    }),
  );
});

Deno.test("`setMember()` returns the same list where nothing changes or it is full", () => {
  const one = membersOf([member("a")]);
  assertStrictEquals(setMember(one, member("a")), one);
  assertStrictEquals(removeMember(one, "b"), one);
  const named = (id: number) => member(`n${id}`, { present: false });
  const introduced = membersOf(Array.from({ length: INTRODUCED_MAX }, (_, id) => named(id)));
  assertStrictEquals(setMember(introduced, named(INTRODUCED_MAX)), introduced);
  assertEquals(setMember(introduced, member("x")).sorted.length, INTRODUCED_MAX + 1);
  const ids = Array.from({ length: MEMBERS_MAX }, (_, id) => String(id)).sort();
  const full = {
    by_id: new Map(ids.map((id) => [id, member(id)])),
    sorted: ids,
    introduced: 0,
  };
  assertStrictEquals(setMember(full, member("new")), full);
});
