/**
 * What a link is sent of the log: from its cursor on, as far as its window allows, with what its peer
 * asked for behind it, and word of the gaps.
 */

import type { Gap, Id, Topic } from "../types.ts";
import { learnHas, type Link, windowOf } from "../session/link.ts";
import {
  firstKept,
  type Head,
  keptEntry,
  type LogState,
  type StoredEntry,
  type TopicState,
} from "../log/log.ts";
import { stretchBytes } from "../flow/stretches.ts";

/** What a pump found to send, and where it left the link. */
export interface Pumped {
  readonly link: Link;
  readonly entries: readonly StoredEntry[];
  /** Their lines. */
  readonly lines: readonly Uint8Array[];
  /** Entries the peer needs that are gone. */
  readonly gaps: Gap[];
}

/** Whether entries of an origin are only told of on a link. */
export type IsQuiet = (origin: Id) => boolean;

/** Streams what the link's window allows of one topic. */
export function pumpTopic(
  before: Link,
  log: LogState,
  name: Topic,
  isQuiet: IsQuiet = () => false,
): Pumped {
  const topic = log.topics.get(name);
  if (topic === undefined) return pumped(before, [], []);
  const { link, entries: grafted } = pumpGrafts(before, log, name);
  const missed = findGaps(link, log, name, topic);
  const { gaps } = missed;
  const entries = [...grafted, ...missed.entries];
  let { offered } = missed;
  let skipped: Set<number> | null = null;
  let cursor = Math.max(link.cursors.get(name) ?? startOf(link, log, topic), topic.order.first);
  let { sent_bytes, has } = link;
  for (const { line } of missed.entries) sent_bytes += line.length;
  const beside_bytes = besideBytes(link);
  // A peer must first say what becomes of a gap; entries behind it would only wait there.
  const blocked = link.role === "peer" &&
    [...offered.keys()].some((index) => log.heads[index].topic === name);
  while (!blocked && cursor < topic.order.end) {
    const stored = topic.order.get(cursor)!;
    const gap = gapBefore(link, log, stored, has[stored.log] ?? 0);
    if (gap !== null && offered.get(stored.log) !== gap.to) {
      gaps.push(gap);
      // A peer has to say first what becomes of it.
      if (link.role === "peer") {
        offered = new Map(offered).set(stored.log, gap.to);
        break;
      }
    }
    if (isQuiet(log.heads[stored.log].origin)) {
      if (!(has[stored.log] >= stored.seq)) (skipped ??= new Set(link.skipped)).add(stored.log);
    } else if (!(has[stored.log] >= stored.seq)) {
      const under_way = sent_bytes - beside_bytes;
      if (under_way > 0 && under_way + stored.line.length > windowOf(link)) break;
      entries.push(stored);
      sent_bytes += stored.line.length;
      if (link.role === "guest") {
        // A guest has no clock to tell; what was sent to it counts as had.
        if (has === link.has) has = has.slice();
        learnHas(has as number[], stored.log, stored.seq);
      }
    }
    cursor++;
  }
  if (cursor === link.cursors.get(name) && offered === link.offered) {
    return pumped(link, entries, gaps);
  }
  const cursors = new Map(link.cursors).set(name, cursor);
  const rest = { cursors, offered, sent_bytes, has, skipped: skipped ?? link.skipped };
  return pumped({ ...link, ...rest }, entries, gaps);
}

/** Streams what the peer asked for that lies behind the cursor of a topic. */
function pumpGrafts(
  link: Link,
  log: LogState,
  name: Topic,
): { readonly link: Link; readonly entries: StoredEntry[] } {
  const entries: StoredEntry[] = [];
  if (link.grafts.size === 0) return { link, entries };
  const end = link.cursors.get(name) ?? 0;
  const grafts = new Map(link.grafts), beside_bytes = besideBytes(link);
  let { sent_bytes, cursors } = link;
  for (const [index, from] of link.grafts) {
    const head: Head | undefined = log.heads[index];
    if (head?.topic !== name) continue;
    grafts.delete(index);
    if (from < firstKept(head)) {
      // What is gone is told of where a cursor begins.
      cursors = new Map(cursors);
      (cursors as Map<Topic, number>).delete(name);
      continue;
    }
    for (let seq = from;; seq++) {
      const stored = keptEntry(head, seq);
      if (stored === undefined || stored.at >= end) break;
      const under_way = sent_bytes - beside_bytes;
      if (under_way > 0 && under_way + stored.line.length > windowOf(link)) {
        grafts.set(index, seq);
        break;
      }
      entries.push(stored);
      sent_bytes += stored.line.length;
    }
  }
  return { link: { ...link, grafts, cursors, sent_bytes }, entries };
}

