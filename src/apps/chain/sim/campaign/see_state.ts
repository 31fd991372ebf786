/**
 * What must hold of a node that follows the chain, after every event. Only what the node claims is read
 * from its state: which blocks it has, which of them counts, and what its apps make of that.
 */

import type { Json } from "../../../../core/types.ts";
import { must } from "../../../../sim/campaign/violation.ts";
import type { ChainState } from "../../state.ts";
import type { Seen, Tree } from "../../tree.ts";
import { seeHeard } from "./heard_blocks.ts";
import { type Fault, isBetter, type Judge, type Judged } from "./judge.ts";
import { sameValue } from "./order_judge.ts";
import { AHEAD_MS, chainOf, type ChainWatch, nameBlock, RULES } from "./watch.ts";

const POOL_MAX = 10_000, EARLY_MAX = 100, DEEP_REWIND = 3;
/** What a node may find out about a block later than that it is there. */
const LATE_FAULTS: readonly unknown[] = ["twice", "refused", "no parent"];

/** The state of the chain changed. */
export function seeState(watch: ChainWatch, _: unknown): void {
  const { run: { judge }, view } = watch, state = chainOf(watch);
  if (judge === null || state === null) return;
  const tree = state.tree!;
  if (view.placed !== tree.by_hash) seePlaced(watch, judge, tree);
  bestIsMostWork(watch, judge, tree);
  view.crowded ||= state.early.length >= EARLY_MAX;
  for (const [hash, heard] of view.heard) seeHeard(watch, judge, hash, heard);
  if (tree.best.hash !== view.best) seeSwitch(watch, judge, state);
  minesBehindBest(watch, state);
}

/** All blocks that a node places are good, and not ahead of its time. */
function seePlaced({ machine, view, count }: ChainWatch, judge: Judge, tree: Tree): void {
  view.placed = tree.by_hash;
  view.top ??= judge.genesis;
  const now_ms = machine.node.now_ms;
  for (const [hash, placed] of [...tree.by_hash.entries()]) {
    if (view.seen.has(hash)) continue;
    const judged = judgePlaced(judge, placed);
    // What it orders is only looked at when it would count.
    if (LATE_FAULTS.includes(judged) && !("states" in placed)) continue;
    view.seen.add(hash);
    const why = typeof judged === "string" ? judged : null;
    must(why === null, RULES.good, () => `${machine.name} took a block that is bad (${why})`);
    const { block, work } = judged as Judged;
    const is_due = block.time <= now_ms + AHEAD_MS;
    must(is_due, RULES.good, () => `${machine.name} took a block ${block.time - now_ms} ms ahead`);
    must(
      placed.hash === hash && placed.work === work,
      RULES.best,
      () => `${machine.name} counts ${placed.work} hashes for ${hash}, not ${work}`,
    );
    const { top } = view;
    if (block.index > top.block.index && work < top.work) count("light_branches_left", 1);
    if (isBetter(judged as Judged, top)) view.top = judged as Judged;
    const heard = view.heard.get(hash);
    if (heard?.orphan) count("orphans_placed", 1);
    if (heard?.early) count("early_blocks_placed", 1);
    view.heard.delete(hash);
  }
}

/** The parents of a block may have come in messages, which nobody else sees. */
function judgePlaced(judge: Judge, placed: Seen): Judged | Fault | "no parent" {
  const known = judge.find(placed.hash);
  if (known !== undefined) return known;
  if (placed.parent === null) return "no parent";
  judgePlaced(judge, placed.parent);
  const verdict = judge.judge(placed.block as unknown as Json);
  if (verdict.kind === "good") return verdict.judged;
  return verdict.kind === "bad" ? verdict.fault : "no parent";
}

function bestIsMostWork({ machine, view }: ChainWatch, judge: Judge, { best }: Tree): void {
  const top = view.top ?? judge.genesis;
  must(
    best.hash === top.hash,
    RULES.best,
    () => `${machine.name} follows ${nameBlock(best)}, and has ${nameBlock(top)}`,
  );
}

