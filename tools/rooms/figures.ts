/** The figures of `deno task rooms`, and how they are printed. */

import { ROOMS, SLICE_FILE } from "../room_list.ts";
import { roomOf } from "../walls.ts";
import type { Facts, Import, Naming, Place, Slice, Write } from "./facts.ts";
import { arrowsUp, fileCycles, roomCycles, roomFolders, strayFiles, within } from "./graph.ts";

/** The most that a figure may be. */
const GOALS = { rooms: 16, fields: 10, writers: 1, naming: 2 };

/** The apps that almost nobody may name; how many files name the others is only told. */
export const UNNAMED_APPS = ["ledger"];

/** One number, and the most that it may be: null where it is only told. */
export interface Figure {
  readonly name: string;
  readonly now: number;
  readonly goal: number | null;
  /** What makes it as high as it is. */
  readonly where: readonly Place[];
}

/** What one room owns and writes. */
export interface RoomFigures {
  readonly room: string;
  /** Fields of its slice; null where it has none. */
  readonly fields: number | null;
  /** The fields that it writes, in its own slice and elsewhere. */
  readonly writes: readonly string[];
}

/** A record that slices hold: how large it is, and who changes it. */
export interface RecordFigures {
  readonly record: string;
  readonly path: string;
  readonly fields: number;
  readonly writers: readonly string[];
}

/** Who writes one field, as `Slice.field`. */
export interface FieldFigures {
  readonly field: string;
  readonly writers: readonly string[];
}

export interface Report {
  readonly figures: readonly Figure[];
  /** The members of each circle of imports. */
  readonly file_cycles: readonly (readonly string[])[];
  readonly room_cycles: readonly (readonly string[])[];
  readonly rooms: readonly RoomFigures[];
  readonly fields: readonly FieldFigures[];
  readonly records: readonly RecordFigures[];
}

/** Whether a figure is higher than it may be. */
export function isOver({ now, goal }: Figure): boolean {
  return goal !== null && now > goal;
}

function figure(name: string, goal: number | null, where: readonly Place[]): Figure {
  return { name, now: where.length, goal, where };
}

function place(path: string, what: string): Place {
  return { path, line: 1, what };
}

/** Counts everything. */
export function report(facts: Facts): Report {
  const { paths, imports } = facts;
  const slices = facts.slices.filter(({ kind }) => kind !== "record");
  const writes = facts.writes.filter(({ slice }) => slice.kind !== "record");
  const records = recordsOf(facts);
  const rooms = roomsOf(paths, slices, writes);
  const fields = slices.flatMap((slice) =>
    slice.fields.map((field) => ({
      field: `${slice.name}.${field}`,
      writers: writersOf(writes, slice, field),
    }))
  );
  const [file_cycles, room_cycles] = [fileCycles(imports), roomCycles(imports)];
  return {
    figures: [
      cycleFigure("circles of imports among files", file_cycles, imports),
      cycleFigure("circles of imports among rooms", room_cycles, imports, roomOf),
      figure("imports upward", 0, arrowsUp(imports)),
      ...folderFigures(paths),
      figure(
        "slices that no state holds",
        0,
        facts.slice_faults.map((what) => place("src/core", what)),
      ),
      sliceFigure(slices),
      writesFigure(rooms),
      writersFigure(fields, writes),
      recordsFigure(records, facts),
      ...facts.naming.map(namingFigure),
    ],
    file_cycles,
    room_cycles,
    rooms,
    fields,
    records,
  };
}

function cycleFigure(
  name: string,
  found: readonly string[][],
  imports: readonly Import[],
  nameOf?: (path: string) => string | null,
): Figure {
  const where = found.flatMap((members) => within(imports, members, nameOf));
  return { name, now: found.length, goal: 0, where };
}

function folderFigures(paths: readonly string[]): Figure[] {
  const folders = roomFolders(paths);
  const unknown = folders.filter((folder) => !ROOMS.some(({ name }) => name === folder));
  const asPlaces = (names: readonly string[], what: string) =>
    names.map((name) => place(`src/core/${name}`, what));
  return [
    figure("rooms in src/core", GOALS.rooms, asPlaces(folders, "a room")),
    figure("rooms that are not in the list", 0, asPlaces(unknown, "not in tools/room_list.ts")),
    figure(
      "files beside the rooms",
      0,
      strayFiles(paths).map((path) => place(path, "lies in no room")),
    ),
  ];
}

/** The writers of one field, sorted. */
function writersOf(writes: readonly Write[], slice: Slice, field: string): string[] {
  const own = writes.filter((write) => write.slice === slice && write.field === field);
  return [...new Set(own.map(({ writer }) => writer))].sort();
}

/** The records in slices, those with the most writers first. */
function recordsOf({ slices, writes }: Facts): RecordFigures[] {
  return slices.filter(({ kind }) => kind === "record").map((slice) => {
    const own = writes.filter((write) => write.slice === slice);
    const writers = [...new Set(own.map(({ writer }) => writer))].sort();
    return { record: slice.name, path: slice.path, fields: slice.fields.length, writers };
  }).sort((a, b) => b.writers.length - a.writers.length || b.fields - a.fields);
}

