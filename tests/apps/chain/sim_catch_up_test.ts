/** The published chances to catch up, computed in a second way and beside the published numbers. */

import { assert, assertEquals } from "@std/assert";
import { nakamotoChance, rosenfeldChance } from "../../../src/apps/chain/sim/catch_up.ts";

/** Table 1 of Rosenfeld 2012, in per cent: 1 to 10 blocks deep. */
const ROSENFELD: Readonly<Record<string, readonly number[]>> = {
  "0.1": [20, 5.6, 1.712, 0.546, 0.178, 0.059, 0.02, 0.007, 0.002, 0.001],
  "0.2": [40, 20.8, 11.584, 6.669, 3.916, 2.331, 1.401, 0.848, 0.516, 0.316],
  "0.3": [60, 43.2, 32.616, 25.207, 19.762, 15.645, 12.475, 10.003, 8.055, 6.511],
  "0.4": [80, 70.4, 63.488, 57.958, 53.314, 49.3, 45.769, 42.621, 39.787, 37.218],
};

/** Section 11 of Nakamoto 2008: share, depth, chance. */
const NAKAMOTO: readonly (readonly [share: number, depth: number, chance: number])[] = [
  [0.1, 0, 1],
  [0.1, 1, 0.2045873],
  [0.1, 2, 0.0509779],
  [0.1, 3, 0.0131722],
  [0.1, 5, 0.0009137],
  [0.1, 10, 0.0000012],
  [0.3, 5, 0.1773523],
  [0.3, 10, 0.0416605],
  [0.3, 20, 0.0024804],
  [0.3, 50, 0.0000006],
];

Deno.test("`rosenfeldChance()` gives the published table", () => {
  for (const [share, row] of Object.entries(ROSENFELD)) {
    const ours = row.map((_, at) => rosenfeldChance(Number(share), at + 1) * 100);
    assertEquals(ours.map((chance) => Number(chance.toFixed(3))), row);
  }
});

function assertNear(ours: number, theirs: number, tolerance: number): void {
  assert(Math.abs(ours - theirs) < tolerance, `${ours} instead of ${theirs}`);
}

/** The formula as it stands in the paper, of exact binomial coefficients. */
function asPublished(q: number, n: number): number {
  const p = 1 - q;
  let lost = 0, ways = 1n;
  for (let m = 0; m <= n; m++) {
    lost += Number(ways) * (p ** n * q ** m - p ** m * q ** n);
    ways = ways * BigInt(m + n) / BigInt(m + 1);
  }
  return 1 - lost;
}

/** Block after block: the chance of each lead, until it hardly changes. */
function byWalking(q: number, n: number): number {
  const back = 400;
  let at = new Map([[`0,0`, 1]]), won = 0;
  for (let step = 0; step < 3_000; step++) {
    const next = new Map<string, number>();
    for (const [key, chance] of at) {
      const [seen, secret] = key.split(",").map(Number);
      for (const [a, b, part] of [[seen + 1, secret, 1 - q], [seen, secret + 1, q]]) {
        // Beyond the depth only the difference counts.
        const [c, d] = a > n ? [n, b - (a - n)] : [a, b];
        if (c === n && d >= c) won += chance * part;
        else if (c - d < back && chance > 1e-15) {
          next.set(`${c},${d}`, (next.get(`${c},${d}`) ?? 0) + chance * part);
        }
      }
    }
    at = next;
  }
  return won;
}

Deno.test("`rosenfeldChance()` is what the paper's formula and the walk itself give", () => {
  for (const share of [0.02, 0.1, 0.26, 0.3, 0.45]) {
    for (let depth = 1; depth <= 20; depth++) {
      assertNear(rosenfeldChance(share, depth), asPublished(share, depth), 1e-10);
    }
  }
  for (const [share, depth] of [[0.1, 1], [0.1, 3], [0.3, 2], [0.3, 6]]) {
    assertNear(rosenfeldChance(share, depth), byWalking(share, depth), 1e-7);
  }
});

Deno.test("`nakamotoChance()` gives the published numbers", () => {
  for (const [share, depth, chance] of NAKAMOTO) {
    assertNear(nakamotoChance(share, depth), chance, 6e-8);
  }
});

Deno.test("the published chances stay between 0 and 1, fall with depth, and end at half of all", () => {
  for (const chance of [rosenfeldChance, nakamotoChance]) {
    for (const share of [1e-9, 0.01, 0.49, 0.4999]) {
      const all = Array.from({ length: 100 }, (_, at) => chance(share, at + 1));
      assert(all.every((one) => one >= 0 && one <= 1 + 1e-12), `${share}: ${all}`);
      assert(all.every((one, at) => at === 0 || one <= all[at - 1]), `${share}: ${all}`);
    }
    assertEquals([chance(0.5, 6), chance(0.9, 100)], [1, 1]);
  }
});
