/** `rumor sim broadcast`: how an entry spreads, and what that costs. */

import type { Command } from "../../apps/app.ts";
import { MEMBERS_MAX } from "../../core/data/limits.ts";
import type { SpreadKind } from "../../core/data/config.ts";
import { drawOverlay, simulateBroadcast, SOON_MS } from "../../sim/broadcast/broadcast.ts";
import type { BroadcastOptions, BroadcastReport } from "../../sim/broadcast/options.ts";
import { controlsOf, summarize } from "../../sim/broadcast/summary.ts";
import { drawPicture } from "../../sim/broadcast/picture.ts";
import { flagLines, readArgs } from "../args/args.ts";
import { readChoice, readCount, readPath } from "../args/values.ts";
import { EXIT, UsageError } from "../args/exit.ts";
import { helpFlags, jsonFlag } from "../args/flags.ts";
import { say } from "../output/stderr.ts";
import { stdout } from "../output/stdout.ts";
import { objectsText, tableText } from "../output/table.ts";
import { Progress } from "./progress.ts";

const KINDS = ["flood", "gossip", "tree"] as const;
const LATENCY_MS = [10, 50] as const, LATENCY_MS_MAX = 10_000;
const NODES = 100, ROUNDS = 10, ROUNDS_MAX = 1_000, SEED = 1;
/** Nodes times senders, or entries under way, that fit into memory. */
const CELLS_MAX = 1_000_000;

const flags = {
  nodes: {
    value: "N",
    help: `2 to ${MEMBERS_MAX} nodes (default: ${NODES})`,
    no_env: true,
    read: readCount(2, MEMBERS_MAX),
  },
  overlay: {
    value: "KIND",
    help: "ring or fingers (default: fingers)",
    no_env: true,
    read: readChoice("ring", "fingers"),
  },
  spread: {
    value: "KIND",
    help: "flood, gossip or tree (default: all, side by side)",
    no_env: true,
    read: readChoice(...KINDS),
  },
  latency: {
    value: "A..B",
    help: `milliseconds that a message is under way (default: ${LATENCY_MS.join("..")})`,
    no_env: true,
    read: readRange,
  },
  loss: {
    value: "P%",
    help: "part of all messages that gets lost, as datagrams do (default: 0%)",
    no_env: true,
    read: readPart(0.5),
  },
  kill: {
    value: "P%",
    help: "part of the nodes that dies at once after half of the rounds (default: 0%)",
    no_env: true,
    read: readPart(0.95),
  },
  rounds: {
    value: "N",
    help: `1 to ${ROUNDS_MAX} rounds, in each of which senders say a line (default: ${ROUNDS})`,
    no_env: true,
    read: readCount(1, ROUNDS_MAX),
  },
  senders: {
    value: "WHO",
    help: "one: always the same, many: another each round, all: each in each (default: one)",
    no_env: true,
    read: readChoice("one", "many", "all"),
  },
  seed: {
    value: "S",
    help: `what everything is drawn from (default: ${SEED})`,
    no_env: true,
    read: readCount(0, 2 ** 31 - 1),
  },
  svg: { value: "FILE", help: "draw it there", no_env: true, read: readPath },
  json: { ...jsonFlag.json, help: "print one JSON object a line, for each kind of spreading" },
  ...helpFlags,
} as const;

/** What was simulated, and what came out. */
interface Result {
  readonly options: BroadcastOptions;
  readonly report: BroadcastReport;
}

const command: Command = {
  summary: "how an entry spreads over many nodes, and what that costs",
  help: `Examples:
  rumor sim broadcast
  rumor sim broadcast --nodes 1000 --spread tree --kill 30%
  rumor sim broadcast --nodes 200 --overlay ring --svg spread.svg
  rumor sim broadcast --loss 5% --json | jq -c '[.spread, .reliability, .rmr]'

Usage: rumor sim broadcast [FLAGS]

Links nodes as they link themselves when everybody knows everybody, and lets them say lines. What a
node does with an entry is decided by the same functions as in a running node.

  payload messages   entries sent on links; RMR is payload messages / (nodes - 1) - 1
  control messages   have (acknowledges and announces), prune (asks not to be sent what others
                     bring), graft (asks to be sent it)
  last hop           links on the way to whoever got it over most of them
  warm-up            the first line of each sender, counted apart: nodes have always said before
                     that they are there, and a tree grows out of that. --rounds come after it

Without loss a link is like TCP, and keeps its order. With --loss it is like --transport udp: any
message may get lost or overtake others, entries are sent again until they are acknowledged, and
announcements repair the rest. (A running node leaves such links out of its trees, and sends on all
of them; tree with --loss shows what it would do if it did not.)

--kill spares who speaks next. Links to the dead break at once; a second later the survivors have
linked to others. From then on a round begins each second, whatever became of the ones before.

Flags:
${flagLines(flags)}

Exit codes: 0 done, 1 FILE cannot be written, 2 usage.
`,
  run: async (args, env) => {
    const { given, words } = readArgs(args, flags, env);
    if (words.length > 0) throw new UsageError(`${words[0]} is not expected`);
    const options = {
      nodes: given.nodes ?? NODES,
      overlay: given.overlay ?? "fingers" as const,
      latency_ms: given.latency ?? LATENCY_MS,
      loss: given.loss ?? 0,
      kill: given.kill ?? 0,
      seed: given.seed ?? SEED,
      rounds: given.rounds ?? ROUNDS,
      senders: given.senders ?? "one" as const,
    };
    checkSize(options);
    const results = simulateAll(options, given.spread === undefined ? KINDS : [given.spread]);
    if (given.svg !== undefined && !await write(given.svg, drawPicture(results))) {
      return EXIT.failed;
    }
    const shown = stdout.is_terminal;
    const text = given.json ? objectsText(results.map(objectOf), shown) : textOf(results);
    await stdout.print(text);
    return EXIT.done;
  },
};

