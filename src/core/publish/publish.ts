/**
 * What this node says itself. Items gather in a draft; each tick makes of them as few entries as
 * possible. One signature at a time, because the next entry names the hash of the one before.
 */

import type { Event, Id, Json, Source, Topic } from "../types.ts";
import { encodeUnsigned, type EntryFields, logKey, sealEntry } from "../log/entry.ts";
import { insertEntries, LEDGER, PRESENCE } from "../log/log.ts";
import { isPeer } from "../session/link.ts";
import { isWellFormed } from "../data/json_scan.ts";
import { refuseTransaction, type Transaction } from "../apps/ledger.ts";
import { takeDelivered } from "../host/deliver.ts";
import { textFault } from "../apps/chat.ts";
import { draftItems, itemBytes, setDraft } from "./draft.ts";
import { HERE } from "../broadcast/branch.ts";
import { noteFirst } from "../broadcast/spreading.ts";
import type { DraftItem, NodeState, Turn } from "../state.ts";
import {
  ENTRY_BYTES_TARGET,
  ENTRY_DEPS_MAX,
  ENTRY_ITEMS_MAX,
  ITEM_JSON_BYTES_MAX,
  LINE_BYTES_MAX,
  TOPICS_MAX,
} from "../data/limits.ts";

/** The user's own items. Bad ones are refused by their tag, the rest go on. */
export function publishLocal(turn: Turn, event: Extract<Event, { kind: "publish" }>): void {
  if (turn.state.phase === "done") return;
  const good: Json[] = [];
  const refuse = refuser(turn, event.topic);
  for (const [index, item] of event.items.entries()) {
    const why = refuse(item);
    if (why === null) good.push(item);
    else {
      const source: Source = { kind: "local", tag: event.first_tag + index };
      turn.notice({ kind: "refused", source, why });
    }
  }
  draftItems(turn, event.topic, good, "");
}

/** Tells of one item after the other why it may not be published here, or null. */
export function refuser(turn: Turn, topic: Topic): (item: Json) => string | null {
  // Transactions that are not applied yet: drafted, or earlier in the same batch.
  const ahead = new Map<string, Transaction>();
  const remember = (item: Json) => {
    const transaction = item as Partial<Transaction>;
    if (transaction.id !== undefined) ahead.set(transaction.id, transaction as Transaction);
  };
  const { topics } = turn.state.log;
  const is_full = !topics.has(topic) && topics.size >= TOPICS_MAX && topic !== LEDGER;
  if (topic === LEDGER) {
    for (const { item } of turn.state.drafts.get(LEDGER)?.items ?? []) remember(item);
  }
  return (item) => {
    if (itemBytes(item) > ITEM_JSON_BYTES_MAX) {
      return `more than ${ITEM_JSON_BYTES_MAX} bytes as JSON`;
    }
    if (!isWellFormed(item)) return "not valid Unicode";
    if (topic === PRESENCE) return "the topic presence is the nodes' own";
    if (is_full) return "there are too many topics here already";
    if (topic !== LEDGER) return textFault(item);
    const why = refuseTransaction(
      (id) => turn.state.ledger.by_id.get(id) ?? ahead.get(id),
      item,
    );
    if (why === null) remember(item);
    return why;
  };
}

/** Begins the next entry of each draft that has none under way. */
export function sealDrafts(turn: Turn): void {
  // A key that may have signed more than is known here signs nothing yet, or nothing more.
  if (turn.state.renewing || turn.state.stale) return;
  for (const topic of turn.state.drafts.keys()) sealDraft(turn, topic);
}

/** An own entry was signed: it is delivered here like everywhere. */
export function takeSigned(turn: Turn, topic: Topic, signature: string): void {
  const { state } = turn;
  const draft = state.drafts.get(topic);
  if (draft === undefined || draft.signing === null) {
    throw new Error(`Nothing of ${topic} was to be signed`);
  }
  const { fields, unsigned } = draft.signing;
  const entry = sealEntry(fields, unsigned, signature);
  const own = state.log.keys.find(logKey(state.config.id, topic));
  if (fields.seq !== (state.log.clock[own] ?? 0) + 1) {
    // Meanwhile an own entry came back from before the node's data were lost: sign behind that.
    setDraft(turn, topic, { ...draft, signing: null });
    return sealDraft(turn, topic);
  }
  const [log, output] = insertEntries(state.log, [entry], turn.now_ms, turn.env);
  // Its cause are entries that were delivered; anything else is a bug, not an accident.
  if (output.delivered[0]?.entry !== entry) throw new Error("An own entry was not delivered");
  state.log = log;
  noteFirst(turn, HERE, [entry]);
  finishRequests(turn, draft.items.slice(0, entry.items.length), entry.seq);
  const items = draft.items.slice(entry.items.length);
  const bytes = items.reduce((sum, one) => sum + one.bytes, 0);
  setDraft(turn, topic, items.length > 0 ? { items, bytes, signing: null } : null);
  takeDelivered(turn, output.delivered);
  sealDraft(turn, topic);
}

