/**
 * What a link needs besides where lines may be lost, come twice, or overtake each other. The clocks
 * repair it: an entry that was sent and that the peer's clock does not cover after a while is sent
 * again. So there is no numbering of datagrams and no second acknowledgement.
 *
 * The while is smoothed as in RFC 6298 (V. Paxson and others, 2011), from pings, which say their own
 * time, so that it does not matter which copy was answered. The window grows and shrinks as in M.
 * Allman, V. Paxson, E. Blanton, RFC 5681, but shrinks gently: here loss is seldom congestion.
 */

import type { StoredEntry } from "../log/slice.ts";
import {
  LOSSY_ACK_MS,
  LOSSY_GREET_MS,
  LOSSY_GREET_MS_MAX,
  LOSSY_WINDOW_BYTES_MIN,
  RESEND_MS,
  RESEND_MS_MAX,
  RESEND_MS_MIN,
  WINDOW_BYTES,
} from "../data/limits.ts";

/** An entry that was sent, and that the peer is not known to have. */
export interface Flight {
  readonly stored: StoredEntry;
  /** When it was sent last. */
  readonly sent_ms: number;
}

/** What it takes to make up for the lost lines of one link. */
export interface Lossy {
  /** In the order in which they were sent last. */
  readonly flight: readonly Flight[];
  readonly flight_bytes: number;
  /** How many bytes may be in flight. */
  readonly window_bytes: number;
  readonly timing: Timing;
  readonly words: Words;
  /** When the next ping is due. */
  readonly ping_ms: number;
  /** When this node last acknowledged something. */
  readonly reported_ms: number;
  /** Logs in the acknowledgement before: said once more in the next, in case it was lost. */
  readonly reported: ReadonlySet<number>;
}

/** How long a line and its answer take, and how much gets lost. */
export interface Timing {
  /** Time from a ping to its pong, smoothed, and how much it varies; 0 before the first. */
  readonly smoothed_ms: number;
  readonly varied_ms: number;
  /** How often the time to send again was doubled. */
  readonly doubled: number;
  /** When something was last found to be lost, and whether anything was covered since. */
  readonly lost_ms: number;
  readonly progressed: boolean;
}

/** What is said again until it is answered. */
export interface Words {
  /** The first clock, as long as the peer has not shown that it has it. */
  readonly first_clock: readonly Uint8Array[];
  /** Whether the peer was asked for its list of peers, and has not answered. */
  readonly wants_peers: boolean;
  /** When the greeting, or the first clock, is said again; and the pause after that. */
  readonly repeat_ms: number;
  readonly pause_ms: number;
}

/** A lossy link that just opened. */
export function newLossy(now_ms: number): Lossy {
  return {
    flight: [],
    flight_bytes: 0,
    window_bytes: 2 * LOSSY_WINDOW_BYTES_MIN,
    timing: { smoothed_ms: 0, varied_ms: 0, doubled: 0, lost_ms: 0, progressed: false },
    words: {
      first_clock: [],
      wants_peers: false,
      repeat_ms: now_ms + LOSSY_GREET_MS,
      pause_ms: LOSSY_GREET_MS,
    },
    ping_ms: now_ms,
    reported_ms: 0,
    reported: new Set(),
  };
}

/** How long an entry may be under way before it counts as lost. */
export function resendPause({ timing }: Lossy): number {
  const { smoothed_ms, varied_ms, doubled } = timing;
  const usual_ms = smoothed_ms === 0
    ? RESEND_MS
    // The peer takes its time to acknowledge, too.
    : Math.max(RESEND_MS_MIN, smoothed_ms + 4 * varied_ms + 2 * LOSSY_ACK_MS);
  return Math.min(RESEND_MS_MAX, usual_ms * 2 ** doubled);
}

