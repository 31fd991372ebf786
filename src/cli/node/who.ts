/**
 * Who is there, as it is told at the prompt: a table, a line of names, and the words that mean
 * somebody. Names come from others, so they are labels: where one is not enough to tell who is
 * meant, a part of the id stands in its place.
 */

import type { Address, Id } from "../../core/types.ts";
import type { MemberState } from "../../core/membership/members.ts";
import { askNode, type NodeState } from "../../core/node.ts";
import { ID_START_CHARS } from "../../core/membership/people.ts";
import { visible } from "../output/escape.ts";
import { oneWord, padded, widthOf } from "../output/width.ts";

/** A table that nobody can read would only hold up the conversation. */
const ROWS_MAX = 200;
/** A line that is read at one glance, and that is not cut short on its way to stderr. */
const WHO_CHARS_MAX = 600;
const ORDER: readonly MemberState[] = ["alive", "suspect", "named", "failed", "left"];

/** Somebody on the network; the own node is one of them. */
export interface Person {
  readonly id: Id;
  readonly name: string;
  readonly address: Address;
  readonly state: MemberState;
  readonly self: boolean;
}

/** Everybody that a node knows, as guests are told: itself, then who is there, then who is gone. */
export function peopleOf(node: NodeState): Person[] {
  const people = askNode(node, "peers")!.map(([id, name, address, state, , link]): Person => {
    return { id, name, address, state: state as MemberState, self: link === "self" };
  });
  return people.sort((a, b) =>
    Number(b.self) - Number(a.self) || ORDER.indexOf(a.state) - ORDER.indexOf(b.state) ||
    compare(a.name, b.name) || compare(a.id, b.id)
  );
}

/** One row for each: id, name, address, state. What there is to say of nobody is a dash. */
export function peerTable(people: readonly Person[]): string[] {
  const rows = people.slice(0, ROWS_MAX).map(({ id, name, address, state, self }) => {
    const known = [shortId(id), name, address].map((text) => text === "" ? "-" : oneWord(text));
    return [...known, self ? `${state} (this node)` : state];
  });
  const widths = [0, 1, 2].map((column) => Math.max(...rows.map((row) => widthOf(row[column]))));
  const lines = rows.map((row) =>
    row.map((text, column) => padded(text, widths[column] ?? 0)).join("  ")
  );
  const more = people.length - rows.length;
  return more > 0 ? [...lines, `... and ${more} more (rumor peers prints all)`] : lines;
}

/** The names of those who are alive, in one line. */
export function whoLine(people: readonly Person[]): string {
  const alive = people.filter(({ state }) => state === "alive");
  const names = countNames(alive);
  let line = "";
  for (const [index, person] of alive.entries()) {
    const { id, name, self } = person;
    const twice = (names.get(name) ?? 0) > 1;
    const shown = name === ""
      ? shortId(id)
      : twice
      ? `${oneWord(name)} (${shortId(id)})`
      : oneWord(name);
    const added = `${index === 0 ? "" : ", "}${shown}${self ? " (this node)" : ""}`;
    if (line.length + added.length > WHO_CHARS_MAX) {
      return `${line} and ${alive.length - index} more`;
    }
    line += added;
  }
  return line;
}

/** A word for each of the others that means nobody else, in the order of the alphabet. */
export function wordsForPeople(people: readonly Person[]): string[] {
  const others = people.filter(({ self, state }) => !self && state !== "named" && state !== "left");
  const there = countNames(others.filter(isPresent));
  const all = countNames(others);
  const starts = new Map<string, number>();
  for (const { id } of people) starts.set(shortId(id), (starts.get(shortId(id)) ?? 0) + 1);
  const words = others.map((person) => {
    const { id, name } = person;
    // Who is there goes before somebody of that name who is gone.
    const unique = (isPresent(person) ? there : all).get(name) === 1;
    const typable = name !== "" && visible(name) === name && !/^\/|\s/u.test(name);
    if (unique && typable && !starts.has(name.slice(0, ID_START_CHARS))) return name;
    return starts.get(shortId(id)) === 1 ? shortId(id) : id;
  });
  return words.sort(compare);
}

function isPresent(person: Person): boolean {
  return person.state !== "failed" && person.state !== "left";
}

function shortId(id: Id): string {
  return id.slice(0, ID_START_CHARS);
}

function countNames(people: readonly Person[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const { name } of people) counts.set(name, (counts.get(name) ?? 0) + 1);
  return counts;
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
