/** From the log to the apps, by topic. Data flows one way: nothing here comes back to the log. */

import { type Delivered, LEDGER, PRESENCE } from "./log.ts";
import { type LedgerItem, reduceLedger } from "./apps/ledger.ts";
import { offerDelivered } from "./front.ts";
import { takePresence } from "./overlay.ts";
import type { Turn } from "./state.ts";

/** Hands delivered entries to their apps. */
export function takeDelivered(turn: Turn, delivered: readonly Delivered[]): void {
  if (delivered.length === 0) return;
  const { state } = turn;
  state.front = offerDelivered(state.front, delivered);
  const transactions: LedgerItem[] = [];
  for (const { entry } of delivered) {
    if (entry.topic === PRESENCE) takePresence(turn, entry);
    else if (entry.topic === LEDGER) {
      for (const [index, item] of entry.items.entries()) {
        transactions.push({ origin: entry.origin, number: entry.first + index, item });
      }
    }
  }
  const [ledger, ignored] = reduceLedger(state.ledger, transactions);
  state.ledger = ledger;
  for (const { origin, why } of ignored) {
    turn.count("ignored:transaction");
    turn.notice({ kind: "ignored", origin, topic: LEDGER, why });
  }
}
