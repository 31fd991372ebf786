/** How fast something flows. */

/** What was measured, and what came since then. */
export interface Meter {
  /** Null before anything was measured. */
  readonly bytes_per_s: number | null;
  readonly since_ms: number;
  readonly bytes: number;
}

/** What came in a shorter time says little. */
const SAMPLE_MS_MIN = 50;
/** How long old measures count: after this time they make up a third. */
const MEMORY_MS = 1_000;

export function newMeter(now_ms: number): Meter {
  return { bytes_per_s: null, since_ms: now_ms, bytes: 0 };
}

/** Something came. */
export function measure(meter: Meter, bytes: number, now_ms: number): Meter {
  const sum = meter.bytes + bytes, time_ms = now_ms - meter.since_ms;
  if (time_ms < SAMPLE_MS_MIN) return { ...meter, bytes: sum };
  return { bytes_per_s: rateOf({ ...meter, bytes: sum }, now_ms), since_ms: now_ms, bytes: 0 };
}

/** From now on it counts again, after a time in which nothing could come. */
export function resume(meter: Meter, now_ms: number): Meter {
  return { ...meter, since_ms: now_ms, bytes: 0 };
}

/** Bytes a second, with what came since it was measured; null where nothing is known. */
export function rateOf({ bytes_per_s, since_ms, bytes }: Meter, now_ms: number): number | null {
  const time_ms = now_ms - since_ms;
  if (time_ms < SAMPLE_MS_MIN) return bytes_per_s;
  const rate = bytes * 1_000 / time_ms;
  if (bytes_per_s === null) return rate;
  const weight = 1 - Math.exp(-time_ms / MEMORY_MS);
  return bytes_per_s + weight * (rate - bytes_per_s);
}
