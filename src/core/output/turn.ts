/** What happens to the output, what it hands back, and what it may read. */

import type { Json, Printed } from "../types.ts";
import type { Gap } from "../data/stored.ts";
import type { Delivered, LogState } from "../log/slice.ts";
import type { Out, RoomTurn, View } from "../wire/room.ts";
import type { Debt, History, Output, Place, Records } from "./slice.ts";

export type OutputEvent =
  /** After a restart: everything before this position was printed. */
  | { readonly kind: "resumed"; readonly taken: number }
  | { readonly kind: "started" }
  | { readonly kind: "delivered"; readonly delivered: readonly Delivered[] }
  /** The node is in step with the network: what the given clock covers was history. */
  | { readonly kind: "begun"; readonly history_clock: ReadonlyMap<number, number> }
  /** Entries of a log were given up. */
  | { readonly kind: "gapped"; readonly gap: Gap }
  /** Causes of an entry were given up. */
  | { readonly kind: "missed"; readonly gaps: readonly Gap[] }
  /** An app has something to print at once. */
  | { readonly kind: "record"; readonly app: string; readonly record: Json; readonly bytes: number }
  /** What is new is printed, as far as the window allows. */
  | { readonly kind: "pump" }
  /** The output took some bytes. */
  | { readonly kind: "printed"; readonly bytes: number }
  /** The numbers of these logs will mean others. */
  | { readonly kind: "forget"; readonly indices: ReadonlySet<number> };

export type OutputOut =
  | Out
  | { readonly kind: "print"; readonly records: readonly Printed[]; readonly bytes: number };

/** What it may read. */
export interface OutputView extends View {
  readonly log: LogState;
  /** What the app has to print that this node prints; null where it prints the lines of a topic. */
  readonly records: Records;
  readonly storage: { readonly settled: { readonly log: LogState } };
  /** The same, as it was stored last. */
  readonly settled_records: Records;
}

export type OutputTurn = RoomTurn<Output, OutputView, OutputOut>;

export function setPlace(turn: OutputTurn, place: Partial<Place>): void {
  turn.slice.place = { ...turn.slice.place, ...place };
}

export function setDebt(turn: OutputTurn, debt: Partial<Debt>): void {
  turn.slice.debt = { ...turn.slice.debt, ...debt };
}

export function setHistory(turn: OutputTurn, history: Partial<History>): void {
  turn.slice.history = { ...turn.slice.history, ...history };
}

/** Hands the output something, which counts for so many bytes. */
export function print(turn: OutputTurn, records: readonly Printed[], bytes: number): void {
  const { debt, place } = turn.slice;
  setDebt(turn, {
    unprinted_bytes: debt.unprinted_bytes + bytes,
    owed: [...debt.owed, [bytes, place.position]],
    handed: debt.handed + 1,
  });
  turn.out({ kind: "print", records, bytes });
}
