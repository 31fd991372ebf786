/** The records of votes and elections, as they stand in the chain. */

import type { Id, Json } from "../../core/types.ts";
import { isPublicKey } from "../../core/data/public_key.ts";
import { isCount } from "../../core/log/entry.ts";
import { spell, wordFault } from "./words.ts";

/** The longest record that opens an election, or brings a part of its roll, as JSON. */
export const OPENING_BYTES_MAX = 12_288;
/** Records that may bring a roll besides the first. */
export const PARTS_MAX = 1_000;

/** A vote; "" is the election that is meant where none is named. */
export interface Vote {
  readonly election: string;
  readonly voter: string;
  readonly choice: string;
}

/** Voter ids, and the keys that may cast their votes. */
export type Roll = readonly (readonly [voter: string, key: Id])[];

/** An election is opened: with these choices, and perhaps for those on its roll only. */
export interface Opening {
  readonly election: string;
  readonly choices: readonly string[];
  readonly roll: Roll | null;
  /** How many records more bring the rest of the roll. */
  readonly more: number;
}

/** A part of the roll of an election that was opened, counted from 1. */
export interface RollPart {
  readonly election: string;
  readonly part: number;
  readonly roll: Roll;
}

type Fields = { readonly [key: string]: Json | undefined };

const encoder = new TextEncoder();

/** The vote in a record, or what is wrong with it. */
export function readVote(item: Json): Vote | string {
  const { k, voter, choice, election, ...others } = item as Fields;
  if (k !== "vote" || Object.keys(others).length > 0) return "this is no vote";
  const fault = wordFault("the voter id", voter) ?? wordFault("the choice", choice) ??
    (election === undefined ? null : wordFault("the election", election));
  if (fault !== null) return fault;
  return {
    voter: spell(voter as string),
    choice: spell(choice as string),
    election: election === undefined ? "" : spell(election as string),
  };
}

/** The record of a vote. */
export function voteItem({ election, voter, choice }: Vote): Json {
  const vote = { k: "vote", voter, choice };
  return election === "" ? vote : { ...vote, election };
}

/** What opens an election, or what is wrong with it. */
export function readOpening(item: Json): Opening | string {
  const { k, election, choices, roll, more = 0, ...others } = item as Fields;
  if (k !== "election" || Object.keys(others).length > 0) return "this opens no election";
  const fault = openingFault(item, election) ?? choicesFault(choices);
  if (fault !== null) return fault;
  const is_more = isCount(more, 0) && more <= PARTS_MAX && (more === 0 || roll !== undefined);
  if (!is_more) return `a roll comes in at most ${PARTS_MAX} parts more`;
  const found = roll === undefined ? null : readRoll(roll);
  if (typeof found === "string") return found;
  const words = (choices as readonly string[]).map(spell);
  return { election: spell(election as string), choices: words, roll: found, more };
}

/** A part of a roll, or what is wrong with it. */
export function readRollPart(item: Json): RollPart | string {
  const { k, election, part, roll, ...others } = item as Fields;
  if (k !== "roll" || Object.keys(others).length > 0) return "this is no part of a roll";
  const fault = openingFault(item, election);
  if (fault !== null) return fault;
  if (!isCount(part, 1) || part > PARTS_MAX) return "its part is none";
  const found = readRoll(roll);
  return typeof found === "string"
    ? found
    : { election: spell(election as string), part, roll: found };
}

/** The records that open an election, in this order: as many as its roll takes. */
export function openingItems(
  { election, choices, roll }: Omit<Opening, "more">,
): readonly Json[] {
  const first = { k: "election", election, choices };
  if (roll === null) return [first];
  const rest = { k: "roll", election, part: PARTS_MAX, roll: [] };
  const room = OPENING_BYTES_MAX - bytesOf({ ...first, roll: [], more: PARTS_MAX });
  const [part, ...parts] = cut(roll, room, OPENING_BYTES_MAX - bytesOf(rest));
  const opening = { ...first, roll: part as Json, ...(parts.length > 0 && { more: parts.length }) };
  return [opening, ...parts.map((part, at) => ({ ...rest, part: at + 1, roll: part as Json }))];
}

/** A roll in parts of at most so many bytes as JSON, the first one and each other; none is empty. */
function cut(roll: Roll, first_bytes_max: number, bytes_max: number): Roll[] {
  const parts: Roll[number][][] = [[]];
  let left = first_bytes_max;
  for (const one of roll) {
    const bytes = bytesOf(one) + 1;
    if (bytes > left && parts.at(-1)!.length > 0) {
      parts.push([]);
      left = bytes_max;
    }
    parts.at(-1)!.push(one);
    left -= bytes;
  }
  return parts;
}

function bytesOf(value: unknown): number {
  return encoder.encode(JSON.stringify(value)).length;
}

function openingFault(item: Json, election: Json | undefined): string | null {
  if (bytesOf(item) > OPENING_BYTES_MAX) return `it has more than ${OPENING_BYTES_MAX} bytes`;
  return wordFault("the election", election);
}

function choicesFault(choices: Json | undefined): string | null {
  if (!Array.isArray(choices) || choices.length === 0) return "an election has choices";
  const words = new Set<string>();
  for (const choice of choices) {
    const fault = wordFault("a choice", choice);
    if (fault !== null) return fault;
    const word = spell(choice);
    if (words.has(word)) return `the choice ${word} is there twice`;
    words.add(word);
  }
  return null;
}

/** A roll, or what is wrong with it. */
function readRoll(value: Json | undefined): Roll | string {
  if (!Array.isArray(value) || value.length === 0) return "a roll has voter ids and their keys";
  const roll = new Map<string, Id>();
  for (const one of value) {
    const [voter, key, ...others] = Array.isArray(one) ? one : [];
    const fault = wordFault("a voter id of the roll", voter);
    if (fault !== null) return fault;
    const word = spell(voter as string);
    const is_key = typeof key === "string" && isPublicKey(key) && others.length === 0;
    if (!is_key) return `the roll has no key for ${word}`;
    if (roll.has(word)) return `${word} is on the roll twice`;
    roll.set(word, key);
  }
  return [...roll];
}