/** Answers the guests whose items are held by as many nodes as they asked for. */
export function answerRequests(turn: Turn): void {
  for (const [key, request] of turn.state.requests) {
    const link = turn.state.links.get(request.link);
    const held = link === undefined ? 0 : holders(turn, request.topic, request.seq);
    if (link !== undefined && (request.open > 0 || held < request.ack)) continue;
    turn.own("requests").delete(key);
    if (link === undefined) continue;
    turn.setLink({ ...link, open_requests: link.open_requests - 1 });
    turn.send(link.id, { k: "published", i: request.number, held });
  }
}

/** Whether a guest, or the end of this node, waits until others hold something. */
export function isAckAwaited(state: NodeState): boolean {
  if (state.phase === "leaving" || state.phase === "goodbye") return true;
  for (const request of state.requests.values()) if (request.ack > 1) return true;
  return false;
}

function sealDraft(turn: Turn, topic: Topic): void {
  const draft = turn.state.drafts.get(topic);
  if (draft === undefined || draft.signing !== null) return;
  let count = itemsThatFit(draft.items);
  let fields = nextFields(turn, topic, draft.items.slice(0, count));
  let unsigned = encodeUnsigned(fields);
  // The sizes were estimates; escapes can make an entry longer.
  while (unsigned.length > LINE_BYTES_MAX - 128 && count > 1) {
    count = Math.ceil(count / 2);
    fields = nextFields(turn, topic, draft.items.slice(0, count));
    unsigned = encodeUnsigned(fields);
  }
  if (unsigned.length > LINE_BYTES_MAX - 128) {
    throw new Error("An item was drafted that fits no line");
  }
  setDraft(turn, topic, { ...draft, signing: { fields, unsigned } });
  turn.effect({ kind: "sign", purpose: { kind: "entry", topic }, bytes: unsigned });
}

function itemsThatFit(items: readonly DraftItem[]): number {
  let bytes = 0, count = 0;
  while (count < items.length && count < ENTRY_ITEMS_MAX) {
    bytes += items[count].bytes;
    if (bytes > ENTRY_BYTES_TARGET && count > 0) break;
    count++;
  }
  return count;
}

function nextFields(turn: Turn, topic: Topic, drafted: readonly DraftItem[]): EntryFields {
  const { log, config } = turn.state;
  const index = log.keys.find(logKey(config.id, topic));
  const head = index < 0 ? null : log.heads[index];
  let deps: (readonly [Id, number])[] = [...(log.topics.get(topic)?.fresh ?? [])];
  // More causes than fit are spread over entries that carry nothing else.
  const only_deps = deps.length > ENTRY_DEPS_MAX;
  if (only_deps) deps = deps.slice(0, ENTRY_DEPS_MAX);
  return {
    origin: config.id,
    topic,
    seq: (index < 0 ? 0 : log.clock[index]) + 1,
    previous: head?.hash ?? "",
    time_ms: turn.now_ms,
    first: head?.next_item ?? 1,
    deps,
    items: only_deps ? [] : drafted.map((one) => one.item),
  };
}

function finishRequests(turn: Turn, sealed: readonly DraftItem[], seq: number): void {
  for (const { request: key } of sealed) {
    const request = key === "" ? undefined : turn.state.requests.get(key);
    if (request === undefined) continue;
    turn.own("requests").set(key, { ...request, open: request.open - 1, seq });
  }
}

/** How many nodes are known to hold an own entry: this one and its peers. */
function holders(turn: Turn, topic: Topic, seq: number): number {
  const { config, links } = turn.state;
  const { log } = turn.state.settled;
  const index = log.keys.find(logKey(config.id, topic));
  if (index < 0 || seq === 0 || log.clock[index] < seq) return 0;
  const ids = new Set<Id>();
  for (const link of links.values()) {
    if (isPeer(link) && link.has[index] >= seq) ids.add(link.peer);
  }
  return 1 + ids.size;
}
