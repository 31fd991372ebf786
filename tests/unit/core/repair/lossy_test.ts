import { assert, assertEquals } from "@std/assert";
import {
  forgetFlight,
  landFlight,
  type Lossy,
  newLossy,
  noteRepeated,
  noteRoundTrip,
  noteSent,
  resendAt,
  resendDue,
  resendPause,
} from "../../../../src/core/repair/lossy.ts";
import type { StoredEntry } from "../../../../src/core/log/slice.ts";
import {
  LOSSY_ACK_MS,
  LOSSY_GREET_MS,
  LOSSY_GREET_MS_MAX,
  LOSSY_WINDOW_BYTES_MIN,
  RESEND_MS,
  RESEND_MS_MAX,
  RESEND_MS_MIN,
  WINDOW_BYTES,
} from "../../../../src/core/data/limits.ts";
import { deepFreeze } from "../../../helpers/deep_freeze.ts";

function stored(log: number, seq: number, bytes = 100): StoredEntry {
  const line = new Uint8Array(bytes);
  return { log, seq, first: seq, count: 1, line, at: 0, offset: 0, arrival: 0 };
}

function sent(...entries: readonly StoredEntry[]): Lossy {
  return deepFreeze(noteSent(newLossy(0), entries, 1_000));
}

/** How far a peer has each log. */
function clock(...seqs: readonly number[]): (log: number) => number {
  return (log) => seqs[log] ?? 0;
}

function numbers(entries: readonly StoredEntry[]): string[] {
  return entries.map(({ log, seq }) => `${log}/${seq}`);
}

Deno.test("landFlight() takes out what the clock covers, however it came there", () => {
  const lossy = sent(stored(0, 1), stored(0, 2), stored(1, 7, 50));
  assertEquals(lossy.flight_bytes, 250);
  const landed = landFlight(lossy, clock(1, 9));
  assertEquals(numbers(landed.flight.map((one) => one.stored)), ["0/2"]);
  assertEquals(landed.flight_bytes, 100);
  assert(landed.window_bytes > lossy.window_bytes);
});

Deno.test("landFlight() returns the same where nothing landed", () => {
  const lossy = sent(stored(0, 2), stored(3, 1));
  assertEquals(landFlight(lossy, clock(1)) === lossy, true);
  assertEquals(landFlight(lossy, clock()) === lossy, true);
});

Deno.test("landFlight() never lets the window grow over what every link may have", () => {
  let lossy = sent(stored(0, 1, WINDOW_BYTES));
  for (let seq = 1; seq < 20; seq++) {
    lossy = landFlight(noteSent(lossy, [stored(0, seq, WINDOW_BYTES)], 1), clock(seq));
  }
  assertEquals(lossy.window_bytes, WINDOW_BYTES);
});

Deno.test("resendDue() gives what was under way for too long, and only once a pause", () => {
  const lossy = noteSent(sent(stored(0, 1)), [stored(0, 2)], 1_100);
  assertEquals(resendAt(lossy), 1_000 + RESEND_MS);
  assertEquals(resendDue(lossy, 1_000 + RESEND_MS - 1)[1], []);
  const [again, due] = resendDue(lossy, 1_000 + RESEND_MS);
  assertEquals(numbers(due), ["0/1"]);
  // What was sent again stands behind the others now.
  assertEquals(numbers(again.flight.map((one) => one.stored)), ["0/2", "0/1"]);
  assertEquals(again.flight_bytes, lossy.flight_bytes);
  assertEquals(resendDue(again, 1_000 + RESEND_MS)[1], []);
});

Deno.test("resendDue() waits twice as long each time while nothing lands, up to a limit", () => {
  let lossy = sent(stored(0, 1)), now_ms = 1_000;
  const pauses: number[] = [];
  for (let round = 0; round < 7; round++) {
    const due_ms = resendAt(lossy);
    pauses.push(due_ms - now_ms);
    now_ms = due_ms;
    lossy = resendDue(lossy, now_ms)[0];
  }
  assertEquals(pauses, [200, 400, 800, 1_600, 2_000, 2_000, 2_000]);
  assertEquals(resendPause(lossy), RESEND_MS_MAX);
  const landed = landFlight(noteSent(lossy, [stored(1, 1)], now_ms), clock(0, 1));
  assertEquals(resendPause(landed), RESEND_MS);
});

Deno.test("resendDue() makes the window smaller, but never too small", () => {
  let lossy = sent(stored(0, 1));
  const before = lossy.window_bytes;
  lossy = resendDue(lossy, 10_000)[0];
  assert(lossy.window_bytes < before);
  for (let round = 1; round < 50; round++) lossy = resendDue(lossy, 10_000 * (round + 1))[0];
  assertEquals(lossy.window_bytes, LOSSY_WINDOW_BYTES_MIN);
});

Deno.test("noteRoundTrip() lets the pause follow the link", () => {
  let near = newLossy(0), far = newLossy(0);
  assertEquals(resendPause(near), RESEND_MS);
  for (let count = 0; count < 50; count++) {
    near = noteRoundTrip(near, 1);
    far = noteRoundTrip(far, 400);
  }
  assertEquals(resendPause(near), RESEND_MS_MIN);
  assert(resendPause(far) > 400 + LOSSY_ACK_MS && resendPause(far) < 500);
  // One late answer makes it careful.
  assert(resendPause(noteRoundTrip(far, 1_000)) > 900);
});

Deno.test("noteRepeated() asks less and less often", () => {
  let lossy = newLossy(0);
  assertEquals(lossy.words.repeat_ms, LOSSY_GREET_MS);
  for (let count = 0; count < 10; count++) lossy = noteRepeated(lossy, 1_000);
  assertEquals(lossy.words.repeat_ms, 1_000 + LOSSY_GREET_MS_MAX);
});

Deno.test("forgetFlight() forgets logs whose numbers will mean others", () => {
  const lossy = { ...sent(stored(0, 1), stored(1, 1)), reported: new Set([0, 1]) };
  const left = forgetFlight(lossy, new Set([0]));
  assertEquals(numbers(left.flight.map((one) => one.stored)), ["1/1"]);
  assertEquals([left.flight_bytes, [...left.reported]], [100, [1]]);
});
