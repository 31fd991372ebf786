/**
 * What a link is sent of the log: from its cursor on, as far as its window allows, with what its peer
 * asked for behind it, and word of the gaps.
 */

import type { Id, Topic } from "../types.ts";
import type { Gap } from "../data/stored.ts";
import { besideBytes, type Outward } from "../flow/slice.ts";
import {
  firstKept,
  type Head,
  keptEntry,
  type LogState,
  PRESENCE,
  type StoredEntry,
  type TopicState,
} from "../log/slice.ts";
import { NO_LOG, openLogs, type Replica, ReplicaEdit } from "./slice.ts";

/** Whether entries of an origin are only told of on a link. */
export type IsLazy = (origin: Id) => boolean;

/** What a link may be sent. */
export interface PumpOptions {
  readonly is_guest: boolean;
  readonly outward: Outward;
  /** How many bytes may be under way. */
  readonly window_bytes: number;
  readonly isLazy?: IsLazy;
}

/** Streams to one link, topic by topic. */
export class Pump {
  /** What was found to send. */
  readonly entries: StoredEntry[] = [];
  /** Entries the peer needs that are gone. */
  readonly gaps: Gap[] = [];
  /** Whether there is more of which the peer is only to be told. */
  announces = false;
  readonly #edit: ReplicaEdit;
  readonly #log: LogState;
  readonly #is_guest: boolean;
  readonly #window_bytes: number;
  readonly #isLazy: IsLazy;
  /** Bytes under way that count for the window. */
  #under_way: number;

  constructor(edit: ReplicaEdit, log: LogState, options: PumpOptions) {
    this.#edit = edit;
    this.#log = log;
    this.#is_guest = options.is_guest;
    this.#window_bytes = options.window_bytes;
    this.#isLazy = options.isLazy ?? (() => false);
    this.#under_way = options.outward.sent_bytes - besideBytes(options.outward);
  }

  /** Bytes of what was found to send. */
  get bytes(): number {
    return this.entries.reduce((sum, { line }) => sum + line.length, 0);
  }

