/** What a node hears in the logs of records and blocks, as somebody who watches it knows, and what it prints. */

import { type Entry, hashedBytes, logKey } from "../../../../core/log/entry.ts";
import { forkedAt } from "../../../../core/log/slice.ts";
import type { Json } from "../../../../core/types.ts";
import { must } from "../../../../sim/campaign/violation.ts";
import { CHAIN } from "../../options.ts";
import { type BlockFields, hashBlock } from "./arithmetic.ts";
import type { Judge } from "./judge.ts";
import { type ChainWatch, REFUSED, RULES } from "./watch.ts";

const RECORD_LINE_BYTES = 16_384;

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
    const key = `${hash}:${place}`, { origin, seq } = entry;
    view.records.set(key, { key, origin, item, seq, line: "", place });
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

/** What is printed are blocks of branches, each behind one that was printed, by this run or one before. */
export function seeRecord({ machine, run }: ChainWatch, record: Json): void {
  if (run.judge === null) return;
  const block = record as unknown as BlockFields, { prev_hash, index } = block;
  must(
    index === 1 || machine.printed.has(`block ${prev_hash}`),
    RULES.printed,
    () => `${machine.name} printed block ${index} and not the one before it`,
  );
  machine.printed.add(`block ${hashBlock(block, run.sha256)}`);
}
