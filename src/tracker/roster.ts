/**
 * The list of a tracker: who is registered, and what changed since everybody was told.
 *
 * Its rows stand in pages, without holes: a row that goes is replaced by the last. A page is encoded
 * once for all newcomers that are sent it, so ten thousand of them cost ten thousand lists on the
 * wire, which nobody can spare them, but not ten thousand times the making of one.
 */

import type { Address, Id, LinkId } from "../core/types.ts";
import { encodeLine } from "../core/wire/line.ts";
import { SharedMap } from "../core/data/shared_map.ts";
import { PEERS_PER_LINE } from "../core/data/limits.ts";

/** One who is registered. */
export interface Row {
  readonly id: Id;
  readonly address: Address;
  /** "" for none. */
  readonly name: string;
  readonly since_ms: number;
  readonly link: LinkId;
  /** Number of the change that brought it. */
  readonly change: number;
}

interface Page {
  readonly rows: readonly Row[];
  /** As a line with another behind it; null while nobody was sent it. */
  readonly line: Uint8Array | null;
}

/** Whether an id was in the list when everybody was told, and whether it is now. */
interface Change {
  readonly before: boolean;
  readonly now: boolean;
}

export interface Roster {
  readonly pages: readonly Page[];
  readonly size: number;
  /** Number of the row of each id. */
  readonly places: SharedMap<Id, number>;
  readonly names: SharedMap<string, Id>;
  /** What happened since everybody was told, by id. */
  readonly changes: SharedMap<Id, Change>;
  /** How many changes there were, and how many when everybody was told. */
  readonly change: number;
  readonly told: number;
}

/** What is to be told. */
export interface News {
  /** For everybody. */
  readonly lines: readonly Uint8Array[];
  /** Also for those who came since everybody was told: whom only their list may have named. */
  readonly late: readonly Uint8Array[];
}

const NO_ROWS: Page = { rows: [], line: null };

/** A list of nobody. */
export function emptyRoster(): Roster {
  return {
    pages: [],
    size: 0,
    places: SharedMap.of(),
    names: SharedMap.of(),
    changes: SharedMap.of(),
    change: 0,
    told: 0,
  };
}

/** The row of an id. */
export function findRow(roster: Roster, id: Id): Row | undefined {
  const place = roster.places.get(id);
  return place === undefined ? undefined : rowAt(roster.pages, place);
}

/** A row by its number, from 0. */
export function rowAt(pages: Roster["pages"], place: number): Row | undefined {
  return pages[Math.floor(place / PEERS_PER_LINE)]?.rows[place % PEERS_PER_LINE];
}

/** Adds one who is not registered. */
export function addRow(roster: Roster, fields: Omit<Row, "change">): Roster {
  const { id, name } = fields;
  if (roster.places.has(id)) throw new Error(`${id} is registered already`);
  const change = roster.change + 1;
  const noted = roster.changes.get(id);
  return {
    ...roster,
    pages: setRow(roster.pages, roster.size, { ...fields, change }),
    size: roster.size + 1,
    places: roster.places.set(id, roster.size),
    names: name === "" ? roster.names : roster.names.set(name, id),
    changes: roster.changes.set(id, { before: noted?.before ?? false, now: true }),
    change,
  };
}

/** Removes one who is registered. */
export function removeRow(roster: Roster, id: Id): Roster {
  const place = roster.places.get(id);
  if (place === undefined) throw new Error(`${id} is not registered`);
  const { name } = rowAt(roster.pages, place)!;
  const last = rowAt(roster.pages, roster.size - 1)!;
  const pages = dropLast(
    place === roster.size - 1 ? roster.pages : setRow(roster.pages, place, last),
  );
  const moved = last.id === id ? roster.places : roster.places.set(last.id, place);
  const noted = roster.changes.get(id);
  return {
    ...roster,
    pages,
    size: roster.size - 1,
    places: moved.delete(id),
    names: name === "" ? roster.names : roster.names.delete(name),
    changes: roster.changes.set(id, { before: noted?.before ?? true, now: false }),
    change: roster.change + 1,
  };
}

/** The whole list in lines, all but the last with `more`; and the roster that remembers them. */
export function listLines(roster: Roster): [Roster, readonly Uint8Array[]] {
  const { pages } = roster;
  const last = pages.at(-1) ?? NO_ROWS;
  const before = pages.slice(0, -1).map((page) =>
    page.line === null ? { ...page, line: encodePeers(page.rows, [], true) } : page
  );
  const lines = [...before.map((page) => page.line!), encodePeers(last.rows, [], false)];
  return [pages.length < 2 ? roster : { ...roster, pages: [...before, last] }, lines];
}

/** What changed since everybody was told; and the roster in which they are. */
export function takeNews(roster: Roster): [Roster, News] {
  const came: Row[] = [], gone: Id[] = [], late: Id[] = [];
  // Sorted, because the map promises no order.
  for (const [id, { before, now }] of [...roster.changes.entries()].sort(byId)) {
    if (now) came.push(findRow(roster, id)!);
    else if (before) gone.push(id);
    else late.push(id);
  }
  const next = { ...roster, changes: SharedMap.of<Id, Change>(), told: roster.change };
  return [next, { lines: differenceLines(came, gone), late: differenceLines([], late) }];
}

/** Whether everybody was told of everything. */
export function isTold(roster: Roster): boolean {
  return roster.told === roster.change;
}

function byId([a]: readonly [Id, unknown], [b]: readonly [Id, unknown]): number {
  return a < b ? -1 : 1;
}

function differenceLines(came: readonly Row[], gone: readonly Id[]): Uint8Array[] {
  const lines: Uint8Array[] = [];
  const total = came.length + gone.length;
  for (let from = 0; from < total; from += PEERS_PER_LINE) {
    const to = from + PEERS_PER_LINE;
    // Those who left count on where those who came end, so that a line is never too long.
    const left = gone.slice(Math.max(0, from - came.length), Math.max(0, to - came.length));
    lines.push(encodePeers(came.slice(from, to), left, to < total));
  }
  return lines;
}

function encodePeers(rows: readonly Row[], gone: readonly Id[], more: boolean): Uint8Array {
  return encodeLine({
    k: "peers",
    p: rows.map(({ id, address }) => [id, address] as const),
    ...(gone.length > 0 && { gone }),
    ...(more && { more }),
  });
}

/** The pages with a row at a place that there is, or just behind the last. */
function setRow(pages: Roster["pages"], place: number, row: Row): Page[] {
  const at = Math.floor(place / PEERS_PER_LINE);
  const rows = (pages[at] ?? NO_ROWS).rows.slice();
  rows[place % PEERS_PER_LINE] = row;
  const changed = pages.slice();
  changed[at] = { rows, line: null };
  return changed;
}

function dropLast(pages: Roster["pages"]): readonly Page[] {
  const rows = pages.at(-1)!.rows.slice(0, -1);
  return rows.length === 0 ? pages.slice(0, -1) : [...pages.slice(0, -1), { rows, line: null }];
}
