/** One event at the searches: the state as it is so far, what is wanted, and what may be read. */

import type { Id, Json, LinkId, Source } from "../../../core/types.ts";
import { ORIGINS_MAX, SEARCH_GAP_MS, WAY_MS, WAYS_MAX } from "../limits.ts";
import type { HeldFile } from "./messages.ts";
import { ALLOWANCES, fillingMs } from "./purse.ts";
import { note, recall, type Recent } from "./recent.ts";
import type { Row, Search, Searches, Way } from "./state.ts";

export type SearchEvent =
  /** Somebody wants to know who has what. */
  | { readonly kind: "begin"; readonly wish: SearchWish }
  /** Nobody wants to know it any more. */
  | { readonly kind: "end"; readonly key: string }
  /** The same of all that a guest wanted. */
  | { readonly kind: "gone"; readonly link: LinkId }
  /** Another node asks, or answers. */
  | { readonly kind: "message"; readonly from: Id; readonly item: Json }
  /** Time passed. */
  | { readonly kind: "woken" };

/** A search that is to begin. */
export interface SearchWish {
  /** What it is called from then on: no two at once have the same. */
  readonly key: string;
  /** As `readWords()` gives them. */
  readonly words: readonly string[];
  /** Asks once, and so many nodes; null to ask more and more until enough is found. */
  readonly budget: number | null;
  /** Only holders of everything count. */
  readonly whole: boolean;
  /** Goes on until it is ended, whatever is found, also without links: for whoever needs holders. */
  readonly keeps_on: boolean;
  /** Who wants to know how it ends; null for a part of the app. */
  readonly source: Source | null;
}

export type SearchOut =
  | { readonly kind: "send"; readonly to: Id; readonly item: Json; readonly bulk: boolean }
  /** More was found. */
  | { readonly kind: "found"; readonly search: Search; readonly rows: readonly Row[] }
  /** It is over; its rows can be read for a while. */
  | { readonly kind: "over"; readonly search: Search }
  /** It does not begin; why is for the user. */
  | { readonly kind: "refused"; readonly wish: SearchWish; readonly why: string }
  /** A message that no honest node sends, or more of them than are borne. */
  | { readonly kind: "ignored"; readonly from: Id; readonly what: string; readonly why: string };

/** What it may read. */
export interface SearchView {
  readonly self: Id;
  readonly now_ms: number;
  /** Who is linked; who is so twice may stand there twice. */
  readonly neighbours: readonly Id[];
  /** What is here, and may be found. */
  readonly files: () => Iterable<HeldFile>;
}

type Writable<T> = { -readonly [K in keyof T]: T[K] };

/** The half-lives of what is remembered; purses are full again by then. */
export const MEMORY = {
  asked: { keep_ms: SEARCH_GAP_MS, most: ORIGINS_MAX },
  ways: { keep_ms: WAY_MS, most: WAYS_MAX },
  neighbours: { keep_ms: fillingMs(ALLOWANCES.neighbour), most: ORIGINS_MAX },
  origins: { keep_ms: fillingMs(ALLOWANCES.origin), most: ORIGINS_MAX },
} as const;

/** The tables of what is remembered. */
export type Table = keyof typeof MEMORY;
type Noted<T extends Table> = Searches[T] extends Recent<infer V> ? V : never;

/** Lives for one event. The state that came in stays as it is. */
export class SearchTurn {
  readonly state: Writable<Searches>;
  readonly outs: SearchOut[] = [];
  readonly #before: Searches;

  constructor(before: Searches, readonly view: SearchView) {
    this.#before = before;
    this.state = { ...before };
  }

  get now_ms(): number {
    return this.view.now_ms;
  }

  /** Those who are linked, each once. */
  get neighbours(): readonly Id[] {
    return [...new Set(this.view.neighbours)];
  }

  out(out: SearchOut): void {
    this.outs.push(out);
  }

  ignore(from: Id, what: string, why: string): void {
    this.out({ kind: "ignored", from, what, why });
  }

  recall<T extends Table>(table: T, key: string): Noted<T> | undefined {
    return recall<Noted<T>>(this.state[table] as unknown as Recent<Noted<T>>, key);
  }

  note<T extends Table>(table: T, key: string, value: Noted<T>): void {
    const tables = this.state as Record<Table, Recent<unknown>>;
    tables[table] = note<unknown>(tables[table], key, value, this.now_ms, MEMORY[table]);
  }

  /** Puts an own search in the place of what it was. */
  put(search: Search): void {
    this.state.own = new Map(this.state.own).set(search.key, search);
  }

  /** Lets own searches go. */
  drop(keys: readonly string[]): void {
    const own = new Map(this.state.own);
    for (const key of keys) own.delete(key);
    if (own.size < this.state.own.size) this.state.own = own;
  }

  /** The state behind the event; the same reference where nothing changed. */
  finish(): readonly [Searches, readonly SearchOut[]] {
    const before = this.#before, after: Searches = this.state;
    const keys = Object.keys(after) as (keyof Searches)[];
    return [keys.some((key) => after[key] !== before[key]) ? after : before, this.outs];
  }
}

/** By what the way back of a request is found. */
export function wayKey(origin: Id, number: number): string {
  return `${origin} ${number}`;
}

/** By what is found when an origin asked for words; commas stand in no word. */
export function askedKey(origin: Id, words: readonly string[]): string {
  return `${origin} ${words.join()}`;
}

/** The way of a request, one answer shorter; null where nobody there may answer to it any more. */
export function answeredBy(way: Way, from: Id): Way | null {
  const left = way.asked.get(from) ?? 0;
  return left === 0 ? null : { ...way, asked: new Map(way.asked).set(from, left - 1) };
}
