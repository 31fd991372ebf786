/**
 * Guests are short-lived programs that use a node: they subscribe, publish in its name, and ask. They
 * have no identity and relay nothing.
 */

import type { Id, Json, Topic } from "../types.ts";
import { type Line } from "../wire/line.ts";
import { isPeer, learnHas, type Link, type Question } from "../session/link.ts";
import { sortedAccounts } from "../apps/ledger.ts";
import { draftBytes, draftItems } from "../publish/draft.ts";
import { refuser } from "../publish/publish.ts";
import { explainNobody, findNearest, findPeople } from "../membership/people.ts";
import { takePrivate } from "../unicast/sender.ts";
import { nextHop } from "../unicast/routes.ts";
import type { LogState } from "../log/log.ts";
import type { Turn } from "../state.ts";
import {
  ANSWER_BYTES_TARGET,
  DRAFT_BYTES_MAX,
  REQUESTS_PER_GUEST_MAX,
  TOPICS_PER_GUEST_MAX,
} from "../data/limits.ts";

/** A guest wants a topic, with the last `history` items, or all. */
export function takeSubscribe(
  turn: Turn,
  link: Link,
  want: { readonly t: Topic; readonly history?: number },
): void {
  const { log } = turn.state.settled;
  if (!link.cursors.has(want.t) && link.cursors.size >= TOPICS_PER_GUEST_MAX) {
    return turn.close(link.id, "too-many-topics", `at most ${TOPICS_PER_GUEST_MAX} for a guest`);
  }
  const start = historyStart(log, want.t, want.history ?? Infinity);
  const has: number[] = link.has.slice();
  // Entries before the start count as had, so that they are not told as a gap.
  if (start.cursor !== null) {
    for (const [index, seq] of start.before) learnHas(has, index, seq);
    const cursors = new Map(link.cursors).set(want.t, start.cursor);
    turn.setLink({ ...link, has, cursors });
  } else turn.setLink({ ...link, cursors: new Map(link.cursors).set(want.t, 0) });
  turn.send(link.id, { k: "from", t: want.t, skip: start.skip });
}

/** A guest hands over items. All of them are taken, or none. */
export function takePublish(
  turn: Turn,
  link: Link,
  line: Extract<Line, { k: "publish" }>,
): void {
  const { state } = turn;
  const refuse = (why: string) => turn.send(link.id, { k: "refused", i: line.i, why });
  const key = `${link.id}:${line.i}`;
  if (state.phase !== "running") return refuse("the node is not taking lines now");
  if (state.storage.fault !== null) return refuse(`the node cannot store: ${state.storage.fault}`);
  if (state.requests.has(key)) return refuse(`request ${line.i} is under way already`);
  if (draftBytes(state.drafts) > DRAFT_BYTES_MAX) return refuse("the node is busy, try again");
  if (link.open_requests >= REQUESTS_PER_GUEST_MAX) return refuse("too many requests at once");
  const items: Json[] = [];
  const refusal = refuser(turn, line.t);
  for (const [index, item] of line.b.entries()) {
    const why = refusal(item);
    if (why !== null) return refuse(line.b.length === 1 ? why : `item ${index + 1}: ${why}`);
    items.push(item);
  }
  if (items.length === 0) return refuse("nothing to publish");
  const request = {
    link: link.id,
    number: line.i,
    topic: line.t,
    ack: line.ack ?? 1,
    open: items.length,
    seq: 0,
  };
  turn.own("requests").set(key, request);
  turn.setLink({ ...link, open_requests: link.open_requests + 1 });
  draftItems(turn, line.t, items, key);
}

/** A guest hands over private messages; only the node's own user may, because they speak as the node. */
export function takePost(turn: Turn, link: Link, line: Extract<Line, { k: "post" }>): void {
  const { config, members } = turn.state;
  const refuse = (why: string) => turn.send(link.id, { k: "refused", i: line.i, why });
  if (!link.own) {
    return refuse("private messages need the node's own user on its machine; run rumor pm there");
  }
  if (link.open_requests >= REQUESTS_PER_GUEST_MAX) return refuse("too many requests at once");
  const found = findNearest(members.by_id.values(), line.to);
  if (found.length === 0 && findPeople([config], line.to).length > 0) {
    return refuse("that is this node");
  }
  if (found.length !== 1) return refuse(explainNobody(line.to, found));
  if (line.b.length === 0) return refuse("nothing to send");
  const source = { kind: "guest", link: link.id, request: line.i } as const;
  const deadline_ms = turn.now_ms + line.within;
  const why = takePrivate(turn, found[0].id, line.b, source, deadline_ms);
  if (why !== null) return refuse(why);
  turn.setLink({ ...link, open_requests: link.open_requests + 1 });
}

