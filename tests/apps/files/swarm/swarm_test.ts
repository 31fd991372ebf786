/** What `reduceSwarm()` asks of whom, case by case. */

import { assert, assertEquals } from "@std/assert";
import {
  ASKS_PER_HOLDER_MAX,
  CHUNK_BYTES,
  EARLY_LINKS_MAX,
  ROUTED_CHUNKS_MAX,
  WINDOW_BYTES_MAX,
  WINDOW_START_BYTES,
} from "../../../../src/apps/files/limits.ts";
import type { Runs } from "../../../../src/apps/files/runs.ts";
import { chooseRange } from "../../../../src/apps/files/swarm/choose.ts";
import { ChunkSet } from "../../../../src/apps/files/swarm/chunk_set.ts";
import { fetchProgress, holderRates } from "../../../../src/apps/files/swarm/progress.ts";
import type { SwarmOut } from "../../../../src/apps/files/swarm/swarm.ts";
import { goodGot, linkOf, NOTHING, World } from "./world.ts";

const MIB = 1_048_576;

function asksIn(outs: readonly SwarmOut[]): (SwarmOut & { kind: "ask" })[] {
  return outs.filter((out) => out.kind === "ask");
}

function pendingBytes(world: World, peer: string): number {
  const own = [...world.judge.asks.values()].filter((ask) => ask.peer === peer);
  return own.reduce((sum, { bytes }) => sum + bytes, 0);
}

/** All lists of a file are there, and none of its chunks. */
function listsOf(chunks: number): Runs[] {
  const has: Runs[] = [[]];
  for (let count = chunks; count > 1 || has.length === 1;) {
    count = Math.ceil(count / 256);
    has.push([[0, count]]);
  }
  return has;
}

Deno.test("`reduceSwarm()` fetches hashes of a file of 10 GB only where it fetches chunks", () => {
  const world = new World(), size = 10_000_000_000, link = linkOf("a", size);
  world.begin(1, link);
  world.join("a", link, null);
  const ranges = [];
  for (let at = 0; at < 100; at++) {
    const [{ ask, range }] = world.pending;
    ranges.push(range);
    world.pass(1);
    world.take({ kind: "got", ask, got: goodGot(range) });
  }
  assertEquals(ranges.slice(0, 2), [{ level: 3, first: 0, count: 1 }, {
    level: 2,
    first: 0,
    count: 1,
  }]);
  const lists = ranges.filter(({ level }) => level > 0);
  const hashes = lists.reduce((sum, { count }) => sum + count, 0);
  assert(hashes < 30, `${hashes} chunks of hashes`);
  const chunks = ranges.filter(({ level }) => level === 0);
  assertEquals(
    chunks.map(({ first }) => first),
    chunks.map(({ first }) => first).sort((a, b) => a - b),
  );
});

Deno.test("`reduceSwarm()` lets a window begin small, and grow with what a holder sends", () => {
  const world = new World(), link = linkOf("a", 1_000 * MIB);
  world.begin(1, link);
  world.join("a", link, null);
  const windows: number[] = [];
  for (let at = 0; at < 1_500; at++) {
    const [{ ask, range }] = world.pending;
    // A chunk in a fifth of a millisecond: 40 MB a second.
    world.pass(range.count / 5);
    world.take({ kind: "got", ask, got: goodGot(range) });
    windows.push(pendingBytes(world, "a"));
  }
  assert(windows.slice(0, 5).every((bytes) => bytes <= WINDOW_START_BYTES));
  const last = windows[windows.length - 1];
  assert(last > WINDOW_BYTES_MAX * 0.9 && last <= WINDOW_BYTES_MAX, `${last} bytes`);
  const [{ bytes_per_s }] = holderRates(world.swarm, world.now_ms);
  assert(bytes_per_s > 36e6 && bytes_per_s < 45e6, `${bytes_per_s} bytes a second`);
});

Deno.test("`reduceSwarm()` asks hop by hop for little at a time", () => {
  const world = new World(), link = linkOf("a", 3 * MIB);
  world.begin(1, link, listsOf(384));
  world.join("far", link, null, "routed");
  assertEquals(world.pending.map(({ range }) => range), [
    { level: 0, first: 0, count: ROUTED_CHUNKS_MAX },
    { level: 0, first: 12, count: ROUTED_CHUNKS_MAX },
  ]);
  const [out] = asksIn(world.outs);
  assertEquals([out.via, out.peer], ["routed", "far"]);
});