/** A ping was answered after a while. */
export function noteRoundTrip(lossy: Lossy, time_ms: number): Lossy {
  const { smoothed_ms, varied_ms } = lossy.timing;
  const taken_ms = Math.min(Math.max(1, time_ms), RESEND_MS_MAX);
  const measured = smoothed_ms === 0 ? { smoothed_ms: taken_ms, varied_ms: taken_ms / 2 } : {
    smoothed_ms: smoothed_ms * 7 / 8 + taken_ms / 8,
    varied_ms: varied_ms * 3 / 4 + Math.abs(smoothed_ms - taken_ms) / 4,
  };
  return { ...lossy, timing: { ...lossy.timing, ...measured } };
}

/** Entries were sent for the first time. */
export function noteSent(lossy: Lossy, entries: readonly StoredEntry[], now_ms: number): Lossy {
  if (entries.length === 0) return lossy;
  const flight = [...lossy.flight, ...entries.map((stored) => ({ stored, sent_ms: now_ms }))];
  return { ...lossy, flight, flight_bytes: bytesOf(flight) };
}

/** Takes out of the flight what the peer has; the same reference where that is nothing. */
export function landFlight(lossy: Lossy, has: (log: number) => number): Lossy {
  const flight = lossy.flight.filter(({ stored }) => has(stored.log) < stored.seq);
  if (flight.length === lossy.flight.length) return lossy;
  const flight_bytes = bytesOf(flight);
  const landed_bytes = lossy.flight_bytes - flight_bytes;
  const window_bytes = Math.min(WINDOW_BYTES, lossy.window_bytes + landed_bytes / 2);
  const timing = { ...lossy.timing, progressed: true, doubled: 0 };
  return { ...lossy, flight, flight_bytes, window_bytes, timing };
}

/** What counts as lost by now, and the flight as it is once that was sent again. */
export function resendDue(lossy: Lossy, now_ms: number): [Lossy, readonly StoredEntry[]] {
  const pause_ms = resendPause(lossy);
  const isDue = ({ sent_ms }: Flight) => now_ms >= sent_ms + pause_ms;
  // The flight is in the order of its times, so most looks end at the first.
  if (lossy.flight.length === 0 || !isDue(lossy.flight[0])) return [lossy, []];
  const due = lossy.flight.filter(isDue).map(({ stored }) => stored);
  const flight = [
    ...lossy.flight.filter((one) => !isDue(one)),
    ...due.map((stored) => ({ stored, sent_ms: now_ms })),
  ];
  // What is found lost within one pause was lost together, and counts once.
  if (now_ms < lossy.timing.lost_ms + pause_ms) return [{ ...lossy, flight }, due];
  const window_bytes = Math.max(LOSSY_WINDOW_BYTES_MIN, lossy.window_bytes * 7 / 8);
  const doubled = lossy.timing.progressed ? 0 : lossy.timing.doubled + 1;
  const timing = { ...lossy.timing, doubled, progressed: false, lost_ms: now_ms };
  return [{ ...lossy, flight, window_bytes, timing }, due];
}

/** When something in flight counts as lost; Infinity while nothing is in flight. */
export function resendAt(lossy: Lossy): number {
  return lossy.flight.length === 0 ? Infinity : lossy.flight[0].sent_ms + resendPause(lossy);
}

/** The greeting was said again; the next time comes a little later. */
export function noteRepeated(lossy: Lossy, now_ms: number): Lossy {
  const pause_ms = Math.min(LOSSY_GREET_MS_MAX, lossy.words.pause_ms * 3 / 2);
  return { ...lossy, words: { ...lossy.words, repeat_ms: now_ms + pause_ms, pause_ms } };
}

/** The numbers of these logs will mean others. */
export function forgetFlight(lossy: Lossy, indices: ReadonlySet<number>): Lossy {
  const flight = lossy.flight.filter(({ stored }) => !indices.has(stored.log));
  const reported = new Set([...lossy.reported].filter((index) => !indices.has(index)));
  return { ...lossy, flight, flight_bytes: bytesOf(flight), reported };
}

function bytesOf(flight: readonly Flight[]): number {
  return flight.reduce((sum, { stored }) => sum + stored.line.length, 0);
}
