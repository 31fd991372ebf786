import { assert, assertEquals, assertGreater, assertLess } from "@std/assert";
import fc from "fast-check";
import {
  type Member,
  namedMember,
  noMembers,
  setMembers,
} from "../../../../src/core/membership/members.ts";
import {
  fingerDistances,
  neighboursOf,
  placeOf,
} from "../../../../src/core/membership/neighbours.ts";
import { OVERLAY_LINKS, SILENT_MAX } from "../../../../src/core/data/limits.ts";
import type { OverlayKind } from "../../../../src/core/data/config.ts";
import { Dice } from "../../../../src/sim/dice.ts";
import { check } from "../../../helpers/check.ts";

const DIGITS = "-0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ_abcdefghijklmnopqrstuvwxyz";

/** Distinct ids such as keys have, sorted. */
function randomIds(count: number, dice: Dice): string[] {
  const ids = new Set<string>();
  while (ids.size < count) {
    ids.add(Array.from({ length: 43 }, () => DIGITS[dice.below(64)]).join(""));
  }
  return [...ids].sort();
}

function spoken(id: string, change: Partial<Member> = {}): Member {
  return { ...namedMember(id, "a:1", 0), state: "alive", seq: 1, ...change };
}

function wantedBy(self: string, ids: readonly string[], kind: OverlayKind): string[] {
  const members = setMembers(noMembers(), ids.map((id) => spoken(id)));
  return neighboursOf(members, self, kind, () => true).wanted.map(({ id }) => id);
}

/** For each of the ids, whom it links to. */
function overlayOf(ids: readonly string[], kind: OverlayKind): Map<string, string[]> {
  const members = setMembers(noMembers(), ids.map((id) => spoken(id)));
  return new Map(ids.map((id) => {
    const { wanted } = neighboursOf(members, id, kind, () => true);
    return [id, wanted.map((one) => one.id)];
  }));
}

/** The most hops between any two, of some that are looked at; a link carries both ways. */
function diameterOf(overlay: ReadonlyMap<string, readonly string[]>, from: number): number {
  const links = new Map([...overlay.keys()].map((id) => [id, new Set<string>()]));
  for (const [id, others] of overlay) {
    for (const other of others) {
      links.get(id)!.add(other);
      links.get(other)!.add(id);
    }
  }
  let most = 0;
  for (const start of [...overlay.keys()].slice(0, from)) {
    const seen = new Set([start]);
    let hops = 0;
    for (let edge = [start]; edge.length > 0; hops++) {
      edge = edge.flatMap((id) => [...links.get(id)!]).filter((id) => {
        const fresh = !seen.has(id);
        seen.add(id);
        return fresh;
      });
    }
    assertEquals(seen.size, overlay.size, "somebody is not reached");
    most = Math.max(most, hops - 1);
  }
  return most;
}

const lists = fc.uniqueArray(
  fc.record({
    id: fc.string({ minLength: 1, maxLength: 3 }),
    named: fc.boolean(),
    failures: fc.nat(1),
  }),
  { selector: ({ id }) => id, maxLength: 40, size: "max" },
).map((list) =>
  list.map(({ id, named, failures }) =>
    named ? { ...namedMember(id, "a:1", 0), failures } : spoken(id, { failures })
  )
);

/** The others after oneself, with wrap-around. */
function aroundOf(list: readonly Member[], self: string): Member[] {
  const others = list.filter(({ id }) => id !== self).toSorted((a, b) => (a.id < b.id ? -1 : 1));
  return [...others.filter(({ id }) => id > self), ...others.filter(({ id }) => id < self)];
}

const answers = (one: Member) => one.failures === 0;

Deno.test("`neighboursOf()` takes on a ring those after oneself, who spoke for themselves first", () => {
  check(
    fc.property(lists, fc.string({ maxLength: 3 }), fc.integer({ min: 1, max: 12 }), (
      list,
      self,
      count,
    ) => {
      const around = aroundOf(list, self), answering = around.filter(answers);
      const expected = [
        ...answering.filter(({ state }) => state === "alive"),
        ...answering.filter(({ state }) => state === "named"),
      ].slice(0, count);
      const members = setMembers(noMembers(), list);
      const { wanted, silent } = neighboursOf(members, self, "ring", answers, count);
      assertEquals(wanted, expected);
      // The silent ones on the way are tried again; with too few others, all of them.
      assert(!silent.some(answers));
      const most = Math.min(SILENT_MAX, around.length - answering.length);
      if (wanted.length < count) assertEquals(silent.length, most);
    }),
    500,
  );
});

