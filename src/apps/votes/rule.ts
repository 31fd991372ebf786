/** What counts: the first vote of a voter in the branch, and the first who opens an election. */

import type { Id, Json } from "../../core/types.ts";
import { SharedMap } from "../../core/data/shared_map.ts";
import { asRule, type ChainRecord, type OrderRule, type Taken } from "./builds_on.ts";
import {
  type Opening,
  readOpening,
  readRollPart,
  readVote,
  type RollPart,
  type Vote,
} from "./items.ts";

/** The name of the app. */
export const VOTES = "votes";

/** All elections by their names; null before the first. */
export type Votes = SharedMap<string, Election> | null;

/** One election. Nobody need open it; then every choice and every voter id is one. */
export interface Election {
  readonly opened: Opened | null;
  /** The votes that count, by voter ids. */
  readonly ballots: SharedMap<string, Ballot>;
}

/** A vote that counts. */
export interface Ballot {
  readonly choice: string;
  /** The index of its block. */
  readonly index: number;
  /** The key of its record. */
  readonly key: string;
  /** Who signed it. */
  readonly by: Id;
}

/** An election that somebody opened. */
export interface Opened {
  readonly by: Id;
  readonly choices: readonly string[];
  /** Which key may cast the vote of whom; null where all may. */
  readonly roll: SharedMap<string, Id> | null;
  /** How many records there are in all that bring the roll, and the keys of those that came. */
  readonly parts: number;
  readonly keys: readonly string[];
}

export const VOTE_RULE: OrderRule = asRule<Votes>({
  name: VOTES,
  kinds: ["vote", "election", "roll"],
  initial: null,
  fault: (item) => {
    const read = readItem(item);
    return typeof read === "string" ? read : null;
  },
  done: (votes, item) => doneBy(votes, item),
  apply: (votes, record, index) => {
    const read = readItem(record.item);
    if (typeof read === "string") return { refused: read };
    const before = electionOf(votes, read.election);
    const taken = applyTo(before, read, record, index);
    if ("refused" in taken) return taken;
    return { state: (votes ?? SharedMap.of()).set(read.election, taken.state) };
  },
  label: (item) => {
    const read = readItem(item);
    if (typeof read === "string") return "a vote";
    if ("voter" in read) return `the vote of ${read.voter} for ${read.choice}${where(read)}`;
    if ("part" in read) return `part ${read.part} of the roll of ${read.election}`;
    return `the opening of ${read.election}`;
  },
});

/** An election as it is; one that nobody knows has no votes. */
export function electionOf(votes: Votes, name: string): Election {
  return votes?.get(name) ?? { opened: null, ballots: SharedMap.of() };
}

/** The choices of an election with their votes, most first; a closed list has those without votes, too. */
export function tallyOf({ opened, ballots }: Election): readonly (readonly [string, number])[] {
  const counts = new Map<string, number>(opened?.choices.map((choice) => [choice, 0]));
  for (const { choice } of ballots.values()) counts.set(choice, (counts.get(choice) ?? 0) + 1);
  return [...counts].sort(([a, votes_a], [b, votes_b]) => votes_b - votes_a || (a < b ? -1 : 1));
}

type Read = Vote | Opening | RollPart;

function readItem(item: Json): Read | string {
  switch ((item as { readonly k: Json }).k) {
    case "vote":
      return readVote(item);
    case "election":
      return readOpening(item);
    default:
      return readRollPart(item);
  }
}

function doneBy(votes: Votes, item: Json): string | null {
  const read = readItem(item);
  if (typeof read === "string") return null;
  const { opened, ballots } = electionOf(votes, read.election);
  if ("voter" in read) return ballots.get(read.voter)?.key ?? null;
  return opened?.keys.at("part" in read ? read.part : 0) ?? null;
}

function applyTo(
  election: Election,
  read: Read,
  record: ChainRecord,
  index: number,
): Taken<Election> {
  if ("voter" in read) return castVote(election, read, record, index);
  return "part" in read ? addPart(election, read, record) : open(election, read, record);
}

function castVote(
  election: Election,
  vote: Vote,
  { key, origin }: ChainRecord,
  index: number,
): Taken<Election> {
  const { opened, ballots } = election, { voter, choice } = vote;
  const first = ballots.get(voter);
  if (first !== undefined) {
    return { refused: `a vote of ${voter} was cast already${where(vote)}`, by: first.by };
  }
  if (opened !== null) {
    if (!opened.choices.includes(choice)) {
      return { refused: `${choice} is not among the choices of ${vote.election}` };
    }
    if (opened.keys.length < opened.parts) {
      return { refused: `the roll of ${vote.election} is not complete yet`, later: true };
    }
    const wanted = opened.roll === null ? origin : opened.roll.get(voter);
    if (wanted === undefined) return { refused: `${voter} is not on the roll of ${vote.election}` };
    if (wanted !== origin) {
      return { refused: `the roll of ${vote.election} lets only ${wanted} vote for ${voter}` };
    }
  }
  return { state: { opened, ballots: ballots.set(voter, { choice, index, key, by: origin }) } };
}

function open(
  { opened, ballots }: Election,
  { election, choices, roll, more }: Opening,
  { key, origin }: ChainRecord,
): Taken<Election> {
  if (opened !== null) return { refused: `${election} was opened already`, by: opened.by };
  if (ballots.size > 0) return { refused: `there are votes in ${election} already` };
  const keys = roll === null ? null : SharedMap.of(roll);
  const now = { by: origin, choices, roll: keys, parts: more + 1, keys: [key] };
  return { state: { opened: now, ballots } };
}

function addPart(
  { opened, ballots }: Election,
  { election, part, roll }: RollPart,
  { key, origin }: ChainRecord,
): Taken<Election> {
  if (opened === null) return { refused: `${election} is not open yet`, later: true };
  if (origin !== opened.by) return { refused: `${election} was opened`, by: opened.by };
  const { keys, parts } = opened;
  if (opened.roll === null || part >= parts) {
    return { refused: `the roll of ${election} has no part ${part}` };
  }
  if (part < keys.length) return { refused: `part ${part} of the roll is there already` };
  if (part > keys.length) {
    return { refused: `part ${part} of the roll comes behind others`, later: true };
  }
  const { roll: before } = opened, twice = roll.find(([voter]) => before.has(voter));
  if (twice !== undefined) return { refused: `${twice[0]} is on the roll twice` };
  const edit = before.edit();
  for (const [voter, id] of roll) edit.add(voter, id);
  return { state: { opened: { ...opened, roll: edit.finish(), keys: [...keys, key] }, ballots } };
}

function where({ election }: { readonly election: string }): string {
  return election === "" ? "" : ` in ${election}`;
}
