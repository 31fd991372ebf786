/**
 * The chain as an app: records wait in a pool, blocks order them, and the branch of most work says what
 * counts. A node that follows no chain passes its entries on like those of any topic, and no more.
 */

import type { Json } from "../../core/types.ts";
import type { AppendLog } from "../../core/data/append_log.ts";
import { type App, type AppEvent, type AppOut, type AppView, asApp } from "../../core/host/app.ts";
import { difficultyOf, isBlock } from "./blockchain.ts";
import { BLOCKS, takeBlock, takeEarly } from "./blocks.ts";
import { DATA } from "./data.ts";
import { tellLosers } from "./losers.ts";
import { AHEAD_MS } from "./limits.ts";
import { answerWithout, takeMessage } from "./messages.ts";
import { nextLookAt, steer, takeMined } from "./mining.ts";
import { answerCatching, takeNewest } from "./newest.ts";
import { CHAIN, optionsOf } from "./options.ts";
import type { OrderRule } from "./order.ts";
import { askAgain } from "./orphans.ts";
import { takeRecord } from "./pool.ts";
import { beginPrinting, takeKept } from "./printed.ts";
import { RECORD_LINE_BYTES_MAX, RECORDS } from "./record.ts";
import { type ChainState, newState } from "./state.ts";
import { branchFrom, lonelyFault, type Tree } from "./tree.ts";
import { trimPool } from "./trim.ts";
import { ChainTurn } from "./turn.ts";
import { answerWaits, bindWaits, dropWaits, endWaits, publishFault, takeRequest } from "./waits.ts";

/** Null at nodes that follow no chain. */
type State = ChainState | null;

/** What apps that build on the chain may look at; null where the node follows none. */
export type ChainOffer = Pick<ChainState, "pool" | "waits"> & { readonly tree: Tree };

const NO_CHAIN = "this node follows no chain; rumor chain starts one that does";

export const chain: App = asApp<State>({
  name: CHAIN,
  topics: [
    // What is longer no block may hold.
    { topic: RECORDS, whole: true, entry_bytes_max: RECORD_LINE_BYTES_MAX },
    { topic: BLOCKS, whole: true },
  ],
  requests: "say",
  initial: (config, apps) => {
    const options = optionsOf(config);
    return options === null ? null : newState(options, orderOf(apps));
  },
  refuse: (state) => (item) => state === null ? NO_CHAIN : itemFault(state, item),
  reduce: (state, event, view) =>
    state === null ? [null, reactWithout(event)] : react(state, event, view),
  offers: (state): ChainOffer | null =>
    state?.tree ? { tree: state.tree, pool: state.pool, waits: state.waits } : null,
  records: (state) => state?.printed as unknown as AppendLog<Json>,
  questions: {
    chain: {
      right: "read",
      names: (state) => names(state),
      row: (state, name) => row(state, name),
    },
    blocks: {
      right: "read",
      names: (state, [from]) => blocksOf(state, Number(from ?? 0)),
      row: (state, hash) => [JSON.stringify(state!.tree!.by_hash.get(hash)!.block)],
    },
  },
});

/** Own items that were handed over and are no records yet, each once. */
export function comingItems({ waits }: Pick<ChainOffer, "waits">): Json[] {
  const texts = waits.flatMap(({ key, item }) => key === null ? [item] : []);
  return [...new Set(texts)].map((text) => JSON.parse(text));
}

/** What the chain, and the apps that build on it, say of records. */
export function orderOf(apps: readonly App[]): readonly OrderRule[] {
  const others = apps.flatMap(({ order, builds_on }) =>
    builds_on?.includes(CHAIN) && order !== undefined ? [order as OrderRule] : []
  );
  return [DATA, ...others];
}

function react(
  before: ChainState,
  event: AppEvent,
  view: AppView,
): readonly [State, readonly AppOut[]] {
  const turn = new ChainTurn(before, view);
  switch (event.kind) {
    case "delivered":
      for (const item of event.items) {
        if (item.topic === BLOCKS) takeBlock(turn, item.item, item.origin);
        else bindWaits(turn, item, takeRecord(turn, item));
      }
      trimPool(turn);
      break;
    case "message":
      takeMessage(turn, event.from, event.items);
      break;
    case "worked":
      if (event.done) takeMined(turn, event.tag, event.result, event.fault);
      break;
    case "request":
      takeRequest(turn, event);
      break;
    case "forked":
      // Who signed two versions is heard in two ways: what only others heard comes from them.
      if (event.topic !== BLOCKS) return [before, []];
      takeNewest(turn, { kind: "app", app: CHAIN, tag: 0 });
      break;
    case "gone":
      dropWaits(turn, event.link);
      break;
    case "woken":
      endWaits(turn);
      takeEarly(turn);
      askAgain(turn);
      break;
    case "restored":
      takeKept(turn, event.kept);
      break;
    case "started":
      turn.state.started = true;
      beginPrinting(turn);
      break;
    default:
      return [before, []];
  }
  const { tree, waits } = turn.state;
  const is_switched = tree!.best !== before.tree?.best;
  if (is_switched || waits !== before.waits) answerWaits(turn);
  if (is_switched) tellLosers(turn);
  answerCatching(turn);
  steer(turn);
  wakeAgain(turn);
  return turn.finish();
}

function wakeAgain(turn: ChainTurn): void {
  const { early, orphans, catching, waits } = turn.state;
  let at_ms = nextLookAt(turn);
  // The first is due first; a time that each event puts off would never come.
  if (early.length > 0) at_ms = Math.min(at_ms, early[0].block.time - AHEAD_MS);
  for (const { until_ms } of catching) at_ms = Math.min(at_ms, until_ms);
  for (const { ask_ms } of orphans.values()) at_ms = Math.min(at_ms, ask_ms);
  for (const { deadline_ms } of waits) at_ms = Math.min(at_ms, deadline_ms);
  if (at_ms < Infinity) turn.out({ kind: "wake", at_ms });
}

/** What a node does that follows no chain. */
function reactWithout(event: AppEvent): readonly AppOut[] {
  if (event.kind === "message") return answerWithout(event.from, event.items);
  if (event.kind !== "request") return [];
  return [{ kind: "answer", source: event.source, why: NO_CHAIN }];
}

/** Why an item may not be published in the topics of the chain, or null. */
function itemFault(state: ChainState, item: Json): string | null {
  const { tree } = state, fault = publishFault(state, item);
  if (fault === null) return null;
  const is_good = tree !== null && isBlock(item) && lonelyFault(tree.rules, item) === null;
  return is_good ? null : fault;
}

/** One row: length, difficulty, the last hash, records that wait; none where no chain is followed. */
function names(state: State): readonly string[] {
  return state?.tree ? ["chain"] : [];
}

function row(state: State, _name: string): readonly string[] {
  const { tree, pool } = state!, { best, rules } = tree!;
  const difficulty = difficultyOf({ rules, blocks: [best.block] });
  return [String(best.block.index + 1), String(difficulty), best.hash, String(pool.size)];
}

function blocksOf(state: State, from: number): readonly string[] {
  if (!state?.tree) return [];
  return branchFrom(state.tree.best, Number.isSafeInteger(from) ? from : 0).map(({ hash }) => hash);
}
