/**
 * The tree at the size of its paper: 10,000 nodes (J. Leitao, J. Pereira, L. Rodrigues, "Epidemic
 * Broadcast Trees", SRDS 2007, section 4), and what becomes of broadcasts when most nodes die at once
 * (the same authors, "HyParView: A Membership Protocol for Reliable Gossip-Based Broadcast", DSN 2007,
 * section 5).
 */

import { drawOverlay, simulateBroadcast } from "../broadcast/broadcast.ts";
import type { BroadcastReport } from "../broadcast/options.ts";
import { controlsOf, summarize } from "../broadcast/summary.ts";
import { atLeast, atMost, type Findings, type Row, type ScenarioOptions } from "./findings.ts";

export interface PlumtreeOptions extends ScenarioOptions {
  readonly nodes?: number;
  /** Parts of the nodes that die, each in a run of its own. */
  readonly kills?: readonly number[];
}

const NODES = 10_000;
const KILLS = [0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9];
const ROUNDS = 10;
/** Rounds after a kill, one a second. */
const ROUNDS_AFTER = 6;

export function runPlumtree(options: PlumtreeOptions): Findings {
  const { seed, nodes = NODES, kills = KILLS, onProgress = () => {} } = options;
  const base = {
    ...{ nodes, overlay: "fingers", spread: "tree", latency_ms: [10, 50], loss: 0, seed } as const,
    senders: "one",
  } as const;
  const drawn = drawOverlay(base);
  const runs = kills.length + 1;
  const steady = simulateBroadcast({
    ...{ ...base, drawn, kill: 0, rounds: ROUNDS },
    onProgress: (round) => onProgress(round / ROUNDS / runs),
  });
  const killed = kills.map((kill, at) =>
    simulateBroadcast({
      ...{ ...base, drawn, kill, kill_after: 0, rounds: ROUNDS_AFTER },
      onProgress: (round) => onProgress((at + 1 + round / ROUNDS_AFTER) / runs),
    })
  );
  return {
    setting: `${nodes} nodes, ${steady.links} links, 10 to 50 ms a message, --spread tree`,
    source: "Epidemic Broadcast Trees, SRDS 2007; HyParView, DSN 2007",
    rows: [...steadyRows(steady), ...killed.map((report, at) => killRow(report, kills[at]))],
    table: killed.length === 0 ? [] : roundTable(killed, kills),
    notes: [
      "The first entry, which makes the tree, is not measured: " + warmUpText(steady),
      "Below: how many of the survivors have an entry a second after it was said, for the entries" +
      " said 0, 1, 2, ... seconds after the kill. Survivors link to others after one second.",
    ],
  };
}

function steadyRows(report: BroadcastReport): Row[] {
  const one = summarize(report);
  return [
    {
      ...{ what: "RMR, stable", ours: one.rmr, unit: "" },
      ...{ goal: atMost(0.05), published: "0" },
    },
    {
      ...{ what: "reliability, stable", ours: one.reliability * 100, unit: "%" },
      ...{ goal: atLeast(100), published: "100 %" },
    },
    { what: "last hop", ours: one.last_hop_max, unit: "", goal: null, published: "" },
    {
      ...{ what: "time to the last node", ours: one.last_ms_max, unit: "ms" },
      ...{ goal: null, published: "" },
    },
    {
      ...{ what: "control messages per delivery", ours: one.controls_per_delivery, unit: "" },
      ...{ goal: null, published: "" },
    },
  ];
}

function killRow({ deliveries }: BroadcastReport, kill: number): Row {
  const after = deliveries.filter(({ after_kill }) => after_kill);
  const worst = Math.min(...after.map(({ reached, alive }) => reached / alive));
  return {
    ...{ what: `reliability at last, ${Math.round(kill * 100)} % killed`, ours: worst * 100 },
    ...{ unit: "%", goal: atLeast(100) },
    published: kill < 0.9 ? "no visible effect" : "",
  };
}

function roundTable(killed: readonly BroadcastReport[], kills: readonly number[]): string[][] {
  const seconds = Array.from({ length: ROUNDS_AFTER }, (_, second) => `${second} s`);
  return [["killed", ...seconds, "RMR in the end"]].concat(killed.map(({ deliveries }, at) => {
    const after = deliveries.filter(({ after_kill }) => after_kill);
    const parts = after.map((one) => percent(one.reached_soon / one.alive));
    return [`${Math.round(kills[at] * 100)} %`, ...parts, after.at(-1)!.rmr.toFixed(4)];
  }));
}

/** Never rounded up to all. */
function percent(part: number): string {
  return `${(Math.floor(part * 10_000) / 100).toFixed(2)} %`;
}

function warmUpText({ warm_up }: BroadcastReport): string {
  const [payload, control] = [warm_up.payload, controlsOf(warm_up)]
    .map((count) => count.toLocaleString("en-US"));
  return `${payload} payload and ${control} control messages.`;
}
