/**
 * A picture of a broadcast, as SVG that stands alone: on the left the way of one entry, the nodes on a
 * circle in the order of the ring; on the right how many nodes it has reached when, for each kind of
 * spreading. Readable on light and on dark ground.
 */

import type { BroadcastOptions, BroadcastReport, Wave } from "./options.ts";

export interface Drawing {
  readonly options: Pick<BroadcastOptions, "nodes" | "overlay" | "spread">;
  readonly report: Pick<BroadcastReport, "wave">;
}

const WIDTH = 1_120, HEIGHT = 620;
const CENTRE = { x: 280, y: 320 }, RADIUS = 230;
const PLOT = { left: 640, right: 1_080, top: 90, bottom: 500 };
/** Bright enough on dark ground, dark enough on light. */
const HOP_COLOURS = ["#c2410c", "#b45309", "#4d7c0f", "#0f766e", "#0369a1", "#6d28d9", "#a21caf"];
const CURVE_COLOURS = { flood: "#0369a1", gossip: "#c2410c", tree: "#4d7c0f" } as const;
const DASHES = { flood: "", gossip: "7 4", tree: "2 3" } as const;
const STYLE = "text{font:13px sans-serif;fill:#1f2937}.t{font-size:16px;font-weight:600}" +
  ".a{stroke:#6b7280;stroke-width:1;fill:none}.g{stroke:#6b7280;stroke-opacity:.25}" +
  ".b{fill:#fff}@media(prefers-color-scheme:dark){text{fill:#e5e7eb}.b{fill:#111827}" +
  "path,line{filter:brightness(1.35)}}";

/** The last drawing's way, and the curves of all. */
export function drawPicture(drawings: readonly Drawing[]): string {
  const { options: { nodes, overlay, spread }, report: { wave } } = drawings.at(-1)!;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" ` +
    `aria-label="How an entry spreads over ${nodes} nodes">`,
    `<style>${STYLE}</style>`,
    `<rect class="b" width="${WIDTH}" height="${HEIGHT}"/>`,
    text(
      40,
      40,
      `${spread} over ${nodes} nodes, overlay ${overlay}: who got the entry from whom`,
      "t",
    ),
    ...drawWave(wave),
    ...drawCurves(drawings),
    "</svg>\n",
  ].join("\n");
}

/** Each first arrival as a line from whom it came, coloured by hops. */
function drawWave(wave: Wave): string[] {
  const count = wave.hops.length;
  const paths = new Map<number, string[]>();
  let sender = 0;
  for (let node = 0; node < count; node++) {
    const from = wave.from[node], hops = wave.hops[node];
    if (wave.arrived_ms[node] >= 0 && from < 0) sender = node;
    if (from < 0) continue;
    const line = `M${place(from, count)}L${place(node, count)}`;
    const lines = paths.get(hops);
    if (lines === undefined) paths.set(hops, [line]);
    else lines.push(line);
  }
  const width = round(Math.max(0.3, Math.min(1.5, 150 / count)));
  const sorted = [...paths].sort(([a], [b]) => a - b);
  const lines = sorted.map(([hops, one]) =>
    `<path d="${one.join("")}" fill="none" stroke="${hopColour(hops)}" stroke-width="${width}"/>`
  );
  const legend = sorted.slice(0, HOP_COLOURS.length).flatMap(([hops, one], at) => [
    `<rect x="${40 + at * 74}" y="${HEIGHT - 46}" width="12" height="12" fill="${
      hopColour(hops)
    }"/>`,
    text(56 + at * 74, HEIGHT - 36, hopsText(hops, sorted.length)),
    text(56 + at * 74, HEIGHT - 20, `${one.length}`),
  ]);
  const dots = count > 2_000 ? [] : Array.from({ length: count }, (_, node) => {
    const [x, y] = place(node, count).split(" ");
    const hops = wave.hops[node];
    const colour = wave.arrived_ms[node] < 0 ? "#6b7280" : hopColour(Math.max(1, hops));
    return `<circle cx="${x}" cy="${y}" r="${
      round(Math.max(1, 4 - count / 300))
    }" fill="${colour}"/>`;
  });
  const [x, y] = place(sender, count).split(" ");
  const ring = `<circle class="a" cx="${x}" cy="${y}" r="8"/>`;
  return [...lines, ...dots, ring, text(40, 64, "the circled node said it"), ...legend];
}

