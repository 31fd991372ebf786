/**
 * What must hold of a node that follows the chain, after every event. Only what the node claims is read
 * from its state: which blocks it has, which of them counts, and what its apps make of that.
 */

import { type Entry, hashedBytes, logKey } from "../../../core/log/entry.ts";
import { forkedAt } from "../../../core/log/slice.ts";
import type { Json } from "../../../core/types.ts";
import type { Watch } from "../../../sim/campaign/app_rules.ts";
import { must } from "../../../sim/campaign/violation.ts";
import { CHAIN } from "../options.ts";
import type { ChainState } from "../state.ts";
import type { Placed, Tree } from "../tree.ts";
import { type BlockFields, hashBlock } from "./arithmetic.ts";
import { type Fault, isBetter, type Judge, type Judged } from "./judge.ts";
import { sameValue } from "./order_judge.ts";
import type { ChainView, HeardBlock } from "./view.ts";

/** What is kept of a run; no judge where it has no chain. */
export interface ChainRun {
  readonly judge: Judge | null;
  readonly sha256: (bytes: Uint8Array) => string;
}

export type ChainWatch = Watch<ChainView, ChainRun>;

/** The rules, by name. */
export const RULES = {
  good: "chain_blocks_are_good",
  best: "chain_best_is_most_work",
  states: "chain_states_are_folds",
  records: "chain_records_wait_or_count",
  mining: "chain_mines_behind_best",
  printed: "chain_prints_branches",
  silent: "chain_is_followed_or_silent",
} as const;

/** Blocks may be so far ahead of a clock. */
export const AHEAD_MS = 60_000;
const RECORD_LINE_BYTES = 16_384, POOL_MAX = 10_000, DEEP_REWIND = 3;
const LATE_MS = 4_000, LATE_LOOKS = 10;

/** Which effect it is that a block was refused. */
const REFUSED: Readonly<Record<Fault, string>> = {
  form: "blocks_of_no_form_refused",
  work: "blocks_without_work_refused",
  index: "blocks_of_wrong_index_refused",
  time: "blocks_of_the_past_refused",
  target: "blocks_of_easy_target_refused",
  data: "blocks_of_bad_data_refused",
  twice: "blocks_with_a_record_twice_refused",
  refused: "blocks_with_a_lost_record_refused",
};

/** What must have happened in a campaign. */
export const EFFECTS = [
  "blocks_ordered",
  "records_ordered",
  "branches_switched",
  "deep_rewinds",
  "records_returned",
  "orphans_waited",
  "orphans_placed",
  "early_blocks_waited",
  "early_blocks_placed",
  "light_branches_left",
  "equivocating_records_ordered",
  "wants_flooded",
  ...Object.values(REFUSED),
];

/** What the node of a machine says of the chain; null where it follows none, or nothing happened yet. */
export function chainOf({ machine }: Pick<ChainWatch, "machine">): ChainState | null {
  const state = machine.node.state.host.states.get(CHAIN) as ChainState | null;
  return state?.tree ? state : null;
}

/** An entry of records or blocks was delivered. */
export function seeDelivered(watch: ChainWatch, entry: Entry): void {
  const { machine, run: { judge } } = watch;
  if (judge === null || isDisputed(watch, entry)) return;
  if (machine.node.state.host.states.get(CHAIN) === null) {
    const is_own = entry.origin === machine.node.id;
    return must(!is_own, RULES.silent, () => `${machine.name} follows no chain, and speaks of it`);
  }
  if (entry.topic === "records") return hearRecords(watch, judge, entry);
  for (const item of entry.items) hearBlock(watch, judge, item, entry.origin);
}

/** Who signed two versions of an entry is heard by no app from there on. */
function isDisputed({ machine }: ChainWatch, { origin, topic, seq }: Entry): boolean {
  const { log } = machine.node.state, at = log.keys.find(logKey(origin, topic));
  const fork = at < 0 ? null : log.heads[at].fork;
  return fork !== null && seq >= forkedAt(fork);
}

function hearRecords({ view, machine, run }: ChainWatch, judge: Judge, entry: Entry): void {
  if (entry.line.length - 1 > RECORD_LINE_BYTES) return;
  const hash = run.sha256(hashedBytes(entry.line));
  for (const [place, item] of entry.items.entries()) {
    if (judge.judgeOf(item) === undefined) continue;
    view.records.set(`${hash}:${place}`, item);
    const is_news = machine.node.state.host.started && entry.origin === machine.node.id;
    if (is_news) view.own.set(`${hash}:${place}`, item);
  }
}