Deno.test("`reduceSwarm()` lets a thousand small files share the window of their holder", () => {
  const world = new World(), files = 1_000;
  world.take({ kind: "holder", peer: "a", via: "direct" });
  for (let at = 1; at <= files; at++) {
    const link = linkOf(`${at}`.padStart(4, "0"), 3_000 + at);
    world.take({ kind: "has", peer: "a", link, has: null });
    world.begin(at, link);
  }
  // Their hashes are short: requests are counted.
  assertEquals(new Set(world.pending.map(({ fetch: file }) => file)).size, ASKS_PER_HOLDER_MAX);
  for (let answers = 0; answers < 2 * files; answers++) {
    const [{ ask, range }] = world.pending;
    world.pass(0.1);
    world.take({ kind: "got", ask, got: goodGot(range) });
    const is_last = answers > 2 * files - 2 * ASKS_PER_HOLDER_MAX;
    // While one is answered, others are under way.
    if (!is_last) assert(world.pending.length >= 15, `${world.pending.length} after ${answers}`);
  }
  const complete = world.outs.filter(({ kind }) => kind === "complete");
  assertEquals([complete.length, world.pending.length], [files, 0]);
});

Deno.test("`reduceSwarm()` puts a file together from chunks of which each holder has a few", () => {
  const world = new World(), link = linkOf("a", 10 * CHUNK_BYTES);
  world.begin(1, link);
  world.join("a", link, [[0, 2], [9, 1]]);
  world.join("b", link, [[2, 3]]);
  world.join("c", link, [[4, 4]]);
  world.answerAll();
  assert(!world.judge.isComplete(1));
  world.take({ kind: "has", peer: "b", link, has: [[2, 3], [8, 1]] });
  world.answerAll();
  assert(world.judge.isComplete(1));
  assertEquals(fetchProgress(world.swarm, 1, world.now_ms)!.holders.length, 3);
});

Deno.test("`chooseRange()` takes what the fewest have, wherever it begins to look", () => {
  const world = new World(), chunks = 320, link = linkOf("a", chunks * CHUNK_BYTES);
  world.begin(1, link, listsOf(chunks));
  const file = world.swarm.fetches.get(1)!, rare = 7 * 32;
  const having = new Map([
    ["seed", ChunkSet.of([[0, chunks]])],
    ["b", ChunkSet.of([[0, rare], [rare + 32, 64]])],
    ["c", ChunkSet.of([[0, rare - 32], [rare + 32, 64]])],
  ]);
  for (const luck of [0, 0.2, 0.5, 0.73, 0.999]) {
    const wish = { peer: "seed", chunks: 4, luck };
    const { first } = chooseRange(file, having, { ...wish, order: "rarest" })!;
    assertEquals(Math.floor(first / 32), 7);
  }
  const lowest = { peer: "seed", chunks: 4, luck: 0.5, order: "lowest" } as const;
  assertEquals(chooseRange(file, having, lowest), { level: 0, first: 0, count: 4 });
  // Where all have all, there is nothing to spread.
  const all = new Map([["seed", having.get("seed")!]]);
  const usual = { peer: "seed", chunks: 4, luck: 0.5, order: "rarest" } as const;
  assertEquals(chooseRange(file, all, usual), { level: 0, first: 0, count: 4 });
});

Deno.test("`reduceSwarm()` gives what a silent holder owes to others, and waits longer for the only one", () => {
  const world = new World(), link = linkOf("a", 4 * MIB);
  world.begin(1, link, listsOf(512));
  world.join("silent", link, null);
  world.pass(5_000);
  const owed = world.pending.map(({ range }) => range);
  assert(owed.length > 0);
  world.join("good", link, null);
  const outs = world.pass(250);
  assertEquals(outs.filter(({ kind }) => kind === "cancel").length, owed.length);
  world.answerAll((range, peer) => peer === "good" ? goodGot(range) : null);
  assert(world.judge.isComplete(1));
  assert(
    world.outs.some((out) =>
      out.kind === "ask" && out.peer === "good" && out.range.first === owed[0].first
    ),
  );
  const asked = asksIn(world.outs).filter(({ peer }) => peer === "silent");
  assert(asked.length < owed.length + 5, `${asked.length} requests to who never answers`);
});

