/** From the log to the apps, by topic. Data flows one way: nothing here comes back to the log. */

import { type Delivered, LEDGER, PRESENCE } from "../log/log.ts";
import { type LedgerItem, reduceLedger } from "../apps/ledger.ts";
import { offerDelivered } from "../output/front.ts";
import { takePresence } from "../membership/presence.ts";
import { noteDelivered } from "../broadcast/backoff.ts";
import type { Turn } from "../state.ts";

/** Hands entries that were delivered just now to whoever prints and relays them, and to their apps. */
export function takeDelivered(turn: Turn, delivered: readonly Delivered[]): void {
  if (delivered.length === 0) return;
  const { state } = turn;
  state.front = offerDelivered(state.front, delivered);
  const bytes = delivered.reduce((sum, { stored }) => sum + stored.line.length, 0);
  const own = delivered.some(({ entry }) => entry.origin === state.config.id);
  state.backoff = noteDelivered(state.backoff, bytes, own && !state.config.batch_ms);
  applyDelivered(turn, delivered);
}

/** Hands delivered entries to their apps. */
export function applyDelivered(turn: Turn, delivered: readonly Delivered[]): void {
  const { state } = turn;
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
