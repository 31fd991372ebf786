/** One node's searches by themselves: what is told to them, and what they want. */

import type { HeldFile } from "../../../src/apps/files/search/messages.ts";
import { reduceSearches } from "../../../src/apps/files/search/reduce.ts";
import { newSearches, type Search, type Searches } from "../../../src/apps/files/search/state.ts";
import type {
  SearchEvent,
  SearchOut,
  SearchView,
  SearchWish,
} from "../../../src/apps/files/search/turn.ts";
import type { Id, Json, Source } from "../../../src/core/types.ts";
import { fakeId } from "../../../src/sim/crypto.ts";
import { deepFreeze } from "../../helpers/deep_freeze.ts";
import { linkOf } from "./searching.ts";

/** The node itself, its neighbours, and who is far away. */
export const [ME, ANN, BEN, CYD, FAR]: readonly Id[] = ["me", "ann", "ben", "cyd", "far"].map(
  fakeId,
);
/** The id of one of many. */
export function idAt(index: number): Id {
  return `${String(index).padStart(42, "0")}A`;
}

/** Where the user types. */
export const TYPED: Source = { kind: "local", tag: 1 };

export class SearchStage {
  state: Searches = newSearches(1);
  now_ms = 1_000_000;
  neighbours: readonly Id[] = [ANN, BEN, CYD];
  files: readonly HeldFile[] = [];
  /** Whether what it is given is frozen, which takes time where it remembers much. */
  freezes = true;

  /** What follows from an event. */
  tell(event: SearchEvent): readonly SearchOut[] {
    const { now_ms, neighbours } = this;
    const view: SearchView = { self: ME, now_ms, neighbours, files: () => this.files };
    if (this.freezes) deepFreeze([this.state, event]);
    const [after, outs] = reduceSearches(this.state, event, view);
    this.state = after;
    return outs;
  }

  /** What follows from a message. */
  hear(from: Id, item: unknown): readonly SearchOut[] {
    return this.tell({ kind: "message", from, item: item as Json });
  }

  /** What follows from the time going on. */
  pass(time_ms: number): readonly SearchOut[] {
    this.now_ms += time_ms;
    return this.tell({ kind: "woken" });
  }

  /** Begins a search. */
  begin(wish: Partial<SearchWish> = {}): readonly SearchOut[] {
    const usual = { key: "k", words: ["x"], budget: null, whole: false, keeps_on: false };
    return this.tell({ kind: "begin", wish: { ...usual, source: TYPED, ...wish } });
  }

  /** An own search. */
  search(key = "k"): Search {
    return this.state.own.get(key)!;
  }
}

/** The messages among outs: to whom, and what. */
// deno-lint-ignore no-explicit-any -- messages of any kind
export function sends(outs: readonly SearchOut[]): { to: Id; item: any; bulk: boolean }[] {
  return outs.flatMap((out) => out.kind === "send" ? [out] : []);
}

/** Why messages were ignored. */
export function ignored(outs: readonly SearchOut[]): string[] {
  return outs.flatMap((out) => out.kind === "ignored" ? [out.what] : []);
}

/** A request of somebody far away. */
export function request(more: Readonly<Record<string, unknown>> = {}): Record<string, unknown> {
  return { k: "search", o: FAR, n: 5, words: ["x"], budget: 3, ...more };
}

/** An answer to a request. */
export function found(
  asked: { readonly o: string; readonly n: number },
  more: Readonly<Record<string, unknown>> = {},
): Record<string, unknown> {
  const files = [{ name: "x1", link: linkOf("x1"), has: null }];
  return { k: "found", o: asked.o, n: asked.n, by: FAR, files, ...more };
}