Deno.test("`neighboursOf()` takes ten, the nearest three among them, and whoever was only named last", () => {
  check(
    fc.property(lists, fc.string({ maxLength: 3 }), (list, self) => {
      const answering = aroundOf(list, self).filter(answers);
      const alive = answering.filter(({ state }) => state === "alive");
      const members = setMembers(noMembers(), list);
      const { wanted } = neighboursOf(members, self, "fingers", answers);
      assertEquals(new Set(wanted).size, wanted.length);
      assertEquals(wanted.length, Math.min(OVERLAY_LINKS, answering.length));
      for (const near of alive.slice(0, 3)) assert(wanted.includes(near));
      const named = wanted.filter(({ state }) => state === "named");
      assertEquals(named.length, Math.max(0, wanted.length - alive.length));
    }),
    500,
  );
});

Deno.test("`neighboursOf()` under `given` takes those whose link broke, however many, and no others", () => {
  check(
    fc.property(lists, fc.func(fc.boolean()), (list, isLost) => {
      const all = list.map((one) => ({ ...one, lost: isLost(one.id) }));
      const { wanted, silent } = neighboursOf(setMembers(noMembers(), all), "", "given", answers);
      const lost = new Set(all.filter((one) => one.lost && one.id !== ""));
      assertEquals(new Set([...wanted, ...silent]), lost);
      assert(wanted.every(answers) && !silent.some(answers));
    }),
    200,
  );
});

Deno.test("`neighboursOf()` reaches everybody over fingers in far fewer hops than over a ring", () => {
  const ids = randomIds(1_000, new Dice(1));
  const wantedFrom = overlayOf(ids, "fingers");
  const fingers = diameterOf(wantedFrom, 100);
  const ring = diameterOf(overlayOf(ids, "ring"), 10);
  assertEquals(ring, 50);
  for (const [at, id] of ids.entries()) {
    const wanted = wantedFrom.get(id)!;
    assertEquals(wanted.length, OVERLAY_LINKS);
    for (const step of [1, 2, 3]) assert(wanted.includes(ids[(at + step) % ids.length]));
  }
  assertLess(fingers, 8);
});

Deno.test("`neighboursOf()` leaves most fingers where they are when somebody comes", () => {
  const dice = new Dice(2);
  const [added, ...rest] = randomIds(1_001, dice).toSorted(() => dice.next() - 0.5);
  const before = overlayOf(rest.toSorted(), "fingers");
  const after = overlayOf([...rest, added].sort(), "fingers");
  let changed = 0;
  for (const [id, wanted] of before) {
    changed += after.get(id)!.filter((one) => !wanted.includes(one)).length;
  }
  // Of 10,000 links, about as many as point at the newcomer.
  assertGreater(changed, 2);
  assertLess(changed, 30);
});

Deno.test("`neighboursOf()` gives the same however the members came to be known", () => {
  const ids = randomIds(50, new Dice(3));
  const self = ids[7];
  assertEquals(wantedBy(self, ids.toReversed(), "fingers"), wantedBy(self, ids, "fingers"));
});

Deno.test("`fingerDistances()` begins at half the ring, and shrinks by one factor", () => {
  const distances = fingerDistances(1_000, 7);
  assertEquals([distances.length, distances[0]], [7, 0.5]);
  const factors = distances.slice(1).map((one, at) => distances[at] / one);
  for (const factor of factors) assertEquals(factor.toFixed(6), factors[0].toFixed(6));
  // The last is still beyond the nearest three.
  assertGreater(distances.at(-1)! * 1_000, 3);
  assertEquals(fingerDistances(1_010, 7), distances);
});

Deno.test("`placeOf()` goes up with the order of ids", () => {
  const places = randomIds(200, new Dice(4)).map(placeOf);
  assertEquals(places, places.toSorted((a, b) => a - b));
  assertEquals(placeOf("-".repeat(43)), 0);
  assertEquals(placeOf(`V${"-".repeat(42)}`), 0.5);
});