/** The share of nodes that were reached, by time. */
function drawCurves(drawings: readonly Drawing[]): string[] {
  const { left, right, top, bottom } = PLOT;
  const times = drawings.map(({ report }) => sortedTimes(report.wave));
  const end_ms = niceEnd(Math.max(1, ...times.map((one) => one.at(-1) ?? 0)));
  const x = (time_ms: number) => round(left + (right - left) * time_ms / end_ms);
  const y = (share: number) => round(bottom - (bottom - top) * share);
  const grid = [0, 0.25, 0.5, 0.75, 1].flatMap((part) => [
    `<line class="g" x1="${left}" y1="${y(part)}" x2="${right}" y2="${y(part)}"/>`,
    text(left - 10, y(part) + 4, `${part * 100} %`, "", "end"),
    text(x(part * end_ms), bottom + 20, `${part * end_ms}`, "", "middle"),
  ]);
  const curves = drawings.flatMap(({ options: { spread, nodes } }, at) => {
    const steps = times[at].map((time, index) => `L${x(time)} ${y((index + 1) / nodes)}`);
    const look = `stroke="${CURVE_COLOURS[spread]}" stroke-dasharray="${DASHES[spread]}"`;
    const row = bottom + 66 + 18 * at;
    return [
      `<path d="M${x(0)} ${y(0)}${steps.join("")}" fill="none" stroke-width="2" ${look}/>`,
      `<line x1="${left}" y1="${row - 4}" x2="${left + 30}" y2="${
        row - 4
      }" stroke-width="2" ${look}/>`,
      text(left + 40, row, `${spread}: last node after ${times[at].at(-1) ?? 0} ms`),
    ];
  });
  return [
    text(left, 40, "nodes reached over time", "t"),
    ...grid,
    `<path class="a" d="M${left} ${top}V${bottom}H${right}"/>`,
    text((left + right) / 2, bottom + 40, "time since it was said, in ms", "", "middle"),
    ...curves,
  ];
}

function sortedTimes({ arrived_ms }: Wave): number[] {
  return [...arrived_ms].filter((time_ms) => time_ms >= 0).sort((a, b) => a - b);
}

/** A round number of milliseconds, of which a quarter is one too. */
function niceEnd(most_ms: number): number {
  const unit = 10 ** Math.floor(Math.log10(most_ms));
  const steps = [1, 2, 4, 6, 8, 10].map((step) => step * unit);
  return Math.max(4, steps.find((end) => end >= most_ms)!);
}

/** Where a node stands on the circle. */
function place(node: number, count: number): string {
  const angle = 2 * Math.PI * node / count - Math.PI / 2;
  const x = CENTRE.x + RADIUS * Math.cos(angle), y = CENTRE.y + RADIUS * Math.sin(angle);
  return `${round(x)} ${round(y)}`;
}

function hopColour(hops: number): string {
  return HOP_COLOURS[Math.min(hops, HOP_COLOURS.length) - 1];
}

function hopsText(hops: number, most: number): string {
  if (hops === HOP_COLOURS.length && most > hops) return `${hops}+ hops`;
  return hops === 1 ? "1 hop" : `${hops} hops`;
}

function text(x: number, y: number, words: string, style = "", anchor = "start"): string {
  const class_of = style === "" ? "" : ` class="${style}"`;
  return `<text x="${x}" y="${y}" text-anchor="${anchor}"${class_of}>${words}</text>`;
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}
