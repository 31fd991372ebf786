/**
 * The limits of iroh-gossip's continuous integration (n0-computer/iroh-gossip, tests/sim.rs and
 * simulations/all.toml): 100 peers, 10 to 50 ms, 30 rounds; one sender, another sender each round, or
 * all at once. The goal is to stay under a third of each.
 */

import { drawOverlay, simulateBroadcast } from "../broadcast/broadcast.ts";
import type { SenderKind } from "../broadcast/options.ts";
import { summarize } from "../broadcast/summary.ts";
import { atMost, below, type Findings, type Row, type ScenarioOptions } from "./findings.ts";

/** Last delivery hop and RMR, both as means over the rounds. */
const LIMITS: readonly (readonly [SenderKind, string, number, number])[] = [
  ["one", "one sender", 15, 0.2],
  ["many", "another sender each round", 18, 1],
  ["all", "all at once", 30, 3],
];
const NODES = 100, ROUNDS = 30;

export function runIroh({ seed, onProgress = () => {} }: ScenarioOptions): Findings {
  const rows: Row[] = [];
  const base = { nodes: NODES, overlay: "fingers", latency_ms: [10, 50], seed } as const;
  const drawn = drawOverlay(base);
  for (const [at, [senders, name, hops, rmr]] of LIMITS.entries()) {
    const one = summarize(simulateBroadcast({
      ...{ ...base, drawn, spread: "tree", loss: 0, kill: 0, rounds: ROUNDS, senders },
      onProgress: (round) => onProgress((at + round / ROUNDS) / LIMITS.length),
    }));
    rows.push(
      { what: `${name}: last hop, mean`, ours: one.last_hop, ...limit(hops, "") },
      { what: `${name}: last hop, most`, ours: one.last_hop_max, ...limit(hops, "") },
      { what: `${name}: RMR, mean`, ours: one.rmr, ...limit(rmr, "") },
      { what: `${name}: missed`, ours: one.missed, unit: "", goal: atMost(0), published: "0" },
    );
  }
  return {
    setting: `${NODES} nodes, 10 to 50 ms a message, ${ROUNDS} rounds, --spread tree`,
    source: "github.com/n0-computer/iroh-gossip, tests/sim.rs",
    rows,
    table: [],
    notes: [
      "The goal is a third of the published limit.",
      "The first entry of each sender, which makes its tree, is not measured; rumor sim broadcast" +
      " shows what it costs.",
    ],
  };
}

function limit(published: number, unit: string): Pick<Row, "unit" | "goal" | "published"> {
  return { unit, goal: below(published / 3), published: `below ${published}` };
}
