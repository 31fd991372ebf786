/** The logs of a broadcast simulation, one for each origin that spoke. All stations share them. */

import { logKey } from "../../core/log/entry.ts";
import type { Id } from "../../core/types.ts";
import type { Entry } from "./entry.ts";

/** The topic of all that is said. */
const TOPIC = "chat";
const ID_CHARS = 43;

/** A log: how many entries it has, and those that may be under way, the last ones. */
interface Log {
  readonly key: string;
  last: number;
  open: Entry[];
}

/** The id of a station: its number, as long as ids are. */
export function idOf(station: number): Id {
  return `${station}`.padStart(ID_CHARS, "0");
}

/** How far one log goes somewhere. */
export type Reach = readonly [key: string, seq: number];

export class Logs {
  /** As a node's logs are for the rules of spreading. */
  readonly heads: { readonly origin: string; readonly topic: string; readonly fork: null }[] = [];
  readonly keys = { find: (key: string): number => this.#numbers.get(key) ?? -1 };
  readonly #numbers = new Map<string, number>();
  readonly #logs: Log[] = [];

  /** The log of an origin, and the number of the next entry in it. */
  next(origin: number): { readonly log: number; readonly seq: number } {
    const id = idOf(origin), key = logKey(id, TOPIC);
    let log = this.keys.find(key);
    if (log < 0) {
      log = this.#logs.push({ key, last: 0, open: [] }) - 1;
      this.heads.push({ origin: id, topic: TOPIC, fork: null });
      this.#numbers.set(key, log);
    }
    return { log, seq: this.#logs[log].last + 1 };
  }

  /** Adds the next entry of a log. */
  add(entry: Entry): void {
    const log = this.#logs[entry.log];
    log.last = entry.seq;
    log.open.push(entry);
  }

  keyOf(log: number): string {
    return this.#logs[log].key;
  }

  /** How far a log goes, and how far it is everywhere. */
  lastOf(log: number): number {
    return this.#logs[log].last;
  }

  settledOf(log: number): number {
    const { last, open } = this.#logs[log];
    return last - open.length;
  }

  /** An entry that may be under way. */
  find(log: number, seq: number): Entry {
    return this.#logs[log].open[seq - this.settledOf(log) - 1];
  }

  /** The logs of which entries may be under way. */
  get open(): number[] {
    return [...this.#logs.keys()].filter((log) => this.#logs[log].open.length > 0);
  }

  /** Nothing is under way any more. */
  settle(): void {
    for (const log of this.#logs) log.open = [];
  }
}