Deno.test("`reduceSwarm()` pauses while the disk is full, and tries once a second", () => {
  const world = new World(), link = linkOf("a", 4 * MIB);
  world.begin(1, link, listsOf(512));
  world.join("a", link, null);
  const full = { ...NOTHING, stuck: "no space left" };
  for (const { ask } of world.pending) world.take({ kind: "got", ask, got: full });
  const told = () => world.outs.filter(({ kind }) => kind === "stuck");
  assertEquals([told(), world.pending], [[{ kind: "stuck", fetch: 1, why: "no space left" }], []]);
  assertEquals(fetchProgress(world.swarm, 1, world.now_ms)!.stuck, "no space left");
  for (let second = 0; second < 3; second++) {
    assertEquals(asksIn(world.pass(900)), []);
    assertEquals(asksIn(world.pass(350)).length, 1);
    world.take({ kind: "got", ask: world.pending[0].ask, got: full });
  }
  assertEquals(told().length, 1);
  world.pass(1_250);
  const [{ ask, range }] = world.pending;
  const outs = world.take({ kind: "got", ask, got: goodGot(range) });
  assertEquals(outs[0], { kind: "stuck", fetch: 1, why: null });
  assert(asksIn(outs).length > 1);
});

Deno.test("`reduceSwarm()` keeps out of a file for ever who sent what is not in it", () => {
  const world = new World(), link = linkOf("a", 4 * MIB), other = linkOf("b", MIB);
  for (const [at, one] of [link, link, other].entries()) {
    world.begin(at + 1, one, listsOf(512));
    world.join("liar", one, null);
  }
  const ours = world.pending.filter((one) => one.fetch === 1);
  const got = { ...goodGot({ ...ours[0].range, count: 1 }), wrong: true };
  const outs = world.take({ kind: "got", ask: ours[0].ask, got });
  const excluded = outs.filter((out) => out.kind === "excluded");
  assertEquals(excluded.map(({ fetch: file, peer }) => [file, peer]), [[1, "liar"], [2, "liar"]]);
  assertEquals(new Set(world.pending.map((one) => one.fetch)), new Set([3]));
  assertEquals(fetchProgress(world.swarm, 1, world.now_ms)!.bytes, CHUNK_BYTES);
  world.take({ kind: "stopped", fetch: 1 });
  world.take({ kind: "stopped", fetch: 2 });
  world.begin(4, link, listsOf(512));
  world.take({ kind: "lost", peer: "liar", why: "" });
  world.join("liar", link, null);
  assertEquals(world.pending, []);
});

Deno.test("`reduceSwarm()` goes on where an earlier run was, and has nothing to ask for the empty file", () => {
  const world = new World(), link = linkOf("a", 300_000), chunks = 37;
  world.begin(1, link, [[[0, 36]], [[0, 1]]]);
  world.join("a", link, null);
  assertEquals(world.pending.map(({ range }) => range), [{ level: 0, first: 36, count: 1 }]);
  world.answerAll();
  const { bytes, size, is_complete } = fetchProgress(world.swarm, 1, world.now_ms)!;
  assertEquals([bytes, size, is_complete], [300_000, 300_000, true]);
  const whole = world.begin(2, link, [[[0, chunks]], [[0, 1]]]);
  assertEquals(whole, [{ kind: "complete", fetch: 2 }]);
  assertEquals(world.begin(3, linkOf("e", 0)), [{ kind: "complete", fetch: 3 }]);
});

Deno.test("`reduceSwarm()` keeps what is said of files that nobody fetches only of some", () => {
  const world = new World();
  for (let at = 0; at < EARLY_LINKS_MAX + 10; at++) {
    const link = linkOf(`${at}`.padStart(8, "0"), 5);
    world.take({ kind: "has", peer: "a", link, has: null });
  }
  assertEquals(world.swarm.has.size, EARLY_LINKS_MAX);
});

Deno.test("`fetchProgress()` says how far a file is, and who brought what", () => {
  const world = new World(), link = linkOf("a", 100_000);
  world.begin(1, link);
  assertEquals(fetchProgress(world.swarm, 2, 0), null);
  world.join("a", link, null);
  world.join("b", link, []);
  world.answerAll(goodGot, 10);
  const { holders, ...rest } = fetchProgress(world.swarm, 1, world.now_ms)!;
  assertEquals(rest, {
    fetch: 1,
    link,
    size: 100_000,
    bytes: 100_000,
    bytes_per_s: 0,
    is_complete: true,
    stuck: null,
  });
  assertEquals(holders, [
    { peer: "a", via: "direct", chunks: 13, bytes: 100_000 + 13 * 32, is_asked: false },
    { peer: "b", via: "direct", chunks: 0, bytes: 0, is_asked: false },
  ]);
});