function hearBlock(watch: ChainWatch, judge: Judge, item: Json, origin: string): void {
  const { machine, view } = watch, verdict = judge.judge(item);
  if (verdict.kind === "bad") {
    watch.count(REFUSED[verdict.fault], 1);
    const who = watch.nameOf(origin);
    must(
      !watch.isHonest(origin),
      RULES.good,
      () => `${who} published a block that is bad (${verdict.fault}), as ${machine.name} hears`,
    );
    return;
  }
  const block = item as unknown as BlockFields;
  const hash = verdict.kind === "good" ? verdict.judged.hash : verdict.hash;
  if (!view.seen.has(hash)) {
    view.heard.set(hash, { block, orphan: false, early: false, due_ms: Infinity, looks: 0 });
  }
}

/** The state of the chain changed. */
export function seeState(watch: ChainWatch, _: unknown): void {
  const { run: { judge }, view } = watch, state = chainOf(watch);
  if (judge === null || state === null) return;
  const tree = state.tree!;
  if (view.placed !== tree.by_hash) seePlaced(watch, judge, tree);
  bestIsMostWork(watch, judge, tree);
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
    view.seen.add(hash);
    const judged = judgePlaced(judge, placed);
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
function judgePlaced(judge: Judge, placed: Placed): Judged | Fault | "no parent" {
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

/** What came with its whole branch, in time, is placed; unless it could not count. */
function seeHeard(watch: ChainWatch, judge: Judge, hash: string, heard: HeardBlock): void {
  const { machine, view, count } = watch;
  const verdict = judge.judge(heard.block as unknown as Json);
  if (verdict.kind === "bad") {
    count(REFUSED[verdict.fault], 1);
    view.heard.delete(hash);
    return;
  }
  if (!isConnected(view, judge, heard.block.prev_hash)) {
    if (!heard.orphan) count("orphans_waited", 1);
    heard.orphan = true;
    return;
  }
  const is_due = isBranchDue(view, heard, machine.node.now_ms);
  if (!is_due && !heard.early) count("early_blocks_waited", 1);
  heard.early ||= !is_due;
  if (verdict.kind === "open" || (heard.early && !isLate(heard, machine.node.now_ms))) return;
  view.heard.delete(hash);
  must(
    !isBetter(verdict.judged, view.top!),
    RULES.best,
    () => `${machine.name} did not take ${nameBlock(verdict.judged)}`,
  );
}

/** Whether a block that waited for its time should have been taken: nodes look now and then. */
function isLate(heard: HeardBlock, now_ms: number): boolean {
  if (heard.block.time > now_ms + AHEAD_MS) return false;
  heard.due_ms = Math.min(heard.due_ms, now_ms);
  // Who was stopped goes on with what came meanwhile, before it looks.
  return ++heard.looks > LATE_LOOKS && now_ms - heard.due_ms > LATE_MS;
}

/** Whether a node has, or was brought, a block and all before it. */
function isConnected(view: ChainView, judge: Judge, hash: string): boolean {
  for (let at = hash;;) {
    if (at === judge.genesis.hash || view.seen.has(at)) return true;
    const heard = view.heard.get(at);
    if (heard === undefined) return false;
    at = heard.block.prev_hash;
  }
}

/** Whether neither a block, nor one of those that wait before it, is ahead of a clock. */
export function isBranchDue(view: ChainView, heard: HeardBlock, now_ms: number): boolean {
  for (let at: HeardBlock | undefined = heard; at; at = view.heard.get(at.block.prev_hash)) {
    if (at.early || at.block.time > now_ms + AHEAD_MS) return false;
  }
  return true;
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
  recordsWaitOrCount(watch, keys, state);
}

/** Every record that came waits, or stands in the branch; none does both. */
function recordsWaitOrCount(
  { machine, view }: ChainWatch,
  keys: ReadonlySet<string>,
  { pool }: ChainState,
): void {
  const is_trimmed = pool.size >= POOL_MAX;
  for (const [key, item] of view.records) {
    const waits = pool.has(key), counts = keys.has(key);
    must(
      waits !== counts || (is_trimmed && !counts),
      RULES.records,
      () =>
        `${JSON.stringify(item)} ${waits ? "waits, and counts" : "neither waits nor counts"} at ` +
        machine.name,
    );
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

/** What is printed are blocks of branches, each behind one that was printed. */
export function seeRecord({ machine, view, run }: ChainWatch, record: Json): void {
  if (run.judge === null) return;
  const block = record as unknown as BlockFields, hash = hashBlock(block, run.sha256);
  const { prev_hash, index } = block;
  must(
    index === 1 || view.printed.size === 0 || view.printed.has(prev_hash),
    RULES.printed,
    () => `${machine.name} printed block ${index} and not the one before it`,
  );
  view.printed.add(hash);
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

/** A block, for people. */
export function nameBlock(
  { block, hash, work }: { readonly block: BlockFields; readonly hash: string; work: bigint },
): string {
  return `block ${block.index} ${hash.slice(0, 8)} with ${work} hashes`;
}
