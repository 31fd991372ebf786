/**
 * Judges the blocks of a run: whether each is good behind the one that it names, and which branch
 * counts. That depends on nothing but the blocks, so one judge serves all nodes. It has read
 * docs/chain.md, and asks no node.
 */

import type { Env, Json } from "../../../../core/types.ts";
import { decodeEntry, hashedBytes, signedBytes } from "../../../../core/log/entry.ts";
import type { RunTools } from "../../../../sim/campaign/app_rules.ts";
import { orderOf } from "../../app.ts";
import {
  asBlock,
  type BlockFields,
  due,
  easiest,
  hashBlock,
  hashesFor,
  numberOf,
  textOf,
} from "./arithmetic.ts";
import { dataJudge } from "./data_judge.ts";
import { foldingJudge, type JudgedRecord, type OrderJudge } from "./order_judge.ts";
import { type ChainSetup, FLOOR_HASHES } from "./setup.ts";

/** What may be wrong with a block. */
export const FAULTS = [
  "form",
  "work",
  "index",
  "time",
  "target",
  "data",
  "twice",
  "refused",
] as const;
export type Fault = typeof FAULTS[number];

/** A good block whose branch is known down to the first one. */
export interface Judged {
  readonly block: BlockFields;
  readonly hash: string;
  readonly parent: Judged | null;
  /** Of the whole branch. */
  readonly work: bigint;
  readonly records: readonly JudgedRecord[];
  /** What each app makes of the branch, by its name. */
  readonly states: ReadonlyMap<string, unknown>;
}

export type Verdict =
  | { readonly kind: "good"; readonly judged: Judged }
  | { readonly kind: "bad"; readonly fault: Fault }
  /** Nobody has shown the block before it. */
  | { readonly kind: "open"; readonly hash: string; readonly parent: string };

const LINE_BYTES = 16_384, DATA_CHARS = 98_304, RECORDS = "records";
const encoder = new TextEncoder();

export class Judge {
  readonly judges: readonly OrderJudge[];
  readonly genesis: Judged;
  readonly #pace: { readonly block_time_ms: number; readonly floor_hashes: number };
  readonly #env: Pick<Env, "sha256" | "verify">;
  readonly #kinds: ReadonlyMap<string, OrderJudge>;
  readonly #good = new Map<string, Judged>();
  readonly #bad = new Map<string, Fault>();
  /** The keys of the records of a branch, by its last block. */
  readonly #keys = new WeakMap<Judged, ReadonlySet<string>>();

