/**
 * When the chain of a healed network is done: all whose clocks are right follow one branch, every record
 * that came to somebody who mines counts or has lost its place, whoever waited was answered, every loser
 * was told, and nobody mines any more but who mines always.
 */

import { sameValue } from "./order_judge.ts";
import { applyRecord, initialStates, isRefused } from "../../order.ts";
import { branchFrom, type Tree } from "../../tree.ts";
import { isBetter, type Judge } from "./judge.ts";
import { AHEAD_MS, chainOf, type ChainWatch, nameBlock } from "./watch.ts";

/** Clocks that differ by less are right: nobody's blocks are ahead of them. */
const CLOCK_MS = 20_000;
/** So long it is waited for blocks of the future. */
const SOON_MS = 15_000;

/** Why it is not done yet, or null. */
export function unsettled(left: readonly ChainWatch[], now_ms: number): string | null {
  const followers = left.filter((watch) =>
    chainOf(watch) !== null && Math.abs(watch.machine.node.now_ms - now_ms) < CLOCK_MS
  );
  const judge = followers[0]?.run.judge ?? null;
  if (judge === null) return null;
  const mines = followers.some((watch) => chainOf(watch)!.options.mine !== "never");
  for (const watch of followers) {
    const why = difference(watch, followers[0]) ?? missed(watch, judge) ??
      (mines ? undone(watch, judge) : null);
    if (why !== null) return why;
  }
  return foldFault(followers[0]);
}

function difference(one: ChainWatch, other: ChainWatch): string | null {
  const [a, b] = [one, other].map((watch) => chainOf(watch)!.tree!.best);
  if (a.hash === b.hash) return null;
  return `${one.machine.name} follows ${nameBlock(a)}, ${other.machine.name} ${nameBlock(b)}`;
}

/** Whether a block would count that is not taken although its time has come, or comes soon. */
function missed({ machine: { name, node }, view }: ChainWatch, judge: Judge): string | null {
  for (const [hash, { block, early }] of view.heard) {
    const verdict = judge.judgeAgain(hash, block);
    if (!early || view.crowded || verdict.kind !== "good") continue;
    if (block.time > node.now_ms + AHEAD_MS + SOON_MS) continue;
    if (!isBetter(verdict.judged, view.top ?? judge.genesis)) continue;
    return `${name} leaves out ${nameBlock(verdict.judged)}, whose time has come`;
  }
  return null;
}

/** What is still to be done at a node, where somebody mines. */
function undone(watch: ChainWatch, judge: Judge): string | null {
  const { machine: { name, node }, view } = watch, state = chainOf(watch)!;
  const { options: { mine }, waits, mining, tree } = state;
  const last = judge.find(tree!.best.hash)!, keys = judge.keysOf(last);
  for (const [key, record] of view.records) {
    const { item } = record, is_open = !keys.has(key) && judge.hasPlace(last, record);
    if (mine !== "never" && is_open) return `${JSON.stringify(item)} waits at ${name}`;
    if (!view.own.has(key) || keys.has(key)) continue;
    const text = judge.judgeOf(item)?.lossText?.(item) ?? null;
    if (text === null) continue;
    const is_told = node.notices.some((one) => one.kind === "told" && one.text.startsWith(text));
    if (!is_told) return `${name} was not told that ${text}`;
  }
  if (waits.length > 0) return `${name} was not answered about ${waits[0].item}`;
  return mine === "auto" && mining !== null ? `${name} mines on` : null;
}

/** The states of all apps are those of the branch, folded from its first block on. */
function foldFault(watch: ChainWatch): string | null {
  const { best, order }: Tree = chainOf(watch)!.tree!;
  let states = initialStates(order);
  for (const { records, block: { index } } of branchFrom(best, 1)) {
    for (const record of records) {
      const next = applyRecord(order, states, record, index);
      if (isRefused(next)) return `${watch.machine.name} holds a record that has no place`;
      states = next;
    }
  }
  const is_same = [...states].every(([name, state]) => sameValue(state, best.states.get(name)));
  return is_same ? null : `${watch.machine.name} holds states that are no folds of its branch`;
}