function roomsOf(
  paths: readonly string[],
  slices: readonly Slice[],
  writes: readonly Write[],
): RoomFigures[] {
  const folders = roomFolders(paths);
  const listed = ROOMS.map(({ name }) => name).filter((name) => folders.includes(name));
  return [...new Set([...listed, ...folders])].map((room) => {
    const own = writes.filter(({ writer }) => writer === room);
    const written = own.map(({ slice, field }) => `${slice.name}.${field}`);
    const fields = slices.find((slice) => slice.room === room)?.fields.length ?? null;
    return { room, fields, writes: [...new Set(written)].sort() };
  });
}

/** The figure that is the highest of several; `where` says which of them are too high. */
function highest(
  name: string,
  goal: number,
  all: readonly { readonly count: number; readonly where: readonly Place[] }[],
): Figure {
  const now = Math.max(0, ...all.map(({ count }) => count));
  const where = all.filter(({ count }) => count > goal).flatMap((each) => each.where);
  return { name, now, goal, where };
}

function sliceFigure(slices: readonly Slice[]): Figure {
  const all = slices.filter(({ path }) => path.endsWith(`/${SLICE_FILE}`)).map((slice) => {
    const count = slice.fields.length;
    return { count, where: [place(slice.path, `${slice.name} has ${count} fields`)] };
  });
  return highest("most fields of one slice", GOALS.fields, all);
}

function writesFigure(rooms: readonly RoomFigures[]): Figure {
  const all = rooms.map(({ room, writes }) => ({
    count: writes.length,
    where: [place(`src/core/${room}`, `${room} writes ${writes.join(", ")}`)],
  }));
  return highest("most fields that one room writes", GOALS.fields, all);
}

function writersFigure(fields: readonly FieldFigures[], writes: readonly Write[]): Figure {
  const all = fields.map(({ field, writers }) => ({
    count: writers.length,
    where: writes.filter((write) => `${write.slice.name}.${write.field}` === field)
      .map((write) => write.place),
  }));
  return highest("most writers of one field", GOALS.writers, all);
}

/** Only told: some values are passed on, and may be changed by whoever has them. */
function recordsFigure(records: readonly RecordFigures[], { writes }: Facts): Figure {
  const shared = records.filter(({ writers }) => writers.length > GOALS.writers);
  const where = shared.flatMap(({ record, path }) =>
    writes.filter(({ slice }) => slice.name === record && slice.path === path)
      .map((write) => write.place)
  );
  return { name: "records with more than one writer", now: shared.length, goal: null, where };
}

function namingFigure({ app, places }: Naming): Figure {
  const goal = UNNAMED_APPS.includes(app) ? GOALS.naming : null;
  return figure(`other files that name ${app}`, goal, places);
}

/** Rows of cells as text; all columns but the first hold numbers, or `-`. */
function columns(rows: readonly (readonly string[])[]): string[] {
  const widths = rows[0].map((_, at) => Math.max(...rows.map((row) => (row[at] ?? "").length)));
  return rows.map((row) =>
    row.map((cell, at) => at === 0 ? cell.padEnd(widths[at]) : cell.padStart(widths[at]))
      .join("  ").trimEnd()
  );
}

/** The report as lines of text; with `list` every place that makes a figure too high. */
export function reportLines(found: Report, list: boolean): string[] {
  const over = found.figures.filter(isOver);
  const isShared = ({ writers }: { readonly writers: readonly string[] }) =>
    writers.length > GOALS.writers;
  const shared = found.fields.filter(isShared);
  const section = (title: string, lines: readonly string[]) =>
    lines.length === 0 ? [] : ["", title, ...lines.map((line) => `  ${line}`)];
  const figures = columns([
    ["figure", "now", "goal", ""],
    ...found.figures.map((each) => [
      each.name,
      `${each.now}`,
      `${each.goal ?? "-"}`,
      isOver(each) ? "over" : "",
    ]),
  ]);
  const rooms = columns([
    ["room", "fields", "written"],
    ...found.rooms.map(({ room, fields, writes }) => [
      room,
      `${fields ?? "-"}`,
      `${writes.length}`,
    ]),
  ]);
  const circles = (all: Report["file_cycles"]) =>
    all.map((members) => `${members.length}: ${members.join(" ")}`);
  return [
    ...figures,
    ...section("fields of each room's slice, and fields that the room writes:", rooms),
    ...section("circles of imports among files:", circles(found.file_cycles)),
    ...section("circles of imports among rooms:", circles(found.room_cycles)),
    ...section(
      "fields with more than one writer:",
      shared.map(({ field, writers }) => `${field}: ${writers.join(", ")}`),
    ),
    ...section(
      "records in slices with more than one writer:",
      found.records.filter(isShared).map(({ record, fields, writers }) =>
        `${record} (${fields} fields): ${writers.join(", ")}`
      ),
    ),
    ...(list ? over : []).flatMap(({ name, where }) =>
      section(`${name}:`, where.map(({ path, line, what }) => `${path}:${line}  ${what}`))
    ),
  ];
}