/**
 * A guest asks a question. One line of the answer is sent at a time; asking again with the same number
 * gets the next, so that a guest that reads nothing is owed nothing.
 */
export function takeAsk(turn: Turn, link: Link, line: Extract<Line, { k: "ask" }>): void {
  const goes_on = link.question?.number === line.i;
  const question = goes_on ? link.question! : newQuestion(turn, line);
  const r: string[][] = [];
  let bytes = 0, at = question.answered;
  for (; at < question.names.length && bytes < ANSWER_BYTES_TARGET; at++) {
    const row = ROWS[line.q](turn, question.names[at]);
    r.push(row);
    // A character takes six bytes at worst.
    for (const text of row) bytes += text.length * 6 + 4;
  }
  const more = at < question.names.length;
  turn.setLink({ ...link, question: more ? { ...question, answered: at } : null });
  turn.send(link.id, more ? { k: "answer", i: line.i, r, more } : { k: "answer", i: line.i, r });
}

function newQuestion(turn: Turn, line: Extract<Line, { k: "ask" }>): Question {
  const { settled, accounts, members, config } = turn.state;
  const question = (names: readonly string[]) => ({ number: line.i, names, answered: 0 });
  if (line.q !== "balances") {
    if (line.q === "counts") return question([...turn.state.counts.keys()].sort());
    if (line.q === "routes") return question(routedTo(turn));
    return question([config.id, ...members.by_id.keys()]);
  }
  if (line.a.length > 0) return question([...new Set(line.a)].sort());
  const { ledger } = settled, { taken_back } = ledger;
  if (accounts.names.length !== ledger.balances.size || accounts.taken_back !== taken_back) {
    turn.state.accounts = { names: sortedAccounts(ledger), taken_back };
  }
  return question(turn.state.accounts.names);
}

/** One row of the answer to each question. */
const ROWS = {
  peers: peerRow,
  balances: balanceRow,
  counts: countRow,
  routes: routeRow,
} as const;

/** Everybody to whom a way is known. */
function routedTo(turn: Turn): Id[] {
  const { state } = turn;
  return [...state.members.by_id.keys()].filter((id) => nextHop(state, id) !== null);
}

/** Origin, its name, the id of the next hop, since when in milliseconds since 1970. */
function routeRow(turn: Turn, id: Id): string[] {
  const { state } = turn;
  const name = state.members.by_id.get(id)?.name ?? "";
  const link = nextHop(state, id);
  // It was lost while the answer was read.
  if (link === null) return [id, name, "", ""];
  const since_ms = link.peer === id ? link.opened_ms : state.routes.get(id)!.since_ms;
  return [id, name, link.peer, String(Math.floor(since_ms))];
}

function countRow(turn: Turn, what: string): string[] {
  return [what, String(turn.state.counts.get(what) ?? 0)];
}

function balanceRow(turn: Turn, name: string): string[] {
  return [name, String(turn.state.settled.ledger.balances.get(name) ?? 0n)];
}

/** Id, name, address, state, since when in milliseconds since 1970, and whether there is a link. */
function peerRow(turn: Turn, id: string): string[] {
  const { config, members, address, links } = turn.state;
  if (id === config.id) return [id, config.name, address ?? "", "alive", "", "self"];
  const member = members.by_id.get(id);
  // It was forgotten while the answer was read.
  if (member === undefined) return [id, "", "", "left", "", ""];
  const direct = [...links.values()].some((link) => isPeer(link) && link.peer === id);
  const { name, state, since_ms } = member;
  return [id, name, member.address, state, String(Math.floor(since_ms)), direct ? "direct" : ""];
}

/** Where the last `history` items of a topic begin: position, items to leave out, logs before it. */
function historyStart(
  log: LogState,
  name: Topic,
  history: number,
): { cursor: number | null; skip: number; before: Map<number, number> } {
  const topic = log.topics.get(name);
  const before = new Map<number, number>();
  if (topic === undefined) return { cursor: null, skip: 0, before };
  let cursor = topic.order.end, items = 0;
  while (cursor > topic.order.first && items < history) {
    items += topic.order.get(--cursor)!.count;
  }
  // Without enough items here, what was dropped before them is missing and told as a gap.
  if (items < history) return { cursor: null, skip: 0, before };
  for (const index of topic.logs.from()) before.set(index, log.clock[index]);
  for (let at = topic.order.end - 1; at >= cursor; at--) {
    const { log: index, seq } = topic.order.get(at)!;
    before.set(index, seq - 1);
  }
  return { cursor, skip: items - history, before };
}
