/** The numbers that a broadcast is judged by. */

import type { BroadcastReport, Delivery, Traffic } from "./options.ts";

export interface Summary {
  readonly links: number;
  /** Part of all nodes that got an entry, of all entries. */
  readonly reliability: number;
  /** Nodes that did not get an entry, of all entries. */
  readonly missed: number;
  /** Messages for each time that a node got an entry from another. */
  readonly payloads_per_delivery: number;
  readonly controls_per_delivery: number;
  /** Payload messages / (nodes - 1) - 1, of the mean and of the worst entry. */
  readonly rmr: number;
  readonly rmr_max: number;
  readonly last_hop: number;
  readonly last_hop_max: number;
  /** Time to the last node: of half of all entries, of 99 in 100, of all. */
  readonly last_ms_median: number;
  readonly last_ms_p99: number;
  readonly last_ms_max: number;
  readonly traffic: Traffic;
  readonly warm_up: Traffic;
}

export function summarize({ links, deliveries, measured, warm_up }: BroadcastReport): Summary {
  const received = sum(deliveries.map(({ reached }) => reached - 1));
  const expected = sum(deliveries.map(({ alive }) => alive - 1));
  const times = deliveries.map(({ last_ms }) => last_ms).sort((a, b) => a - b);
  const of = (key: keyof Delivery & ("rmr" | "last_hop")) => deliveries.map((one) => one[key]);
  const per_delivery = (count: number) => received === 0 ? 0 : count / received;
  return {
    links,
    reliability: expected === 0 ? 1 : received / expected,
    missed: expected - received,
    payloads_per_delivery: per_delivery(measured.payload),
    controls_per_delivery: per_delivery(controlsOf(measured)),
    rmr: mean(of("rmr")),
    rmr_max: most(of("rmr")),
    last_hop: mean(of("last_hop")),
    last_hop_max: most(of("last_hop")),
    last_ms_median: quantile(times, 0.5),
    last_ms_p99: quantile(times, 0.99),
    last_ms_max: quantile(times, 1),
    traffic: measured,
    warm_up,
  };
}

/** Messages that carry no entry. */
export function controlsOf({ have, prune, graft }: Traffic): number {
  return have + prune + graft;
}

/** The least value that so large a part of the sorted values does not exceed. */
export function quantile(sorted: readonly number[], part: number): number {
  return sorted[Math.max(0, Math.ceil(part * sorted.length) - 1)] ?? 0;
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}

function mean(values: readonly number[]): number {
  return values.length === 0 ? 0 : sum(values) / values.length;
}

function most(values: readonly number[]): number {
  return values.reduce((highest, value) => Math.max(highest, value), 0);
}
