/** What must hold of a simulated network once everything has arrived everywhere. */

import { assert, assertEquals } from "@std/assert";
import { balanceOf, type Ledger, sortedAccounts } from "../../src/apps/ledger/ledger.ts";
import { fakeName } from "../../src/sim/crypto.ts";
import type { Network } from "../../src/sim/network.ts";
import type { SimNode } from "../../src/sim/sim_node.ts";

/** How far each log of a node goes, by name. */
export function clockOf({ state }: SimNode): Record<string, number> {
  // A number whose log was forgotten belongs to nobody.
  const logs = state.log.heads.flatMap(({ origin, topic }, index): [string, number][] =>
    origin === "" ? [] : [[`${fakeName(origin)}/${topic}`, state.log.clock[index]]]
  );
  return Object.fromEntries(logs.sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** The balances of a node, as text. */
export function balances(node: SimNode): string[] {
  return balancesOf(node).map(([name, amount]) => `${name} ${amount}`);
}

/** The balances of a node, sorted by account. */
export function balancesOf(node: SimNode): [string, bigint][] {
  const ledger = ledgerOf(node);
  return sortedAccounts(ledger).map((name) => [name, balanceOf(ledger, name)]);
}

/** The ledger of a node. */
export function ledgerOf({ state }: SimNode): Ledger {
  return state.host.states.get("ledger") as Ledger;
}

/** All nodes have the same logs and balances, and nothing waits anywhere. */
export function assertAgreement(nodes: readonly SimNode[]): void {
  const [first, ...others] = nodes;
  for (const node of nodes) {
    assertEquals(node.state.log.pending.entries, 0, `${node.name} waits for something`);
  }
  for (const node of others) {
    assertEquals(clockOf(node), clockOf(first), `${node.name} has other logs than ${first.name}`);
    assertEquals(balances(node), balances(first), `${node.name} has other balances`);
  }
}

/** Each of the texts was printed once by each of the nodes, and nothing else. */
export function assertPrintedOnce(
  sim: Network,
  nodes: readonly SimNode[],
  texts: readonly string[],
): void {
  for (const node of nodes) {
    assertEquals(sim.printed(node).sort(), [...texts].sort(), `of ${node.name}`);
  }
}

/**
 * The lines of each author were printed in order, and no answer before its question. Lines are
 * `author:number`, answers `author:number re the line`.
 */
export function assertOrder(sim: Network, nodes: readonly SimNode[]): void {
  for (const node of nodes) {
    const last = new Map<string, number>(), seen = new Set<string>();
    for (const text of sim.printed(node)) {
      const [line, question] = text.split(" re ");
      const [author, number] = line.split(":");
      assert(Number(number) > (last.get(author) ?? 0), `${node.name} printed ${text} too late`);
      last.set(author, Number(number));
      assert(
        question === undefined || seen.has(question),
        `${node.name} printed ${text} too early`,
      );
      seen.add(line);
    }
  }
}

/** Somebody who says numbered lines, and answers what its node printed last. */
export class Speaker {
  #count = 0;
  readonly said: string[] = [];

  constructor(readonly sim: Network, readonly node: SimNode) {}

  /** Says a line; an answer to the last printed one where there is one and `answers` is set. */
  say(answers = false): string {
    const last = answers ? this.sim.printed(this.node).at(-1)?.split(" re ")[0] : undefined;
    const line = `${this.node.name}:${++this.#count}`;
    const text = last === undefined ? line : `${line} re ${last}`;
    this.said.push(text);
    this.sim.publish(this.node, "chat", [text]);
    return text;
  }
}
