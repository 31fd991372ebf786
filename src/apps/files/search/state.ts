/** What a node knows of searches: its own, and what it needs to hand on those of others. */

import type { Id, Source } from "../../../core/types.ts";
import { AppendLog } from "../../../core/data/append_log.ts";
import type { Random } from "../../../core/data/random.ts";
import type { Link } from "../link.ts";
import type { Runs } from "../runs.ts";
import type { Purse } from "./purse.ts";
import { noRecent, type Recent } from "./recent.ts";

export interface Searches {
  readonly random: Random;
  /** The least number that was not used yet for a request; the time is one, too, if that is larger. */
  readonly next_number: number;
  /** Own ones, by what whoever began them calls them, oldest first. */
  readonly own: ReadonlyMap<string, Search>;
  /** When an origin asked last for the same words. */
  readonly asked: Recent<number>;
  /** Where answers go, by the origin and number of a request. */
  readonly ways: Recent<Way>;
  /** What neighbours may still have done, and what those may in whose names they ask. */
  readonly neighbours: Recent<Purse>;
  readonly origins: Recent<Purse>;
  /** What this node may still ask for, and how much it may still answer. */
  readonly own_purse: Purse | undefined;
  readonly answers_purse: Purse | undefined;
}

/** An own search. */
export interface Search {
  readonly key: string;
  /** Folded and sorted. */
  readonly words: readonly string[];
  /** The budget with which it asks once; null where it asks again with more. */
  readonly budget: number | null;
  /** Whether only holders of everything count. */
  readonly whole: boolean;
  /** Whether it goes on until it is ended, whatever is found. */
  readonly keeps_on: boolean;
  /** Who wants to know how it ends. */
  readonly source: Source | null;
  readonly began_ms: number;
  readonly step: Step;
  /** What was found, as it came: each file of each holder once. */
  readonly rows: AppendLog<Row>;
  /** The same by files. */
  readonly found: ReadonlyMap<Link, Found>;
  /** Whether somebody has more than an answer holds, or more came than is kept. */
  readonly more: boolean;
}

/** What a search does next: asks with a budget, ends, or is forgotten. */
export type Step =
  | { readonly do: "ask"; readonly at_ms: number; readonly budget: number }
  | { readonly do: "end" | "forget"; readonly at_ms: number };

/** A file that a node has, or has pieces of. */
export interface Row {
  readonly link: Link;
  readonly name: string;
  readonly chunks: number;
  /** Null for all. */
  readonly has: Runs | null;
  readonly holder: Id;
}

/** What is known of a file. */
export interface Found {
  readonly holders: ReadonlySet<Id>;
  /** What they have together; null for all. */
  readonly together: Runs | null;
}

/** The way back of the answers to a request. */
export interface Way {
  /** The neighbour that it came from, or the own search that it is of. */
  readonly to: { readonly neighbour: Id } | { readonly search: string };
  /** How many nodes may still answer by way of each neighbour that it went to. */
  readonly asked: ReadonlyMap<Id, number>;
}

/** Nothing is searched for; `random` is where chance begins. */
export function newSearches(random: Random): Searches {
  return {
    random,
    next_number: 1,
    own: new Map(),
    asked: noRecent(),
    ways: noRecent(),
    neighbours: noRecent(),
    origins: noRecent(),
    own_purse: undefined,
    answers_purse: undefined,
  };
}

/** Whether a search asks no more, and takes no more answers. */
export function isOver({ step }: Search): boolean {
  return step.do === "forget";
}
