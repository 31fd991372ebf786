/** Blocks that came in logs, and are not placed yet: what came with its branch, and in time, must be. */

import { must } from "../../../../sim/campaign/violation.ts";
import { isBetter, type Judge } from "./judge.ts";
import type { ChainView, HeardBlock } from "./view.ts";
import { AHEAD_MS, type ChainWatch, nameBlock, REFUSED, RULES } from "./watch.ts";

const LATE_MS = 4_000, LATE_LOOKS = 10;

/** What came with its whole branch, in time, is placed; unless it could not count. */
export function seeHeard(watch: ChainWatch, judge: Judge, hash: string, heard: HeardBlock): void {
  const { machine, view, count } = watch;
  const verdict = judge.judgeAgain(hash, heard.block);
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
  const is_open = heard.early && (view.crowded || !isLate(heard, machine.node.now_ms));
  if (verdict.kind === "open" || is_open) return;
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
function isBranchDue(view: ChainView, heard: HeardBlock, now_ms: number): boolean {
  for (let at: HeardBlock | undefined = heard; at; at = view.heard.get(at.block.prev_hash)) {
    if (at.early || at.block.time > now_ms + AHEAD_MS) return false;
  }
  return true;
}
