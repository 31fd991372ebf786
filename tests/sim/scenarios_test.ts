/** The scenarios of `rumor sim scenario`, small; and that their goals are met with other seeds. */

import { assert, assertEquals } from "@std/assert";
import { type Findings, isMet } from "../../src/sim/scenarios/findings.ts";
import { CHALLENGE, playGlomers } from "../../src/sim/scenarios/glomers.ts";
import { runIroh } from "../../src/sim/scenarios/iroh.ts";
import { runPlumtree } from "../../src/sim/scenarios/plumtree.ts";

function assertMet({ rows }: Findings): void {
  for (const row of rows) assert(isMet(row), `${row.what}: ${row.ours}`);
}

Deno.test("broadcasts over a tree of links cost little more than a message for each link", () => {
  const report = playGlomers({ ...CHALLENGE, duration_ms: 2_000, batch_ms: 0, seed: 3 });
  assertEquals([report.missed, report.links_max], [0, 5]);
  // 24 messages for each broadcast; acknowledgements are few, and nobody pings.
  const floor = 24 * report.broadcasts;
  assert(report.messages >= floor && report.messages < 1.3 * floor, JSON.stringify(report));
  // At most 4 hops of 100 ms, and at most 3 ms at each node between.
  assert(report.max_ms <= 409, JSON.stringify(report));
});

Deno.test("nodes that hold back what they send need a quarter of the messages", () => {
  const report = playGlomers({ ...CHALLENGE, duration_ms: 2_000, batch_ms: 130, seed: 3 });
  assertEquals(report.missed, 0);
  assert(report.messages < 24 * report.broadcasts / 4 + 48 * 5, JSON.stringify(report));
  // At most 4 hops of 100 ms, and 130 ms at each node that sends.
  assert(report.max_ms <= 4 * 230 && report.max_ms > 409, JSON.stringify(report));
});

Deno.test("`runIroh()` meets its goals", () => {
  assertMet(runIroh({ seed: 2 }));
});

Deno.test("`runPlumtree()` meets its goals in a smaller network", () => {
  const findings = runPlumtree({ seed: 2, nodes: 400, kills: [0.3, 0.9] });
  assertMet(findings);
  assertEquals(findings.table.map((row) => row.length), [8, 8, 8]);
});

Deno.test("`isMet()` is strict", () => {
  const row = (kind: "most" | "least" | "below", ours: number) =>
    isMet({ ours, goal: { kind, value: 5 } });
  assertEquals([row("most", 5), row("most", 6)], [true, false]);
  assertEquals([row("least", 5), row("least", 4)], [true, false]);
  assertEquals([row("below", 4), row("below", 5)], [true, false]);
});
