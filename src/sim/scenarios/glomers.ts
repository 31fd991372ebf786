/**
 * The broadcast challenges of Fly.io's Gossip Glomers (https://fly.io/dist-sys/3d and /3e): 25 nodes,
 * 100 ms for each message, 100 operations a second for 20 s, of which half are broadcasts and half
 * are reads, which a node answers by itself. Run by real nodes (`SimNode`) that are linked as a tree
 * by hand, as with `--overlay given`.
 */

import type { Effect } from "../../core/types.ts";
import { WAN_TIMES } from "../../core/data/limits.ts";
import { Dice } from "../dice.ts";
import { Network } from "../network.ts";
import type { SimNode } from "../sim_node.ts";
import { atMost, below, type Findings, type Goal, type ScenarioOptions } from "./findings.ts";

export interface GlomersOptions {
  readonly nodes: number;
  readonly latency_ms: number;
  readonly operations_per_s: number;
  readonly duration_ms: number;
  /** `batch_ms` of each node. */
  readonly batch_ms: number;
  readonly seed: number;
  /** Told how much is done, from 0 to 1. */
  readonly onProgress?: (part: number) => void;
}

export interface GlomersReport {
  readonly operations: number;
  readonly broadcasts: number;
  /** Sends between nodes, of whatever kind: each is one write on one link. */
  readonly messages: number;
  readonly messages_per_operation: number;
  /** Time until the last node shows what was broadcast: of half of them, of all. */
  readonly median_ms: number;
  readonly max_ms: number;
  /** Broadcasts that some node does not show. */
  readonly missed: number;
  /** Most links of a node, and the part of all messages that the busiest node sends. */
  readonly links_max: number;
  readonly busiest: number;
}

/** The challenge as it is set. */
export const CHALLENGE = {
  nodes: 25,
  latency_ms: 100,
  operations_per_s: 100,
  duration_ms: 20_000,
} as const;

/** Children of the root; each of them has as many links, its parent's among them. */
const BRANCHES = 5;
/** Until all have heard of all. */
const MEET_MS = 30_000;
/** After the last broadcast, until everything is acknowledged. */
const REST_MS = 2_000;

/** What is set and what was reached, of one of the two challenges. */
interface Target {
  readonly batch_ms: number;
  readonly messages: Goal;
  readonly max: Goal;
  readonly published: readonly [messages: string, median: string, max: string];
}

const FAST: Target = {
  batch_ms: 0,
  messages: atMost(15),
  max: below(500),
  published: ["below 30; a known floor without batching is 12", "below 400 ms", "below 600 ms"],
};
const EFFICIENT: Target = {
  batch_ms: 130,
  messages: atMost(4),
  max: below(1_000),
  published: ["below 20", "below 1 s", "below 2 s"],
};

/** Challenge 3d: as soon as possible. */
export function runGlomersFast(options: ScenarioOptions): Findings {
  return run(FAST, options);
}

/** Challenge 3e: with few messages. */
export function runGlomersEfficient(options: ScenarioOptions): Findings {
  return run(EFFICIENT, options);
}

function run({ batch_ms, messages, max, published }: Target, options: ScenarioOptions): Findings {
  const { seed, onProgress } = options;
  const report = playGlomers({ ...CHALLENGE, batch_ms, seed, onProgress });
  const { nodes, latency_ms, operations_per_s } = CHALLENGE;
  const { operations, broadcasts } = report;
  const [messages_theirs, median_theirs, max_theirs] = published;
  const row = (what: string, ours: number, unit: string, goal: Goal | null, text = "") => {
    return { what, ours, unit, goal, published: text };
  };
  return {
    setting: `${nodes} nodes, ${latency_ms} ms a message, ${operations_per_s} operations a second` +
      ` (${broadcasts} of ${operations} broadcasts), --spread flood --overlay given --wan` +
      (batch_ms > 0 ? ` --batch ${batch_ms}` : ""),
    source: "https://fly.io/dist-sys/3d and https://fly.io/dist-sys/3e",
    rows: [
      row("messages per operation", report.messages_per_operation, "", messages, messages_theirs),
      row("median latency", report.median_ms, "ms", null, median_theirs),
      row("maximum latency", report.max_ms, "ms", max, max_theirs),
      row("missed broadcasts", report.missed, "", atMost(0), "0"),
      row("most links of a node", report.links_max, "", atMost(6)),
      row("messages of the busiest node", report.busiest * 100, "%", null),
    ],
    table: [],
    notes: [
      "A message is what a node sends on a link at one time, one write: entries, acknowledgements," +
      " pings and pongs all count.",
      `The nodes are linked as a tree without a hub: 1 node, ${BRANCHES} below it, the rest below` +
      " those; no way is longer than 4 links.",
    ],
  };
}

