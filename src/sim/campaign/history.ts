/** Everything that was ever signed or delivered in a run, as somebody who sees all nodes knows it. */

import type { Env, Id, Json } from "../../core/types.ts";
import { decodeStored, type Entry, hashedBytes, logKey, sameBytes } from "../../core/log/entry.ts";

/** An entry that exists. */
export interface Known {
  readonly entry: Entry;
  /** What its origin had delivered of the topic when it signed, by log; null where it may lie. */
  readonly past: Past | null;
  /** SHA-256 of its line; made when somebody needs it. */
  hash: string;
  /** Whether others may have seen it: a crash must not make it unsaid. */
  shown: boolean;
}

export type Past = readonly (readonly [string, number])[];

interface Signed {
  readonly unsigned: Uint8Array;
  readonly past: Past;
}

export class History {
  /** By log, by number. */
  readonly #logs = new Map<string, Known[]>();
  /** Logs of which an origin that lost what it had signed some number anew. */
  readonly split = new Set<string>();
  /** What honest nodes signed, by log and number. */
  readonly #signed = new Map<string, Signed[]>();

  constructor(readonly sha256: Env["sha256"]) {}

  /** An honest node signs. */
  noteSigned(key: string, seq: number, unsigned: Uint8Array, past: Past): void {
    const place = `${key}#${seq}`, signed = this.#signed.get(place) ?? [];
    signed.push({ unsigned, past });
    this.#signed.set(place, signed);
  }

  /** The entry with a number, as it was first delivered anywhere. */
  find(key: string, seq: number): Known | undefined {
    return this.#logs.get(key)?.[seq];
  }

  /** Remembers an entry of an honest origin; null where that never signed it. */
  addHonest(key: string, line: Uint8Array): Known | null {
    const entry = decodeStored(line);
    const signed = this.#signed.get(`${key}#${entry.seq}`)?.find(({ unsigned }) =>
      sameBytes(unsigned, line.subarray(0, unsigned.length)) &&
      unsigned.length + SEAL_BYTES === line.length
    );
    return signed === undefined ? null : this.#add(key, entry, signed.past);
  }

  /** Remembers an entry of an origin that may lie. */
  addAny(key: string, line: Uint8Array): Known {
    return this.#add(key, decodeStored(line), null);
  }

  /** What nobody else has seen of an origin's logs is lost with it. */
  forgetUnshown(isOf: (origin: Id) => boolean): void {
    for (const known of this.#logs.values()) {
      while (known.length > 0) {
        const last = known[known.length - 1];
        if (last !== undefined && (last.shown || !isOf(last.entry.origin))) break;
        known.pop();
      }
    }
  }

  hashOf(known: Known): string {
    return known.hash ||= this.sha256(hashedBytes(known.entry.line));
  }

  /** Items of a log, in order, as far as they are known. */
  itemsOf(origin: Id, topic: string): Json[] {
    const known = this.#logs.get(logKey(origin, topic)) ?? [];
    return known.flatMap((one) => one?.entry.items ?? []);
  }

  /** An entry of which there are several versions; not remembered. */
  read(line: Uint8Array): Known {
    return { entry: decodeStored(line), past: null, hash: "", shown: true };
  }

  #add(key: string, entry: Entry, past: Past | null): Known {
    const known: Known = { entry, past, hash: "", shown: false };
    let log = this.#logs.get(key);
    if (log === undefined) this.#logs.set(key, log = []);
    log[entry.seq] = known;
    return known;
  }
}

/** Bytes of `,"z":"<signature>"}` and the newline. */
const SEAL_BYTES = 95;
