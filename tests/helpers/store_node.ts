/** A node on a real store, which answers at once: what it knows, and what SQL shows of it. */

import { assertEquals } from "@std/assert";
import { DatabaseSync } from "node:sqlite";
import { balanceOf, type Ledger, sortedAccounts } from "../../src/apps/ledger/ledger.ts";
import { initialState, type NodeState, reduceNode } from "../../src/core/node.ts";
import type { Event } from "../../src/core/types.ts";
import { sha256 } from "../../src/shell/crypto/crypto.ts";
import type { Store } from "../../src/shell/store/store.ts";
import { APPS, CONFIG, ENV, greeting, linesEvent, NOW_MS, openedEvent } from "./node_subject.ts";

/** Signatures are those of simulations; but the store knows only real hashes. */
const REAL = { ...ENV, sha256 };

export class StoreNode {
  node: NodeState;

  /** Starts on what is stored; one peer is linked. */
  constructor(readonly store: Store) {
    this.node = initialState({ ...CONFIG, durable: true }, 1, APPS);
    this.#drive({ kind: "restored", now_ms: 0, restored: store.restored });
    for (const rows of store.rows()) this.#drive({ kind: "loaded", now_ms: 0, rows });
    this.do({ kind: "started", now_ms: 0, host: "me", fallback_host: "me", port: 7000 });
    this.do(openedEvent(1)).do(linesEvent(1, ...greeting(1, "ann")));
  }

  do(...events: Event[]): this {
    for (const event of [...events, { kind: "tick", now_ms: 0 } as const]) this.#drive(event);
    return this;
  }

  /** The peer says lines. */
  hear(...lines: readonly Uint8Array[]): this {
    return this.do(linesEvent(1, ...lines));
  }

  /** What this node knows of payments. */
  get ledger(): Ledger {
    return this.node.storage.settled.states.get("ledger") as Ledger;
  }

  #drive(event: Event): void {
    const [after, effects] = reduceNode(this.node, { ...event, now_ms: NOW_MS }, REAL);
    this.node = after;
    for (const effect of effects) {
      if (effect.kind === "persist") {
        this.#drive({ kind: "stored", now_ms: 0, fault: this.store.commit(effect.batch) });
      } else if (effect.kind === "print") {
        this.#drive({ kind: "printed", now_ms: 0, bytes: effect.bytes });
      } else if (effect.kind === "quarantine") this.store.quarantine(effect.arrivals);
    }
  }
}

/** What `sqlite3` would show of a database, row by row. */
export function query(path: string, text: string): Record<string, unknown>[] {
  const db = new DatabaseSync(path, { readOnly: true });
  try {
    return db.prepare(text).all().map((row) => ({ ...row }));
  } finally {
    db.close();
  }
}

/** The views of payments and balances show what a node knows of them, and nothing else. */
export function assertShown(path: string, ledger: Ledger, what = ""): void {
  const balances = query(path, "SELECT account, CAST(amount AS TEXT) AS amount FROM balances");
  const accounts = sortedAccounts(ledger);
  assertEquals(
    new Map(balances.map(({ account, amount }) => [account, amount])),
    new Map(accounts.map((account) => [account, String(balanceOf(ledger, account))])),
    what,
  );
  const payments = query(path, 'SELECT id, "from", "to", amount FROM payments');
  assertEquals(
    new Map(payments.map(({ id, ...rest }) => [id, rest])),
    new Map(
      [...ledger.by_id.values()].map(({ id, from, to, amount }) => [id, { from, to, amount }]),
    ),
    what,
  );
}