/** Plays a challenge. The same options give the same report. */
export function playGlomers(options: GlomersOptions): GlomersReport {
  return new Game(options).play();
}

class Game {
  readonly #options: GlomersOptions;
  readonly #sim: Network;
  readonly #said = new Map<string, { readonly at_ms: number; shown: number; last_ms: number }>();
  readonly #sent = new Map<SimNode, number>();
  #counting = false;

  constructor(options: GlomersOptions) {
    this.#options = options;
    const { latency_ms, seed, nodes, batch_ms } = options;
    this.#sim = new Network({
      seed,
      latency_ms: [latency_ms, latency_ms],
      onReduced: (node, _, effects) => this.#note(node, effects),
    });
    const config = { overlay: "given", spread: "flood", times: WAN_TIMES, batch_ms } as const;
    for (let number = 0; number < nodes; number++) {
      const parent = this.#sim.nodes[number <= BRANCHES ? 0 : 1 + (number - 1) % BRANCHES];
      this.#sim.addNode({ join: number === 0 ? [] : [parent], config });
      this.#sim.pass(latency_ms);
    }
    this.#sim.pass(MEET_MS);
  }

  play(): GlomersReport {
    const { duration_ms, operations_per_s, seed, onProgress = () => {} } = this.#options;
    const dice = new Dice(seed);
    const begin_ms = this.#sim.now_ms, operations = duration_ms * operations_per_s / 1000;
    this.#counting = true;
    for (let operation = 0; operation < operations; operation++) {
      this.#sim.run(Math.floor(begin_ms + operation * 1000 / operations_per_s));
      const node = dice.pick(this.#sim.nodes);
      onProgress(operation / operations);
      if (dice.next() < 0.5) this.#broadcast(node, `value ${operation}`);
    }
    this.#sim.run(begin_ms + duration_ms + REST_MS);
    return this.#report(operations);
  }

  #broadcast(node: SimNode, text: string): void {
    this.#said.set(text, { at_ms: this.#sim.now_ms, shown: 0, last_ms: Infinity });
    this.#sim.publish(node, "chat", [text]);
  }

  #note(node: SimNode, effects: readonly Effect[]): void {
    for (const effect of effects) {
      if (!this.#counting) continue;
      if (effect.kind === "send") this.#sent.set(node, (this.#sent.get(node) ?? 0) + 1);
      if (effect.kind !== "print") continue;
      const items = effect.records.flatMap((one) => one.kind === "items" ? one.items : []);
      for (const item of items) {
        const said = this.#said.get(String(item));
        if (said === undefined) continue;
        said.shown++;
        if (said.shown === this.#options.nodes) said.last_ms = this.#sim.now_ms - said.at_ms;
      }
    }
  }

  #report(operations: number): GlomersReport {
    const times = [...this.#said.values()].map(({ last_ms }) => last_ms).sort((a, b) => a - b);
    const counts = [...this.#sent.values()];
    const messages = counts.reduce((sum, count) => sum + count, 0);
    return {
      operations,
      broadcasts: times.length,
      messages,
      messages_per_operation: messages / operations,
      median_ms: times[Math.floor(times.length / 2)],
      max_ms: times.at(-1)!,
      missed: times.filter((time) => time === Infinity).length,
      links_max: Math.max(...this.#sim.nodes.map(({ state }) => state.session.links.size)),
      busiest: Math.max(...counts) / messages,
    };
  }
}