  /** Streams what the window allows of one topic. */
  topic(name: Topic): void {
    const topic = this.#log.topics.get(name);
    if (topic === undefined) return;
    this.#sendWanted(name);
    this.#findGaps(name, topic);
    const edit = this.#edit;
    const begun = edit.cursor(name) ?? startOf((index) => edit.log(index).has, this.#log, topic);
    let cursor = Math.max(begun, topic.order.first);
    const end = this.#isBlocked(name) ? cursor : topic.order.end;
    for (; cursor < end; cursor++) {
      const stored = topic.order.get(cursor)!;
      if (!this.#offerGap(stored) || !this.#send(stored)) break;
    }
    edit.moveCursor(name, cursor);
  }

  /** A peer must first say what becomes of a gap; entries behind it would only wait there. */
  #isBlocked(name: Topic): boolean {
    if (this.#is_guest) return false;
    const { heads } = this.#log;
    return this.#edit.open(({ offered }) => offered > 0)
      .some(([index]) => heads[index].topic === name);
  }

  /** Sends an entry, or notes that the peer is to be told of it; false where the window is full. */
  #send(stored: StoredEntry): boolean {
    const edit = this.#edit, { log: index, seq, line } = stored;
    if (edit.log(index).has >= seq) return true;
    if (this.#isLazy(this.#log.heads[index].origin)) {
      if (!edit.log(index).announced) edit.change(index, { announced: true });
      this.announces = true;
      return true;
    }
    if (!this.#hasRoom(line.length)) return false;
    this.#take(stored);
    // A guest has no clock to tell; what was sent to it counts as had.
    if (this.#is_guest) edit.learn(index, seq);
    return true;
  }

  /** Tells of the gap before an entry, if there is one; false where a peer has to answer first. */
  #offerGap(stored: StoredEntry): boolean {
    const { log: index, seq } = stored, { has, offered } = this.#edit.log(index);
    const { origin, topic, entries } = this.#log.heads[index];
    if (seq <= has + 1) return true;
    // A peer is sent more than it has acknowledged; only before the first kept entry can a gap be.
    if (!this.#is_guest && seq !== entries.first) return true;
    if (offered === seq - 1) return true;
    this.gaps.push({ origin, topic, from: has + 1, to: seq - 1 });
    if (this.#is_guest) return true;
    this.#edit.change(index, { offered: seq - 1 });
    return false;
  }

  /** Streams what the peer asked for that lies behind the cursor of a topic. */
  #sendWanted(name: Topic): void {
    const edit = this.#edit;
    for (const [index, { wanted }] of edit.open((log) => log.wanted > 0)) {
      const head: Head | undefined = this.#log.heads[index];
      if (head?.topic !== name) continue;
      edit.change(index, { wanted: this.#sendFrom(head, wanted, edit.cursor(name) ?? 0) });
      // What is gone is told of where a cursor begins.
      if (wanted < firstKept(head)) edit.moveCursor(name, null);
    }
  }

  /** Sends a log from a number on up to a position; gives the next number where the window is full. */
  #sendFrom(head: Head, from: number, end: number): number {
    if (from < firstKept(head)) return 0;
    for (let seq = from;; seq++) {
      const stored = keptEntry(head, seq);
      if (stored === undefined || stored.at >= end) return 0;
      if (!this.#hasRoom(stored.line.length)) return seq;
      this.#take(stored);
    }
  }

  /** What a cursor that was overtaken has missed: only looked for where that may be. */
  #findGaps(name: Topic, topic: TopicState): void {
    const cursor = this.#edit.cursor(name);
    // Behind a gap that was accepted may be an entry that has no place in the order any more.
    const accepted = this.#closeGaps(name);
    if (!accepted && cursor !== undefined && cursor >= topic.order.first) return;
    for (const index of topic.logs.from()) {
      const head = this.#log.heads[index];
      const { has, offered } = this.#edit.log(index);
      const to = (this.#is_guest ? head.entries.first : firstKept(head)) - 1;
      if (has < to && offered !== to) {
        this.gaps.push({ origin: head.origin, topic: name, from: has + 1, to });
        // A guest does not answer.
        if (this.#is_guest) this.#edit.learn(index, to);
        else this.#edit.change(index, { offered: to });
      }
      // The last entry of a log outlives its place in the order of the topic.
      const { last, entries } = head;
      if (!this.#is_guest && entries.length === 0 && last?.seq === has + 1) this.#take(last);
    }
  }

  /** Forgets the gaps of a topic that the peer accepted; whether there are any. */
  #closeGaps(name: Topic): boolean {
    if (this.#is_guest) return false;
    const { heads } = this.#log;
    const closed = this.#edit.open(({ offered, has }) => offered > 0 && has >= offered)
      .filter(([index]) => heads[index].topic === name);
    for (const [index] of closed) this.#edit.change(index, { offered: 0 });
    return closed.length > 0;
  }

  /** One entry may always be under way, however large. */
  #hasRoom(bytes: number): boolean {
    return this.#under_way <= 0 || this.#under_way + bytes <= this.#window_bytes;
  }

  #take(stored: StoredEntry): void {
    this.entries.push(stored);
    this.#under_way += stored.line.length;
  }
}

/** The logs that an acknowledgement names: of which something came, or of which the peer lacks something. */
export function logsToTell(replica: Replica, log: LogState): Set<number> {
  const open = openLogs(replica, ({ touched, announced }) => touched || announced);
  const lacks = ([index, { touched, has }]: typeof open[number]) =>
    touched || !(has >= log.clock[index]);
  return new Set(open.filter(lacks).map(([index]) => index));
}

/** Whether a link has looked at everything in a topic, so that there is nothing to pump. */
export function isAtEnd(replica: Replica, log: LogState, name: Topic): boolean {
  for (const index of replica.open) {
    const { wanted, offered, has } = replica.logs.get(index) ?? NO_LOG;
    // A log that was asked for may not be settled yet; nor is what follows on a gap known before
    // that was accepted.
    const more = wanted > 0 || (offered > 0 && has >= offered);
    if (more && log.heads[index]?.topic === name) return false;
  }
  const cursor = replica.cursors.get(name);
  return cursor !== undefined && cursor === log.topics.get(name)?.order.end;
}

/** The topics that a link has news of; who is there matters more than what was said. */
export function topicsToStream(replica: Replica, log: LogState, is_guest: boolean): Topic[] {
  if (!replica.streaming) return [];
  const topics: Topic[] = [];
  const add = (name: Topic) => {
    if (!isAtEnd(replica, log, name)) topics.push(name);
  };
  if (is_guest) { for (const name of replica.cursors.keys()) add(name); }
  else {
    add(PRESENCE);
    for (const name of log.topics.keys()) if (name !== PRESENCE) add(name);
  }
  return topics;
}

/** Bytes of a topic that a link has still to look at; 0 where it keeps up. */
export function lagBytes({ cursors }: Replica, name: Topic, topic: TopicState): number {
  const next = topic.order.get(Math.max(cursors.get(name) ?? 0, topic.order.first));
  return next === undefined ? 0 : topic.bytes - next.offset;
}

/** The position from which a peer with a given clock must be sent a topic. */
function startOf(
  has: (index: number) => number,
  log: LogState,
  topic: TopicState,
): number {
  let start = topic.order.end;
  for (const index of topic.logs.from()) {
    const { entries } = log.heads[index];
    const next: StoredEntry | undefined = entries.get(Math.max(has(index) + 1, entries.first));
    if (next !== undefined && next.at < start) start = next.at;
  }
  return start;
}
