/** What the node's user may want of the counter, and what counters of two nodes say to each other. */

import type { Id, Json } from "../../../src/core/types.ts";

/** What is wanted, by the prompt or by a guest. */
export type CounterRequest =
  /** Factors a number, by default the total; done when the factors are known. */
  | { readonly do: "factor"; readonly number?: number }
  /** Ends that. */
  | { readonly do: "cancel" }
  /** Brings the total to 0. */
  | { readonly do: "reset" }
  /** Asks another node for its total; `all` for all its steps, too. Done when it has answered. */
  | {
    readonly do: "ask";
    readonly of: string;
    readonly within_ms: number;
    readonly all?: boolean;
  };

/** What one counter says to another; `re` is the number of the question. */
export type Said = Ask | Adds | Total;
export type Ask = { readonly ask: number; readonly all: boolean };
export type Adds = { readonly re: number; readonly adds: readonly number[] };
export type Total = { readonly re: number; readonly total: number };

/** Reads a request; null where it is none. */
export function readRequest(json: Json): CounterRequest | null {
  const { do: what, number, of, within_ms, all } = fieldsOf(json);
  switch (what) {
    case "factor":
      if (number === undefined) return { do: what };
      return Number.isSafeInteger(number) ? { do: what, number: number as number } : null;
    case "cancel":
    case "reset":
      return { do: what };
    case "ask":
      if (typeof of !== "string" || typeof within_ms !== "number" || !(within_ms >= 0)) return null;
      return { do: what, of, within_ms, all: all === true };
    default:
      return null;
  }
}

/** Reads what a counter said; null where it makes no sense. */
export function readSaid(json: Json): Said | null {
  const { ask, all, re, adds, total } = fieldsOf(json);
  if (isWhole(ask)) return { ask, all: all === true };
  if (!isWhole(re)) return null;
  if (isWhole(total)) return { re, total };
  return Array.isArray(adds) && adds.every(isWhole) ? { re, adds } : null;
}

/** Whom a question went to, and what came of it so far. */
export interface Asked {
  readonly of: Id;
  readonly deadline_ms: number;
  /** How many steps the other has told, and their sum. */
  readonly steps: number;
  readonly sum: number;
}

function fieldsOf(json: Json): { readonly [key: string]: Json | undefined } {
  return typeof json === "object" && json !== null && !Array.isArray(json)
    ? json as { readonly [key: string]: Json }
    : {};
}

function isWhole(json: Json | undefined): json is number {
  return Number.isSafeInteger(json);
}
