import { assert, assertEquals, assertStrictEquals, assertThrows } from "@std/assert";
import {
  addRow,
  emptyRoster,
  findRow,
  isTold,
  listLines,
  removeRow,
  type Roster,
  rowAt,
  takeNews,
} from "../../../src/tracker/roster.ts";
import { PEERS_PER_LINE } from "../../../src/core/data/limits.ts";
import { fakeId } from "../../../src/sim/crypto.ts";
import { listOf } from "../../helpers/crowd.ts";

const decoder = new TextDecoder();

function add(roster: Roster, ...names: string[]): Roster {
  return names.reduce((next, name) => {
    const fields = { address: `${name}:7000`, name, since_ms: 5, link: 1 };
    return addRow(next, { id: fakeId(name), ...fields });
  }, roster);
}

function remove(roster: Roster, ...names: string[]): Roster {
  return names.reduce((next, name) => removeRow(next, fakeId(name)), roster);
}

// deno-lint-ignore no-explicit-any -- lines of any kind
function parse(lines: readonly Uint8Array[]): any[] {
  return lines.map((line) => JSON.parse(decoder.decode(line)));
}

/** The names that a reader of the list has. */
function listed(lines: readonly Uint8Array[]): string[] {
  return [...listOf(parse(lines)).keys()].map((id) => id.replace(/-.*/, "")).sort();
}

const MANY = Array.from({ length: 2 * PEERS_PER_LINE + 1 }, (_, at) => `n${at}`);

Deno.test("`listLines()` gives one line where nobody is, else pages without holes", () => {
  assertEquals(parse(listLines(emptyRoster())[1]), [{ k: "peers", p: [] }]);
  let roster = add(emptyRoster(), ...MANY);
  const [, lines] = listLines(roster);
  assertEquals(parse(lines).map(({ more }) => more), [true, true, undefined]);
  assertEquals(listed(lines), [...MANY].sort());
  // From the first page, from the middle, and the last.
  const gone = [MANY[0], MANY[7], MANY[PEERS_PER_LINE + 3], MANY.at(-1)!];
  roster = listLines(roster)[0];
  for (const name of gone) roster = listLines(remove(roster, name))[0];
  const rest = MANY.filter((name) => !gone.includes(name)).sort();
  const [, left] = listLines(roster);
  assertEquals(left.length, 2);
  assertEquals(listed(left), rest);
  assertEquals(roster.size, rest.length);
  for (const name of rest) assertEquals(findRow(roster, fakeId(name))?.name, name);
  for (const name of gone) assertEquals(findRow(roster, fakeId(name)), undefined);
});

Deno.test("`listLines()` encodes a page once, however many are sent it", () => {
  const [first, once] = listLines(add(emptyRoster(), ...MANY));
  const [, twice] = listLines(add(first, "ann"));
  assertStrictEquals(twice[0], once[0]);
  assertStrictEquals(twice[1], once[1]);
});

Deno.test("`takeNews()` tells what changed, and nothing that did not", () => {
  let roster = takeNews(add(emptyRoster(), "ann", "bob", "cyd"))[0];
  assert(isTold(roster));
  roster = add(remove(roster, "ann", "bob"), "dan", "eve", "bob");
  roster = remove(roster, "eve");
  assert(!isTold(roster));
  const [after, { lines, late }] = takeNews(roster);
  const [ann, bob, dan, eve] = ["ann", "bob", "dan", "eve"].map(fakeId);
  const p = [[bob, "bob:7000"], [dan, "dan:7000"]];
  assertEquals(parse(lines), [{ k: "peers", p, gone: [ann] }]);
  assertEquals(parse(late), [{ k: "peers", p: [], gone: [eve] }]);
  assert(isTold(after));
  assertEquals(takeNews(after)[1], { lines: [], late: [] });
});

Deno.test("`takeNews()` cuts what is too much for a line", () => {
  const half = MANY.slice(0, PEERS_PER_LINE + 1), other = MANY.slice(half.length);
  let roster = takeNews(add(emptyRoster(), ...half))[0];
  const before = listLines(roster)[1];
  roster = remove(add(roster, ...other), ...half);
  const { lines } = takeNews(roster)[1];
  const parts = parse(lines);
  assertEquals(parts.map(({ p, gone = [] }) => p.length + gone.length), [
    PEERS_PER_LINE,
    PEERS_PER_LINE,
    1,
  ]);
  assertEquals(parts.map(({ more }) => more), [true, true, undefined]);
  assertEquals(listed([...before, ...lines]), [...other].sort());
});

Deno.test("`addRow()` and `removeRow()` keep names, numbers and older versions", () => {
  const one = add(emptyRoster(), "ann"), two = add(one, "bob");
  const three = remove(two, "ann");
  assertEquals([one.size, two.size, three.size], [1, 2, 1]);
  assertEquals([one.names.get("bob"), two.names.get("bob")], [undefined, fakeId("bob")]);
  assertEquals([two.names.get("ann"), three.names.get("ann")], [fakeId("ann"), undefined]);
  assertEquals([rowAt(two.pages, 0)?.name, rowAt(three.pages, 0)?.name], ["ann", "bob"]);
  assertEquals(rowAt(three.pages, 1), undefined);
  assertThrows(() => add(one, "ann"), Error, "registered already");
  assertThrows(() => remove(one, "bob"), Error, "not registered");
});
