/** How far fetches are, and who brings what: for people. */

import type { Id } from "../../../core/types.ts";
import { CHUNK_BYTES } from "../limits.ts";
import type { Link } from "../link.ts";
import { holderRate } from "./holder.ts";
import { rateOf } from "./meter.ts";
import { type Fetch, isComplete, type Swarm, type Via } from "./swarm.ts";

/** How far a fetch is. */
export interface FetchProgress {
  readonly fetch: number;
  readonly link: Link;
  readonly size: number;
  /** Bytes of the file that are there and verified. */
  readonly bytes: number;
  readonly bytes_per_s: number;
  readonly is_complete: boolean;
  /** Why the disk takes nothing; null where it does. */
  readonly stuck: string | null;
  /** Who has something of it, or brought something, sorted by id. */
  readonly holders: readonly FileHolder[];
}

/** What somebody has to do with a file. */
export interface FileHolder {
  readonly peer: Id;
  /** Null for who cannot be asked now. */
  readonly via: Via | null;
  /** How many of the file's chunks it has. */
  readonly chunks: number;
  /** Bytes that it brought, hashes among them. */
  readonly bytes: number;
  /** Whether something is under way from it. */
  readonly is_asked: boolean;
}

/** What somebody sends, of all files together. */
export interface HolderRate {
  readonly peer: Id;
  readonly via: Via;
  readonly bytes_per_s: number;
  readonly asked_bytes: number;
  /** Whether it let requests wait, and is left alone for a while. */
  readonly is_resting: boolean;
}

/** How far a fetch is; null where there is none of this number. */
export function fetchProgress(swarm: Swarm, number: number, now_ms: number): FetchProgress | null {
  const file = swarm.fetches.get(number);
  if (file === undefined) return null;
  const { link, levels: [{ bytes: size }], meter, stuck } = file;
  return {
    fetch: number,
    link,
    size,
    bytes: bytesThere(file),
    bytes_per_s: isComplete(file) ? 0 : rateOf(meter, now_ms) ?? 0,
    is_complete: isComplete(file),
    stuck: stuck?.why ?? null,
    holders: holdersOf(swarm, file),
  };
}

/** Bytes of the file itself that are there. */
function bytesThere({ there: [there], levels: [{ chunks, bytes: size }] }: Fetch): number {
  const missing_bytes = chunks * CHUNK_BYTES - size;
  return there.count * CHUNK_BYTES - (there.has(chunks - 1) ? missing_bytes : 0);
}

function holdersOf(swarm: Swarm, { fetch: number, link, brought }: Fetch): FileHolder[] {
  const having = swarm.has.get(link);
  const peers = new Set([...brought.keys(), ...having?.keys() ?? []]);
  return [...peers].sort().map((peer) => {
    const holder = swarm.holders.get(peer);
    return {
      peer,
      via: holder?.via ?? null,
      chunks: having?.get(peer)?.count ?? 0,
      bytes: brought.get(peer) ?? 0,
      is_asked: holder?.asks.some((ask) => swarm.asks.get(ask)!.fetch === number) ?? false,
    };
  });
}

/** What each holder sends now, sorted by id. */
export function holderRates(swarm: Swarm, now_ms: number): HolderRate[] {
  const rates = [...swarm.holders.values()].map((holder) => {
    const { peer, via, asked_bytes, rest_ms } = holder;
    const bytes_per_s = holderRate(holder, now_ms);
    return { peer, via, bytes_per_s, asked_bytes, is_resting: rest_ms > now_ms };
  });
  return rates.sort((a, b) => (a.peer < b.peer ? -1 : 1));
}
