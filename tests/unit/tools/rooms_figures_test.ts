import { assert, assertEquals } from "@std/assert";
import type { Facts, Import, Slice, Write } from "../../../tools/rooms/facts.ts";
import { isOver, report, reportLines } from "../../../tools/rooms/figures.ts";
import { cycles, fileCycles, roomCycles, within } from "../../../tools/rooms/graph.ts";
import { names, wordsOf } from "../../../tools/rooms/words.ts";

/** Arrows as `ab bc`. */
function arrows(text: string): Map<string, Set<string>> {
  const found = new Map<string, Set<string>>();
  for (const [from, to] of text.split(" ")) {
    found.set(from, (found.get(from) ?? new Set()).add(to));
  }
  return found;
}

function importing(path: string, target: string): Import {
  return { place: { path, line: 3, what: `imports ${target}` }, target };
}

const NOTHING: Facts = {
  paths: ["main.ts", "src/core/log/log.ts", "src/core/node.ts"],
  imports: [],
  slices: [],
  slice_faults: [],
  writes: [],
  naming: [],
};

/** A slice of the room log with so many fields. */
function slice(fields: number): Slice {
  const names = Array.from({ length: fields }, (_, at) => `f${at}`);
  return { kind: "slice", room: "log", name: "Log", path: "src/core/log/slice.ts", fields: names };
}

function write(slice: Slice, field: string, writer: string): Write {
  const path = `src/core/${writer}/a.ts`;
  return { slice, field, writer, place: { path, line: 7, what: `${writer} writes ${field}` } };
}

/** Files in so many rooms that are in no list. */
function roomPaths(rooms: number): string[] {
  return Array.from({ length: rooms }, (_, at) => `src/core/room${at}/a.ts`);
}

/** The names of the figures that are over their goals. */
function over(facts: Partial<Facts>): string[] {
  return report({ ...NOTHING, ...facts }).figures.filter(isOver).map(({ name }) => name);
}

Deno.test("cycles() finds the strongly connected components", () => {
  const cases: [string, string[]][] = [
    ["ab bc cd", []],
    ["ab ba", ["ab"]],
    ["aa", ["a"]],
    ["ab bc ca cd de", ["abc"]],
    ["ab bc cb cd dd", ["bc", "d"]],
    ["xy yz zx ab ba xa", ["xyz", "ab"]],
    // Two circles that share a corner are one component.
    ["ab ba bc cb", ["abc"]],
    ["ab ac bd cd da", ["abcd"]],
  ];
  for (const [text, expected] of cases) {
    assertEquals(cycles(arrows(text)).map((members) => members.join("")), expected, text);
  }
});

Deno.test("fileCycles() and roomCycles() tell circles of files from those of rooms", () => {
  const imports = [
    importing("src/core/log/a.ts", "src/core/log/b.ts"),
    importing("src/core/log/b.ts", "src/core/wire/a.ts"),
    importing("src/core/wire/b.ts", "src/core/log/c.ts"),
    importing("src/shell/a.ts", "src/core/log/c.ts"),
  ];
  assertEquals(fileCycles(imports), []);
  assertEquals(roomCycles(imports), [["log", "wire"]]);
  const back = importing("src/core/wire/a.ts", "src/core/log/a.ts");
  const circle = ["src/core/log/a.ts", "src/core/log/b.ts", "src/core/wire/a.ts"];
  assertEquals(fileCycles([...imports, back]), [circle]);
  assertEquals(
    within([...imports, back], circle),
    [imports[0], imports[1], back].map((i) => i.place),
  );
});

Deno.test("wordsOf() and names() find whole words in names of all styles", () => {
  assertEquals(wordsOf("balancesOfLedger"), ["balances", "of", "ledger"]);
  assertEquals(wordsOf("HTTPServer_v2 read-only"), ["http", "server", "v", "2", "read", "only"]);
  for (const text of ["ledger", "LEDGER_MAX", "emptyLedger", "./ledger.ts", "the ledger's end"]) {
    assert(names(text, "ledger"), text);
  }
  for (const text of ["ledgers", "pledger", "led ger", ""]) assert(!names(text, "ledger"), text);
  assert(names("openHashChain", "hash_chain"));
  assert(!names("hash of a chain", "hash_chain"));
});

Deno.test("report() finds nothing over its goal where all walls hold", () => {
  assertEquals(over({}), []);
  const ten = slice(10);
  const writes = ten.fields.map((field) => write(ten, field, "log"));
  const places = [1, 2].map((line) => ({ path: "main.ts", line, what: "names ledger" }));
  const chat = [...places, ...places];
  const naming = [{ app: "ledger", places }, { app: "chat", places: chat }];
  assertEquals(over({ slices: [ten], writes, naming }), []);
});

Deno.test("report() says which figure is over its goal", () => {
  const paths = roomPaths(17);
  assertEquals(over({ paths }), ["rooms in src/core", "rooms that are not in the list"]);
  assertEquals(over({ paths: ["src/core/a.ts"] }), ["files beside the rooms"]);
  assertEquals(over({ slice_faults: ["x"] }), ["slices that no state holds"]);
  assertEquals(over({ slices: [slice(11)] }), ["most fields of one slice"]);

  const [one, two] = [slice(6), { ...slice(5), name: "Other" }];
  const many = [one, two].flatMap((each) => each.fields.map((field) => write(each, field, "log")));
  assertEquals(over({ slices: [one, two], writes: many }), ["most fields that one room writes"]);

  const writes = [write(one, "f1", "log"), write(one, "f1", "wire"), write(one, "f2", "wire")];
  const { figures } = report({ ...NOTHING, slices: [one], writes });
  const [found] = figures.filter(isOver);
  assertEquals(found.name, "most writers of one field");
  assertEquals(found.where, [writes[0].place, writes[1].place]);

  const place = { path: "main.ts", line: 1, what: "names ledger" };
  const naming = [{ app: "ledger", places: [place, place, place] }];
  assertEquals(over({ naming }), ["other files that name ledger"]);
});

Deno.test("reportLines() shows every figure, and with `list` every place over a goal", () => {
  const log = slice(2);
  const writes = [write(log, "f1", "log"), write(log, "f1", "wire")];
  const imports = [importing("src/core/log/log.ts", "src/core/node.ts")];
  const head: Slice = { ...log, kind: "record", name: "Head" };
  writes.push(write(head, "f0", "log"), write(head, "f1", "flow"));
  const found = report({ ...NOTHING, slices: [log, head], writes, imports });
  const short = reportLines(found, false);
  assertEquals(short, [
    "figure                             now  goal",
    "circles of imports among files       0     0",
    "circles of imports among rooms       0     0",
    "imports upward                       1     0  over",
    "rooms in src/core                    1    16",
    "rooms that are not in the list       0     0",
    "files beside the rooms               0     0",
    "slices that no state holds           0     0",
    "most fields of one slice             2    10",
    "most fields that one room writes     1    10",
    "most writers of one field            2     1  over",
    "records with more than one writer    1     -",
    "",
    "fields of each room's slice, and fields that the room writes:",
    "  room  fields  written",
    "  log        2        1",
    "",
    "fields with more than one writer:",
    "  Log.f1: log, wire",
    "",
    "records in slices with more than one writer:",
    "  Head (2 fields): flow, log",
  ]);
  assertEquals(reportLines(found, true), [
    ...short,
    "",
    "imports upward:",
    "  src/core/log/log.ts:3  imports src/core/node.ts, but log lies below node.ts",
    "",
    "most writers of one field:",
    "  src/core/log/a.ts:7  log writes f1",
    "  src/core/wire/a.ts:7  wire writes f1",
  ]);
});
