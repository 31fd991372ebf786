import { assertEquals, assertNotStrictEquals, assertStrictEquals } from "@std/assert";
import { draw, RoomTurn } from "../../../../src/core/wire/room.ts";
import { encodeLine } from "../../../../src/core/wire/line.ts";
import { deepFreeze } from "../../../helpers/deep_freeze.ts";

interface Slice {
  readonly count: number;
  readonly names: ReadonlyMap<string, number>;
  readonly others: ReadonlyMap<string, number>;
  readonly random: number;
}

const SLICE: Slice = deepFreeze({
  count: 1,
  names: new Map([["ann", 1]]),
  others: new Map(),
  random: 7,
});

function turnOf(slice = SLICE, now_ms = 5) {
  return new RoomTurn<Slice, { readonly now_ms: number }, { readonly kind: "more" }>(slice, {
    ...slice,
  }, {
    now_ms,
  });
}

Deno.test("`RoomTurn.finish()` returns the same reference where nothing changed", () => {
  const turn = turnOf();
  assertStrictEquals(turn.finish()[0], SLICE);
  turn.slice.count = 2;
  turn.slice.count = 1;
  assertStrictEquals(turn.finish()[0], SLICE);
});

Deno.test("`RoomTurn` leaves the slice that came in as it was", () => {
  const turn = turnOf();
  turn.slice.count = 2;
  turn.own("names").set("bob", 2);
  const [after] = turn.finish();
  assertEquals([after.count, [...after.names.keys()]], [2, ["ann", "bob"]]);
  assertEquals([SLICE.count, [...SLICE.names.keys()]], [1, ["ann"]]);
  assertStrictEquals(after.others, SLICE.others);
});

Deno.test("`RoomTurn.own()` copies a map once, and each map for itself", () => {
  const turn = turnOf();
  const names = turn.own("names");
  assertNotStrictEquals(names, SLICE.names);
  assertStrictEquals(turn.own("names"), names);
  assertStrictEquals(turn.slice.names, names);
  assertNotStrictEquals(turn.own("others"), names);
  assertEquals(turn.slice.others, new Map());
});

Deno.test("`RoomTurn` gives back what it was handed, in order", () => {
  const turn = turnOf();
  turn.count("things");
  turn.out({ kind: "more" });
  turn.send(3, { k: "ping", x: 1 }, { k: "pong", x: 2 });
  // Nothing to say is not said, and who waits for nothing is not woken.
  turn.send(4);
  turn.wakeAt(Infinity);
  turn.wakeAt(9);
  turn.close(3, "left", "leaving");
  assertEquals(turn.finish()[1], [
    { kind: "count", what: "things", times: 1 },
    { kind: "more" },
    {
      kind: "send",
      link: 3,
      lines: [encodeLine({ k: "ping", x: 1 }), encodeLine({ k: "pong", x: 2 })],
    },
    { kind: "wake", at_ms: 9 },
    { kind: "close", link: 3, code: "left", why: "leaving" },
  ]);
  assertEquals(turn.now_ms, 5);
});

Deno.test("`draw()` moves the generator of the slice on", () => {
  const turn = turnOf();
  const numbers = [draw(turn), draw(turn)];
  const again = turnOf();
  assertEquals([draw(again), draw(again)], numbers);
  assertEquals(new Set(numbers).size, 2);
  assertEquals([turn.slice.random === SLICE.random, SLICE.random], [false, 7]);
});
