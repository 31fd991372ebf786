/**
 * What must hold of everything that a node asks for: books of its own about what the node was told, and
 * nothing of how it decides.
 */

import type { Id } from "../../../core/types.ts";
import {
  ASKS_PER_HOLDER_MAX,
  CHUNK_BYTES,
  DUPLICATE_PART_MAX,
  HASH_BYTES,
  HORIZON_PIECES,
  PATIENCE_MS_MAX,
  PIECE_CHUNKS,
  ROUTED_ASKS_MAX,
  ROUTED_CHUNKS_MAX,
  STUCK_RETRY_MS,
  WINDOW_BYTES_MAX,
  WINDOW_START_BYTES,
} from "../limits.ts";
import { type Link, parseLink } from "../link.ts";
import type { Range } from "../tasks.ts";
import { type Level, levelsOf, spanOf } from "../tree.ts";
import type { SwarmEvent, SwarmOut, Via } from "../swarm/swarm.ts";

/** What is demanded, by name. */
export const RULES = {
  had: "only who has it is asked",
  hashes: "hashes come before what they are of",
  lazy: "hashes come no earlier than they are needed",
  missing: "nothing is asked for that is there",
  honest: "who sent something wrong is not asked again",
  window: "windows are kept",
  twice: "little is asked for twice",
  losers: "what came otherwise is cancelled",
  once: "a file is complete once, and when all is there",
  patience: "nobody waits for ever",
  disk: "a full disk is tried once a second",
  ends: "a file that can be had is had",
  pace: "it takes no longer than it must",
} as const;

export type Rule = keyof typeof RULES;

/** Of so many chunks one chunk of hashes says what they must be. */
const FAN_OUT = CHUNK_BYTES / HASH_BYTES;
/** Time between two looks at what waits. */
const SLACK_MS = 600;
/** Hashes that may be there before the chunks that they are of are taken, in chunks of them. */
const EARLY_LISTS_MAX = HORIZON_PIECES * PIECE_CHUNKS / FAN_OUT + 16;

/** Thrown where something does not hold. */
export class Broken extends Error {
  constructor(readonly rule: Rule, what: string) {
    super(`${RULES[rule]}: ${what}`);
  }
}

interface JudgedFile {
  readonly link: Link;
  readonly levels: readonly Level[];
  /** By levels: what is there. */
  readonly there: readonly Set<number>[];
  twice_bytes: number;
  is_complete: boolean;
  is_stuck: boolean;
  tried_ms: number;
}

interface JudgedHolder {
  readonly via: Via;
  has_answered: boolean;
}

interface JudgedAsk {
  readonly fetch: number;
  readonly peer: Id;
  readonly range: Range;
  readonly bytes: number;
  readonly sent_ms: number;
}

export class SwarmJudge {
  readonly #files = new Map<number, JudgedFile>();
  readonly #holders = new Map<Id, JudgedHolder>();
  readonly #asks = new Map<number, JudgedAsk>();
  /** By link and peer: whether it has a chunk. */
  readonly #has = new Map<string, Set<number> | null>();
  readonly #wrong = new Set<string>();

  /** Requests under way. */
  get asks(): ReadonlyMap<number, JudgedAsk> {
    return this.#asks;
  }

  /** Whether all of a file is there. */
  isComplete(fetch_number: number): boolean {
    return this.#files.get(fetch_number)!.is_complete;
  }

  /** Throws `Broken` where a node does what it must not. */
  take(event: SwarmEvent, outs: readonly SwarmOut[], now_ms: number): void {
    const asked = event.kind === "got" ? this.#asks.get(event.ask)?.fetch : undefined;
    this.#hear(event, now_ms);
    for (const out of outs) this.#see(out, now_ms);
    this.#checkAsks(now_ms);
    const touched = new Set(outs.flatMap((out) => out.kind === "ask" ? [out.fetch] : []));
    for (const number of touched) this.#checkLazy(number);
    const file = this.#files.get(event.kind === "begun" ? event.fetch : asked ?? 0);
    if (file !== undefined && !file.is_complete && isWhole(file)) {
      throw new Broken("once", `${file.link} is not told`);
    }
  }

