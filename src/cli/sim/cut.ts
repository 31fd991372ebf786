/** `rumor sim cut`: how many links must break to part a network. */

import type { Command } from "../../apps/app.ts";
import { MEMBERS_MAX, OVERLAY_LINKS } from "../../core/data/limits.ts";
import { Dice } from "../../sim/dice.ts";
import { countLinks, type Degrees, degreesOf, type Graph, pathsOf } from "../../sim/graph.ts";
import { bestArcs, halvesBound, searchHalves } from "../../sim/halves.ts";
import { connectivityOf, Cutter } from "../../sim/min_cut.ts";
import { overlayGraph } from "../../sim/overlay_graph.ts";
import { flagLines, readArgs } from "../args/args.ts";
import { readChoice, readCount } from "../args/values.ts";
import { EXIT, UsageError } from "../args/exit.ts";
import { helpFlags, jsonFlag } from "../args/flags.ts";
import { stdout } from "../output/stdout.ts";
import { objectsText, tableText } from "../output/table.ts";
import { Progress } from "./progress.ts";

const OVERLAYS = ["ring", "fingers"] as const;
type Overlay = typeof OVERLAYS[number];

const NODES = 1_000;
const SEED = 1;
/** Fingers always have the nearest three among them. */
const FINGERS_MIN = 3;

const flags = {
  nodes: {
    value: "N",
    help: `2 to ${MEMBERS_MAX} nodes (default: ${NODES})`,
    no_env: true,
    read: readCount(2, MEMBERS_MAX),
  },
  overlay: {
    value: "KIND",
    help: "ring or fingers (default: both, side by side)",
    no_env: true,
    read: readChoice(...OVERLAYS),
  },
  links: {
    value: "N",
    help: `how many others each node links to, 1 to 100 (default: ${OVERLAY_LINKS}, as nodes do)`,
    no_env: true,
    read: readCount(1, 100),
  },
  seed: {
    value: "S",
    help: `what the ids are drawn from (default: ${SEED})`,
    no_env: true,
    read: readCount(0, 2 ** 31 - 1),
  },
  json: { ...jsonFlag.json, help: "print one JSON object a line, for each overlay" },
  ...helpFlags,
} as const;

/** What was found out about an overlay. A hop that is not there is null. */
interface Report {
  readonly overlay: Overlay;
  readonly nodes: number;
  readonly wanted: number;
  readonly seed: number;
  readonly links: number;
  readonly degree: Degrees;
  readonly cut_one: number;
  readonly cut_any: number;
  readonly cut_rows: number;
  readonly cut_half_found: number;
  readonly cut_half_least: number;
  readonly paths_opposite: number | null;
  readonly diameter: number;
  readonly mean_hops: number;
}

const command: Command = {
  summary: "how many links must break to part a network, and how far it is across",
  help: `Examples:
  rumor sim cut
  rumor sim cut --nodes 10000 --overlay fingers
  rumor sim cut --links 5 --json | jq -c '[.overlay, .cut_any, .diameter]'

Usage: rumor sim cut [FLAGS]

Draws ids, sorts them to a ring, and links the nodes as nodes link themselves when everybody knows
everybody. A link carries both ways, so a node has those that it made and those that were made to it.

  cut off one node           the links of the node that has fewest
  cut the network anywhere   the fewest links between any two parts; exact (maximal flow)
  halve the ring             the fewest between two halves that are neighbours in a row; exact
  halve it in any way        found: by a search; least: no two halves have fewer. The exact number
                             is NP-hard to find
  opposite rows              paths without a common link from so many neighbours in a row as a node
                             has links to those on the other side of the ring; exact

Flags:
${flagLines(flags)}

Exit codes: 0 done, 2 usage.
`,
  run: async (args, env) => {
    const { given, words } = readArgs(args, flags, env);
    if (words.length > 0) throw new UsageError(`${words[0]} is not expected`);
    const { nodes = NODES, links = OVERLAY_LINKS, seed = SEED } = given;
    const overlays = given.overlay === undefined ? OVERLAYS : [given.overlay];
    if (links < FINGERS_MIN && overlays.includes("fingers")) {
      throw new UsageError(
        `--links is at least ${FINGERS_MIN} with fingers; use --overlay ring for fewer`,
      );
    }
    using progress = new Progress();
    const reports = overlays.map((overlay) => {
      const graph = overlayGraph(nodes, overlay, seed, links);
      const report = (what: string) => (part: number) => progress.show(`${overlay}: ${what}`, part);
      return examine(graph, { overlay, nodes, wanted: links, seed }, report);
    });
    const text = given.json ? objectsText(reports, false) : tableText(rowsOf(reports), true);
    await stdout.print(text);
    return EXIT.done;
  },
};

function examine(
  graph: Graph,
  about: Pick<Report, "overlay" | "nodes" | "wanted" | "seed">,
  report: (what: string) => (part: number) => void,
): Report {
  const { nodes, wanted, seed } = about;
  const dice = new Dice(seed);
  const degree = degreesOf(graph);
  const cut_any = connectivityOf(graph, report("cuts"));
  const arcs = bestArcs(graph);
  const paths = pathsOf(graph, report("paths"));
  return {
    ...about,
    links: countLinks(graph),
    degree,
    cut_one: degree.min,
    cut_any,
    cut_rows: arcs.crossing,
    cut_half_found: searchHalves(graph, arcs.side, dice, report("halves")),
    cut_half_least: Math.max(cut_any, halvesBound(graph, dice, report("bound"))),
    paths_opposite: nodes < 2 * wanted ? null : oppositePaths(graph, wanted),
    diameter: paths.diameter,
    mean_hops: Math.round(paths.mean * 100) / 100,
  };
}

/** Paths without a common link between neighbours in a row and those opposite them. */
function oppositePaths(graph: Graph, count: number): number {
  const row = Array.from({ length: count }, (_, at) => at);
  return new Cutter(graph).cut(row, row.map((node) => node + (graph.nodes >> 1)));
}

/** One column for each overlay. */
function rowsOf(reports: readonly Report[]): string[][] {
  const row = (what: string, of: (report: Report) => string | number | null) => [
    what,
    ...reports.map((report) => {
      const value = of(report);
      return value === null ? "" : value.toLocaleString("en-US");
    }),
  ];
  return [
    row("overlay", ({ overlay }) => overlay),
    row("nodes", ({ nodes }) => nodes),
    row("links in all", ({ links }) => links),
    row("links of a node, least", ({ degree }) => degree.min),
    row("links of a node, mean", ({ degree }) => degree.mean),
    row("links of a node, most", ({ degree }) => degree.max),
    row("links to break to", () => " "),
    row("  cut off one node", ({ cut_one }) => cut_one),
    row("  cut the network anywhere", ({ cut_any }) => cut_any),
    row("  halve the ring", ({ cut_rows }) => cut_rows),
    row("  halve it in any way, found", ({ cut_half_found }) => cut_half_found),
    row("  halve it in any way, least", ({ cut_half_least }) => cut_half_least),
    row("paths between opposite rows", ({ paths_opposite }) => paths_opposite),
    row("hops between two nodes, mean", ({ mean_hops }) => mean_hops),
    row("hops between two nodes, most", ({ diameter }) => diameter),
  ];
}

export default command;