/** All senders of many nodes need more memory than there is. */
function checkSize({ nodes, senders, kill, rounds }: Omit<BroadcastOptions, "spread">): void {
  const speakers = senders === "one" ? 1 : senders === "all" ? nodes : Math.min(nodes, rounds);
  const open = kill > 0 ? Math.ceil(rounds / 2) * (senders === "all" ? nodes : 1) : 0;
  if (nodes * Math.max(speakers, open) <= CELLS_MAX) return;
  throw new UsageError(
    `--nodes ${nodes} with --senders ${senders} is too much; nodes times senders is at most ${CELLS_MAX}`,
  );
}

/** Each kind of spreading on the same network. */
function simulateAll(
  options: Omit<BroadcastOptions, "spread">,
  kinds: readonly SpreadKind[],
): Result[] {
  using progress = new Progress();
  const drawn = drawOverlay(options);
  return kinds.map((spread, at) => {
    const onProgress = (round: number) =>
      progress.show(spread, (at + round / options.rounds) / kinds.length);
    const all = { ...options, spread, drawn };
    return { options: all, report: simulateBroadcast({ ...all, onProgress }) };
  });
}

async function write(path: string, text: string): Promise<boolean> {
  try {
    await Deno.writeTextFile(path, text);
    return true;
  } catch (error) {
    say(`rumor: --svg ${path}: ${(error as Error).message}`);
    return false;
  }
}

function objectOf({ options, report }: Result) {
  const { drawn: _, onProgress: __, ...rest } = options;
  const { kill_round, killed, deliveries } = report;
  return { ...rest, ...summarize(report), kill_round, killed, deliveries };
}

function textOf(results: readonly Result[]): string {
  const parts = [tableText(summaryRows(results), true)];
  for (const result of results) {
    if (result.report.kill_round === null) continue;
    parts.push(tableText(roundRows(result), true));
  }
  return parts.join("\n");
}

/** One column for each kind of spreading. */
function summaryRows(results: readonly Result[]): string[][] {
  const all = results.map(({ report }) => summarize(report));
  const row = (what: string, of: (one: typeof all[number]) => string) => [what, ...all.map(of)];
  const count = (value: number) => value.toLocaleString("en-US");
  const size = `${results[0].report.nodes} nodes, ${results[0].report.links} links`;
  return [
    [size, ...results.map(({ options }) => options.spread)],
    row("reliability", ({ reliability }) => percent(reliability)),
    row("payload messages per delivery", (one) => one.payloads_per_delivery.toFixed(3)),
    row("control messages per delivery", (one) => one.controls_per_delivery.toFixed(3)),
    row("RMR, mean", ({ rmr }) => rmr.toFixed(4)),
    row("RMR, most", ({ rmr_max }) => rmr_max.toFixed(4)),
    row("last hop, mean", ({ last_hop }) => last_hop.toFixed(1)),
    row("last hop, most", ({ last_hop_max }) => count(last_hop_max)),
    row("time to the last node, median", (one) => `${count(one.last_ms_median)} ms`),
    row("time to the last node, p99", (one) => `${count(one.last_ms_p99)} ms`),
    row("time to the last node, max", (one) => `${count(one.last_ms_max)} ms`),
    row("payload messages", ({ traffic }) => count(traffic.payload)),
    row("control messages: have", ({ traffic }) => count(traffic.have)),
    row("control messages: prune", ({ traffic }) => count(traffic.prune)),
    row("control messages: graft", ({ traffic }) => count(traffic.graft)),
    row("warm-up: payload messages", ({ warm_up }) => count(warm_up.payload)),
    row("warm-up: control messages", ({ warm_up }) => count(controlsOf(warm_up))),
  ];
}

/** How each round went from the last before the kill on. */
function roundRows({ options, report: { deliveries, kill_round, killed } }: Result): string[][] {
  const rows = deliveries.filter(({ round }) => round >= kill_round! - 1).map((one) => [
    one.after_kill ? `${one.round + 1}` : `${one.round + 1} (before)`,
    percent(one.reached_soon / one.alive),
    percent(one.reached / one.alive),
    `${one.last_ms.toLocaleString("en-US")} ms`,
    one.rmr.toFixed(4),
    `${one.last_hop}`,
  ]);
  const within = `within ${SOON_MS / 1000} s`;
  const head = [`${options.spread}, ${killed} killed: round`, within, "at last", "last node"];
  return [[...head, "RMR", "last hop"], ...rows];
}

/** A part as a percentage, never rounded up to all. */
function percent(part: number): string {
  return `${(Math.floor(part * 10_000) / 100).toFixed(2)} %`;
}

/** `10..50`, or one number. */
function readRange(text: string): readonly [number, number] {
  const match = /^([0-9]{1,6})(?:\.\.([0-9]{1,6}))?$/.exec(text);
  const least = Number(match?.[1]), most = Number(match?.[2] ?? match?.[1]);
  if (match !== null && least <= most && most <= LATENCY_MS_MAX) return [least, most];
  throw new UsageError(
    `${text} is not a range of milliseconds like 10..50, up to ${LATENCY_MS_MAX}`,
  );
}

/** A percentage from 0 to `most`; gives the part. */
function readPart(most: number): (text: string) => number {
  return (text) => {
    const match = /^([0-9]+(?:\.[0-9]+)?)%$/.exec(text);
    const part = match === null ? NaN : Number(match[1]) / 100;
    if (part <= most) return part;
    throw new UsageError(`${text} is not a percentage like 5%, from 0% to ${most * 100}%`);
  };
}

export default command;