/** Another branch counts, or the same is longer. */
function seeSwitch(watch: ChainWatch, judge: Judge, state: ChainState): void {
  const { view, count, machine } = watch, { best } = state.tree!;
  const now = judge.find(best.hash)!, before = judge.find(view.best) ?? judge.genesis;
  view.best = best.hash;
  const rewound = rewindOf(before, now), returned = rewound.flatMap(({ records }) => records);
  const keys = judge.keysOf(now);
  count("blocks_ordered", 1);
  count("records_ordered", now.records.length);
  count("branches_switched", Number(rewound.length > 0));
  count("deep_rewinds", Number(rewound.length >= DEEP_REWIND));
  count("records_returned", returned.filter(({ key }) => !keys.has(key)).length);
  count("equivocating_records_ordered", countTwoFaced(now));
  for (const { name, difference } of judge.judges) {
    const why = difference(now.states.get(name), best.states.get(name));
    must(why === null, RULES.states, () => `${machine.name} holds of ${name} ${why}`);
  }
  const taken = new Set([...best.taken.entries()].map(([key]) => key));
  must(
    sameValue([...taken].sort(), [...keys].sort()),
    RULES.states,
    () => `${machine.name} takes ${taken.size} records for ordered, not ${keys.size}`,
  );
  recordsWaitOrCount(watch, judge, now, state);
  countLosses(watch, judge, now, new Set(returned.map(({ key }) => key)));
}

/** Every record that came waits, or stands in the branch, or has no place in it; none waits and counts. */
function recordsWaitOrCount(
  { machine, view }: ChainWatch,
  judge: Judge,
  last: Judged,
  { pool }: ChainState,
): void {
  const keys = judge.keysOf(last), is_trimmed = pool.size >= POOL_MAX;
  for (const [key, record] of view.records) {
    const { item } = record, waits = pool.has(key), counts = keys.has(key);
    // What has no place for long is forgotten.
    must(
      waits !== counts || (!counts && (is_trimmed || !judge.hasPlace(last, record))),
      RULES.records,
      () =>
        `${JSON.stringify(item)} ${waits ? "waits, and counts" : "neither waits nor counts"} at ` +
        machine.name,
    );
  }
}

/** What the apps count of records that came, and do not stand in the branch; `were_in` did before. */
function countLosses(
  { view, count }: ChainWatch,
  judge: Judge,
  last: Judged,
  were_in: ReadonlySet<string>,
): void {
  const keys = judge.keysOf(last), index = last.block.index + 1;
  for (const [key, record] of view.records) {
    const by = keys.has(key) ? undefined : judge.judgeOf(record.item);
    const effect = by?.effectOf?.(last.states.get(by.name), record, index, were_in.has(key)) ??
      null;
    if (effect === null || view.counted.has(`${effect} ${key}`)) continue;
    view.counted.add(`${effect} ${key}`);
    count(effect, 1);
  }
}

/** What is looked for is the next block of the branch that counts. */
function minesBehindBest({ machine }: ChainWatch, { mining, tree }: ChainState): void {
  if (mining === null) return;
  must(
    mining.block.prev_hash === tree!.best.hash,
    RULES.mining,
    () => `${machine.name} mines behind another block than ${nameBlock(tree!.best)}`,
  );
}

/** The blocks of a branch that are not in another one, the last one first. */
function rewindOf(before: Judged, now: Judged): Judged[] {
  const rewound: Judged[] = [];
  let a = before, b = now;
  while (a.hash !== b.hash) {
    if (a.block.index >= b.block.index) {
      rewound.push(a);
      a = a.parent!;
    } else b = b.parent!;
  }
  return rewound;
}

/** Records of the last block whose number in a log another record of the branch has, too. */
function countTwoFaced(last: Judged): number {
  let count = 0;
  for (const one of last.records) {
    for (let at: Judged | null = last; at !== null; at = at.parent) {
      const others = at.records.filter(({ origin, seq }) =>
        origin === one.origin && seq === one.seq
      );
      if (others.some(({ line }) => line !== one.line)) count++;
    }
  }
  return count;
}