/** Sent bytes that do not count for the window: what others send through here keeps back no entries. */
function besideBytes({ acked_bytes, routed }: Link): number {
  return acked_bytes + stretchBytes(routed, acked_bytes);
}

function pumped(link: Link, entries: readonly StoredEntry[], gaps: Gap[]): Pumped {
  return { link, entries, lines: entries.map(({ line }) => line), gaps };
}

/** The gap before an entry, where this node itself gave up what was there. */
function gapBefore(link: Link, log: LogState, stored: StoredEntry, had: number): Gap | null {
  const { origin, topic, entries } = log.heads[stored.log];
  if (stored.seq <= had + 1) return null;
  // A peer is sent more than it has acknowledged; only before the first kept entry can a gap be.
  if (link.role === "peer" && stored.seq !== entries.first) return null;
  return { origin, topic, from: had + 1, to: stored.seq - 1 };
}

/** The logs that an acknowledgement names: of which something came, or of which the peer lacks something. */
export function logsToTell(link: Link, log: LogState): ReadonlySet<number> {
  if (link.skipped.size === 0) return link.touched;
  const logs = new Set(link.touched);
  for (const index of link.skipped) {
    if (!(link.has[index] >= log.clock[index])) logs.add(index);
  }
  return logs;
}

/** Whether a link has looked at everything in a topic, so that there is nothing to pump. */
export function isAtEnd(link: Link, log: LogState, name: Topic): boolean {
  // A log that was asked for may not be settled yet.
  for (const index of link.grafts.keys()) if (log.heads[index]?.topic === name) return false;
  // Nor is what follows on a gap known before that was accepted.
  for (const [index, to] of link.offered) {
    if (link.has[index] >= to && log.heads[index].topic === name) return false;
  }
  const cursor = link.cursors.get(name);
  return cursor !== undefined && cursor === log.topics.get(name)?.order.end;
}

/** Bytes of a topic that a link has still to look at; 0 where it keeps up. */
export function lagBytes(link: Link, name: Topic, topic: TopicState): number {
  const next = topic.order.get(Math.max(link.cursors.get(name) ?? 0, topic.order.first));
  return next === undefined ? 0 : topic.bytes - next.offset;
}

/** The position from which a peer with the link's clock must be sent a topic. */
function startOf(link: Link, log: LogState, topic: TopicState): number {
  let start = topic.order.end;
  for (const index of topic.logs.from()) {
    const { entries } = log.heads[index];
    const next: StoredEntry | undefined = entries.get(
      Math.max((link.has[index] ?? 0) + 1, entries.first),
    );
    if (next !== undefined && next.at < start) start = next.at;
  }
  return start;
}

/** What a cursor that was overtaken has missed: only looked for where that may be. */
function findGaps(link: Link, log: LogState, name: Topic, topic: TopicState): Missed {
  const cursor = link.cursors.get(name);
  let offered = link.offered;
  if (link.role === "peer" && offered.size > 0) {
    const open = [...offered].filter(([index, to]) => !(link.has[index] >= to));
    if (open.length < offered.size) offered = new Map(open);
  }
  const missed: Missed = { offered, gaps: [], entries: [] };
  // Behind a gap that was accepted may be an entry that has no place in the order any more.
  const accepted = offered !== link.offered;
  if (!accepted && cursor !== undefined && cursor >= topic.order.first) return missed;
  const next = new Map(offered);
  for (const index of topic.logs.from()) {
    const head = log.heads[index];
    const to = (link.role === "guest" ? head.entries.first : firstKept(head)) - 1;
    const from = (link.has[index] ?? 0) + 1;
    if (from <= to && next.get(index) !== to) {
      missed.gaps.push({ origin: head.origin, topic: name, from, to });
      next.set(index, to);
    }
    // The last entry of a log outlives its place in the order of the topic.
    const { last, entries } = head;
    if (link.role === "peer" && entries.length === 0 && last?.seq === from) {
      missed.entries.push(last);
    }
  }
  return missed.gaps.length > 0 ? { ...missed, offered: next } : missed;
}

interface Missed {
  readonly offered: ReadonlyMap<number, number>;
  readonly gaps: Gap[];
  readonly entries: StoredEntry[];
}