  constructor({ sha256, verify, network, setup, apps, rules }: RunTools) {
    const { block_time_ms } = setup as ChainSetup, floor_hashes = FLOOR_HASHES;
    this.#env = { sha256, verify };
    this.#pace = { block_time_ms, floor_hashes };
    const given = [dataJudge, ...rules.flatMap(({ judge }) => judge ? [judge as OrderJudge] : [])];
    const judged = orderOf(apps).map((rule) => {
      return { rule, judge: given.find(({ name }) => name === rule.name) ?? foldingJudge(rule) };
    });
    this.judges = judged.map(({ judge }) => judge);
    this.#kinds = new Map(
      judged.flatMap(({ rule: { kinds }, judge }) => kinds.map((kind) => [kind, judge] as const)),
    );
    const block: BlockFields = {
      index: 0,
      prev_hash: "0".repeat(64),
      data: { network, block_time_ms, floor_hashes },
      nonce: 0,
      time: 0,
      target: textOf(easiest(0, floor_hashes)),
    };
    const states = new Map(this.judges.map(({ name, initial }) => [name, initial]));
    const work = hashesFor(numberOf(block.target)), hash = hashBlock(block, sha256);
    this.genesis = { block, hash, parent: null, work, records: [], states };
    this.#good.set(hash, this.genesis);
  }

  /** A block that was found good before. */
  find(hash: string): Judged | undefined {
    return this.#good.get(hash);
  }

  /** What is to be thought of a block that came before, and was not bad by itself. */
  judgeAgain(hash: string, block: BlockFields): Verdict {
    const judged = this.#good.get(hash), parent = block.prev_hash;
    if (judged !== undefined) return { kind: "good", judged };
    // Without the parent there is no news, and many wait for one that never comes.
    if (!this.#good.has(parent)) return { kind: "open", hash, parent };
    return this.judge(block as unknown as Json);
  }

  /** The judge of an item, where it has the form of a record. */
  judgeOf(item: Json): OrderJudge | undefined {
    if (typeof item !== "object" || item === null || Array.isArray(item)) return undefined;
    const { k } = item as Record<string, Json>;
    const judge = Object.hasOwn(item, "k") ? this.#kinds.get(k as string) : undefined;
    return judge?.isForm(item) ? judge : undefined;
  }

  /** What is to be thought of a value that was said to be a block. */
  judge(value: Json): Verdict {
    const block = asBlock(value);
    if (block === null || block.index === 0) return { kind: "bad", fault: "form" };
    const hash = hashBlock(block, this.#env.sha256);
    const known = this.#good.get(hash), bad = this.#bad.get(hash);
    if (known !== undefined) return { kind: "good", judged: known };
    if (bad !== undefined) return { kind: "bad", fault: bad };
    const parent = this.#good.get(block.prev_hash), lonely = this.#lonelyFault(block, hash);
    if (lonely === null && parent === undefined) {
      return { kind: "open", hash, parent: block.prev_hash };
    }
    const found = lonely ?? this.#judgeBehind(block, hash, parent!);
    if (typeof found === "string") {
      this.#bad.set(hash, found);
      return { kind: "bad", fault: found };
    }
    this.#good.set(hash, found);
    return { kind: "good", judged: found };
  }

  /** Whether a record has a place behind a branch that does not hold it. */
  hasPlace({ states, block: { index } }: Judged, record: JudgedRecord): boolean {
    const judge = this.judgeOf(record.item)!;
    return judge.take(states.get(judge.name), record, index + 1) !== null;
  }

  /** The keys of all records of a branch. */
  keysOf(last: Judged): ReadonlySet<string> {
    const known = this.#keys.get(last);
    if (known !== undefined) return known;
    const keys = new Set<string>();
    for (let at: Judged | null = last; at !== null; at = at.parent) {
      for (const { key } of at.records) keys.add(key);
    }
    this.#keys.set(last, keys);
    return keys;
  }

  #lonelyFault({ index, target }: BlockFields, hash: string): Fault | null {
    const number = numberOf(target);
    if (number > easiest(index, this.#pace.floor_hashes)) return "target";
    return numberOf(hash) > number ? "work" : null;
  }

  #judgeBehind(block: BlockFields, hash: string, parent: Judged): Judged | Fault {
    const last = parent.block, { index, time, target, data } = block;
    if (index !== last.index + 1) return "index";
    if (time <= last.time) return "time";
    const solve_ms = parent.parent === null ? null : last.time - parent.parent.block.time;
    if (numberOf(target) !== due(last, solve_ms, this.#pace)) return "target";
    const records = this.#recordsIn(data);
    if (records === null) return "data";
    const states = this.#statesBehind(parent, records, index);
    if (typeof states === "string") return states;
    const work = parent.work + hashesFor(numberOf(target));
    return { block, hash, parent, work, records, states };
  }

  #statesBehind(
    parent: Judged,
    records: readonly JudgedRecord[],
    index: number,
  ): Judged["states"] | Fault {
    const keys = new Set(this.keysOf(parent)), states = new Map(parent.states);
    for (const record of records) {
      if (keys.has(record.key)) return "twice";
      keys.add(record.key);
      const judge = this.judgeOf(record.item);
      if (judge === undefined) return "refused";
      const state = judge.take(states.get(judge.name), record, index);
      if (state === null) return "refused";
      states.set(judge.name, state);
    }
    return states;
  }

  /** The records in a block's data; null where it is no list of them, or one of them is forged. */
  #recordsIn(data: Json): JudgedRecord[] | null {
    if (!Array.isArray(data) || JSON.stringify(data).length > DATA_CHARS) return null;
    const records: JudgedRecord[] = [];
    for (const part of data) {
      if (!Array.isArray(part) || part.length !== 2) return null;
      const [line, places] = part;
      if (typeof line !== "string" || !Array.isArray(places) || places.length === 0) return null;
      const bytes = encoder.encode(line);
      if (bytes.length > LINE_BYTES) return null;
      const entry = decodeEntry(bytes);
      if (typeof entry === "string" || entry.topic !== RECORDS) return null;
      const { origin, signature, seq, items } = entry;
      if (!this.#env.verify(origin, signedBytes(entry), signature)) return null;
      const hash = this.#env.sha256(hashedBytes(entry.line));
      for (const place of places) {
        if (!Number.isSafeInteger(place) || Object.is(place, -0)) return null;
        const item = items[place as number];
        if (item === undefined) return null;
        const key = `${hash}:${place}`;
        records.push({ key, origin, item, seq, line, place: place as number });
      }
    }
    return records;
  }
}

/** Whether a branch counts instead of another: more work, then the earlier, then the smaller hash. */
export function isBetter(one: Judged, other: Judged): boolean {
  if (one.work !== other.work) return one.work > other.work;
  if (one.block.time !== other.block.time) return one.block.time < other.block.time;
  return one.hash < other.hash;
}