  #hear(event: SwarmEvent, now_ms: number): void {
    switch (event.kind) {
      case "begun": {
        const { size } = parseLink(event.link)!, levels = levelsOf(size);
        const there = levels.map((_, level) => setOf(event.has[level] ?? []));
        this.#files.set(event.fetch, {
          link: event.link,
          levels,
          there,
          twice_bytes: 0,
          is_complete: false,
          is_stuck: false,
          tried_ms: -Infinity,
        });
        return;
      }
      case "holder":
        this.#holders.set(event.peer, { via: event.via, has_answered: false });
        return;
      case "lost":
        this.#holders.delete(event.peer);
        for (const key of [...this.#has.keys()]) {
          if (key.endsWith(` ${event.peer}`)) this.#has.delete(key);
        }
        return;
      case "has": {
        this.#has.set(`${event.link} ${event.peer}`, event.has === null ? null : setOf(event.has));
        return;
      }
      case "got":
        return this.#hearGot(event, now_ms);
      case "failed":
        this.#asks.delete(event.ask);
        return;
      case "stopped":
        this.#files.delete(event.fetch);
    }
  }

  #hearGot({ ask: number, got }: SwarmEvent & { kind: "got" }, now_ms: number): void {
    const ask = this.#asks.get(number);
    if (ask === undefined) return;
    this.#asks.delete(number);
    const file = this.#files.get(ask.fetch)!, { level, first, count } = ask.range;
    const holder = this.#holders.get(ask.peer)!;
    if (got.good.length > 0 || got.stuck !== null) holder.has_answered = true;
    for (const chunk of setOf(got.good)) {
      if (chunk >= first && chunk < first + count) file.there[level].add(chunk);
    }
    if (got.wrong) this.#wrong.add(`${file.link} ${ask.peer}`);
    if (got.stuck !== null) [file.is_stuck, file.tried_ms] = [true, now_ms];
    else if (got.good.length > 0) file.is_stuck = false;
    const key = `${file.link} ${ask.peer}`;
    if (got.why === null || got.wrong || got.stuck !== null || !this.#has.has(key)) return;
    const has = this.#has.get(key) ?? allOf(file.levels[0]),
      span = FAN_OUT ** level,
      good = setOf(got.good);
    for (let chunk = first; chunk < first + count; chunk++) {
      if (good.has(chunk)) continue;
      for (let at = chunk * span; at < (chunk + 1) * span; at++) has.delete(at);
    }
    this.#has.set(key, has);
  }

  #see(out: SwarmOut, now_ms: number): void {
    switch (out.kind) {
      case "ask":
        return this.#seeAsk(out, now_ms);
      case "cancel":
        this.#asks.delete(out.ask);
        return;
      case "complete": {
        const file = this.#files.get(out.fetch)!;
        if (file.is_complete) throw new Broken("once", `${out.fetch} is complete again`);
        if (!isWhole(file)) throw new Broken("once", `${out.fetch} is not complete`);
        file.is_complete = true;
      }
    }
  }

  #seeAsk({ ask, fetch: number, peer, via, range }: SwarmOut & { kind: "ask" }, now_ms: number) {
    const file = this.#files.get(number)!, key = `${file.link} ${peer}`;
    const what = `${range.count} from ${range.level}.${range.first} of ${peer}`;
    if (this.#holders.get(peer)?.via !== via) throw new Broken("had", `${what}: no holder`);
    if (this.#wrong.has(key)) throw new Broken("honest", what);
    this.#checkRange(file, key, range, what);
    const bytes = bytesOf(file, range);
    for (const other of this.#asks.values()) {
      if (other.fetch === number) file.twice_bytes += sharedBytes(file, other.range, range);
    }
    if (file.twice_bytes > file.levels[0].bytes * DUPLICATE_PART_MAX) {
      throw new Broken("twice", what);
    }
    if (file.is_stuck) {
      if (now_ms - file.tried_ms < STUCK_RETRY_MS) throw new Broken("disk", what);
      for (const other of this.#asks.values()) {
        if (other.fetch === number) throw new Broken("disk", `${what}: another is under way`);
      }
    }
    this.#asks.set(ask, { fetch: number, peer, range, bytes, sent_ms: now_ms });
    this.#checkWindow(peer, what);
  }

  #checkRange(file: JudgedFile, key: string, range: Range, what: string): void {
    const { level, first, count } = range, has = this.#has.get(key), span = FAN_OUT ** level;
    if (count < 1 || first + count > file.levels[level].chunks) throw new Broken("had", what);
    for (let chunk = first; chunk < first + count; chunk++) {
      if (file.there[level].has(chunk)) throw new Broken("missing", what);
      const above = file.there[level + 1];
      if (above !== undefined && !above.has(Math.floor(chunk / FAN_OUT))) {
        throw new Broken("hashes", what);
      }
      if (has === null) continue;
      if (has === undefined) throw new Broken("had", what);
      let is_had = false;
      for (let at = chunk * span; at < (chunk + 1) * span && !is_had; at++) is_had = has.has(at);
      if (!is_had) throw new Broken("had", what);
    }
  }

  #checkWindow(peer: Id, what: string): void {
    const { via, has_answered } = this.#holders.get(peer)!;
    const asks = [...this.#asks.values()].filter((ask) => ask.peer === peer);
    const bytes = asks.reduce((sum, ask) => sum + ask.bytes, 0);
    const is_routed = via === "routed";
    // Those are counted, and not measured.
    const most = has_answered || is_routed ? WINDOW_BYTES_MAX : WINDOW_START_BYTES;
    const chunks_max = is_routed ? ROUTED_CHUNKS_MAX : PIECE_CHUNKS;
    if (
      bytes > most || asks.length > (is_routed ? ROUTED_ASKS_MAX : ASKS_PER_HOLDER_MAX) ||
      asks.some(({ range }) => range.count > chunks_max)
    ) throw new Broken("window", `${what}: ${bytes} in ${asks.length}`);
  }

  #checkAsks(now_ms: number): void {
    for (const { fetch: number, range: { level, first, count }, sent_ms } of this.#asks.values()) {
      const file = this.#files.get(number);
      if (file === undefined) throw new Broken("losers", `of ${number}, which was stopped`);
      if (now_ms - sent_ms > PATIENCE_MS_MAX + SLACK_MS) throw new Broken("patience", `${first}`);
      let is_there = true;
      for (let at = first; at < first + count && is_there; at++) {
        is_there = file.there[level].has(at);
      }
      if (is_there || file.is_complete) throw new Broken("losers", `${level}.${first}`);
    }
  }

  /** Hashes that are asked for lie near to chunks that are there or under way. */
  #checkLazy(number: number): void {
    const [chunks, lists] = this.#files.get(number)!.there;
    const pending = [...this.#asks.values()].filter((ask) => ask.fetch === number);
    const asked = pending.filter(({ range: { level } }) => level === 1)
      .reduce((sum, { range: { count } }) => sum + count, 0);
    const taken = pending.filter(({ range: { level } }) => level === 0)
      .reduce((sum, { range: { count } }) => sum + count, chunks.size);
    const needed = Math.ceil(taken / FAN_OUT) + EARLY_LISTS_MAX;
    if (asked > 0 && lists.size + asked > needed) throw new Broken("lazy", `of ${number}`);
  }
}

function setOf(runs: readonly (readonly [number, number])[]): Set<number> {
  const set = new Set<number>();
  for (const [first, count] of runs) for (let at = first; at < first + count; at++) set.add(at);
  return set;
}

function allOf({ chunks }: Level): Set<number> {
  return setOf([[0, chunks]]);
}

function isWhole({ there, levels }: JudgedFile): boolean {
  return there[0].size === levels[0].chunks;
}

/** Bytes that are in two ranges. */
function sharedBytes(file: JudgedFile, a: Range, b: Range): number {
  const first = Math.max(a.first, b.first);
  const end = Math.min(a.first + a.count, b.first + b.count);
  if (a.level !== b.level || first >= end) return 0;
  return bytesOf(file, { level: a.level, first, count: end - first });
}

function bytesOf({ levels }: JudgedFile, { level, first, count }: Range): number {
  return spanOf(levels[level], first, count).bytes;
}
