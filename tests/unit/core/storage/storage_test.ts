import { assert, assertEquals } from "@std/assert";
import { STORE_RETRY_MS } from "../../../../src/core/data/limits.ts";
import { isInputOpen, type NodeState } from "../../../../src/core/node.ts";
import type { Effect, Event } from "../../../../src/core/types.ts";
import type { StoreBatch } from "../../../../src/core/data/stored.ts";
import { hashOf, makeLine, ORIGINS } from "../../../helpers/history.ts";
import { CONFIG, drive, linesEvent, linkedNode, NOW_MS } from "../../../helpers/node_subject.ts";

const decoder = new TextDecoder();
const [, , , DAN] = ORIGINS;
const ONE = makeLine({ origin: DAN, seq: 1, items: '["one"]' });
const TWO = makeLine({ origin: DAN, seq: 2, first: 2, previous: hashOf(ONE), items: '["two"]' });

/** A node with a disk and three peers, and what it does. */
class Disk {
  node: NodeState;
  now_ms = NOW_MS;
  #open: StoreBatch | null = null;
  /** What was shown since it was looked at: printed items, and lines by link. */
  printed: unknown[] = [];
  sent: string[] = [];
  readonly batches: StoreBatch[] = [];
  readonly faults: (string | null)[] = [];

  constructor(keep_bytes = CONFIG.keep_bytes) {
    this.node = linkedNode({ durable: true, keep_bytes });
    this.#open = this.node.storage.under_way?.batch ?? null;
    // What the node said of itself is stored already.
    while (this.#open !== null) this.stored();
    this.forget();
  }

  do(...events: Event[]): void {
    for (const event of [...events, { kind: "tick", now_ms: 0 } as const]) this.#drive(event);
  }

  hear(link: number, ...lines: readonly (string | Uint8Array)[]): void {
    this.do(linesEvent(link, ...lines));
  }

  publish(text: string): void {
    this.do({ kind: "publish", now_ms: 0, topic: "chat", items: [text], first_tag: 1 });
  }

  pass(time_ms: number): void {
    for (const end_ms = this.now_ms + time_ms; this.now_ms < end_ms;) {
      this.now_ms = Math.min(end_ms, this.now_ms + 50);
      const pings = [1, 2, 3].map((link) => linesEvent(link, '{"k":"pong","x":0}'));
      this.do(...pings);
    }
  }

  /** The disk answers. */
  stored(fault: string | null = null): void {
    assert(this.#open !== null, "nothing was to be stored");
    this.#open = null;
    this.#drive({ kind: "stored", now_ms: 0, fault });
    this.do();
  }

  forget(): void {
    this.printed = [];
    this.sent = [];
    this.batches.length = 0;
  }

  get isStoring(): boolean {
    return this.#open !== null;
  }

  /** Texts of the entries in the batches. */
  get texts(): unknown[][] {
    return this.batches.map(({ entries }) =>
      entries.flatMap(({ line }) => JSON.parse(decoder.decode(line)).b)
    );
  }

  /** Whether anybody was told of an entry, or that it was taken. */
  isShown(origin: string): boolean {
    const lines = this.sent.filter((line) => !line.startsWith('{"k":"p'));
    return this.printed.length > 0 || lines.some((line) => line.includes(origin));
  }

  #drive(event: Event): void {
    const [after, effects] = drive(this.node, { ...event, now_ms: this.now_ms });
    this.node = after;
    for (const effect of effects) this.#note(effect);
  }

  #note(effect: Effect): void {
    if (effect.kind === "persist") {
      assert(this.#open === null, "two batches at once");
      this.#open = effect.batch;
      this.batches.push(effect.batch);
    } else if (effect.kind === "print") {
      this.printed.push(...effect.records.flatMap((one) => one.kind === "items" ? one.items : []));
      this.#drive({ kind: "printed", now_ms: 0, bytes: effect.bytes });
    } else if (effect.kind === "send") {
      this.sent.push(...effect.lines.map((line) => decoder.decode(line)));
    } else if (effect.kind === "notice" && effect.notice.kind === "storage") {
      this.faults.push(effect.notice.fault);
    }
  }
}

Deno.test("`settle()` shows nothing of what was received before it is stored", () => {
  const disk = new Disk();
  disk.hear(1, ONE);
  disk.pass(4_000);
  assertEquals([disk.isStoring, disk.texts, disk.isShown(DAN)], [true, [["one"]], false]);
  // Nor does a peer that asks get it.
  const want = JSON.stringify({ k: "want", o: DAN, t: "chat", s: 1 });
  disk.hear(2, want);
  assertEquals(disk.isShown(DAN), false);
  disk.stored();
  assertEquals(disk.printed, ["one"]);
  // That it was printed is stored, too.
  disk.stored();
  disk.pass(300);
  const haves = disk.sent.filter((line) => line.startsWith('{"k":"have"'));
  assert(haves.some((line) => line.includes(DAN)));
  // To the other two.
  assertEquals(disk.sent.filter((line) => line.startsWith('{"o"')).length, 2);
});

Deno.test("`settle()` shows nothing of what was published before it is stored", () => {
  const disk = new Disk();
  disk.publish("mine");
  disk.pass(4_000);
  assertEquals([disk.texts, disk.isShown(CONFIG.id)], [[["mine"]], false]);
  disk.stored();
  disk.pass(100);
  assertEquals(disk.printed, ["mine"]);
  assertEquals(disk.sent.filter((line) => line.startsWith('{"o"')).length, 3);
});

Deno.test("`settle()` gathers in the next batch what comes while one is stored", () => {
  const disk = new Disk();
  disk.hear(1, ONE);
  disk.hear(1, TWO);
  disk.publish("answer");
  assertEquals(disk.texts, [["one"]]);
  disk.stored();
  assertEquals(disk.texts, [["one"], ["two", "answer"]]);
  assertEquals(disk.printed, ["one"]);
  const arrivals = disk.batches.flatMap(({ entries }) => entries.map(({ arrival }) => arrival));
  assertEquals(arrivals, arrivals.toSorted((a, b) => a - b));
  disk.stored();
  assertEquals(disk.printed, ["one", "two", "answer"]);
});

Deno.test("`settle()` stores how far the output is, behind what it printed", () => {
  const disk = new Disk();
  disk.hear(1, ONE);
  disk.stored();
  assertEquals(disk.printed, ["one"]);
  const [{ arrival }] = disk.batches[0].entries;
  assertEquals(disk.batches[0].printed, []);
  assertEquals(disk.batches[1].printed, [["chat", arrival + 1]]);
  disk.stored();
  // Then there is nothing more to store.
  disk.pass(2_000);
  assertEquals([disk.isStoring, disk.batches.length], [false, 2]);
});

Deno.test("`takeStored()` keeps what a disk refused, says so once, and tries again", () => {
  const disk = new Disk();
  disk.hear(1, ONE);
  disk.stored("disk full");
  assertEquals([disk.faults, disk.isStoring, isInputOpen(disk.node)], [
    ["disk full"],
    false,
    false,
  ]);
  disk.hear(1, TWO);
  disk.pass(STORE_RETRY_MS - 100);
  assertEquals([disk.texts.length, disk.isShown(DAN)], [1, false]);
  disk.pass(200);
  assertEquals(disk.texts.slice(1), [["one", "two"]]);
  disk.stored("disk full");
  assertEquals(disk.faults, ["disk full"]);
  disk.pass(STORE_RETRY_MS + 100);
  assertEquals([disk.isShown(DAN), disk.node.counts.get("store-failed")], [false, 2]);
  disk.stored();
  assertEquals([disk.faults, disk.printed], [["disk full", null], ["one", "two"]]);
  while (disk.isStoring) disk.stored();
  assertEquals(isInputOpen(disk.node), true);
});

Deno.test("`takeStored()` goes on showing what is stored while a disk takes nothing", () => {
  const disk = new Disk();
  disk.hear(1, ONE);
  while (disk.isStoring) disk.stored();
  disk.hear(1, TWO);
  disk.stored("disk full");
  disk.forget();
  const want = (seq: number) => JSON.stringify({ k: "want", o: DAN, t: "chat", s: seq });
  disk.hear(3, want(1), want(2));
  const entries = disk.sent.filter((line) => line.startsWith('{"o"'));
  assertEquals(entries, [`${decoder.decode(ONE)}\n`]);
});

Deno.test("`settle()` stores a fork with the rest, until it is stored", () => {
  const disk = new Disk();
  disk.hear(1, ONE);
  while (disk.isStoring) disk.stored();
  disk.forget();
  const other = makeLine({ origin: DAN, seq: 1, items: '["uno"]' });
  disk.hear(2, other);
  const [{ origin, lines }] = disk.batches[0].forks;
  assertEquals([origin, lines.map((line) => JSON.parse(decoder.decode(line)).b)], [DAN, [
    ["one"],
    ["uno"],
  ]]);
  // A batch that was refused holds it again.
  disk.stored("disk full");
  disk.pass(STORE_RETRY_MS + 100);
  assertEquals(disk.batches[1].forks.length, 1);
  while (disk.isStoring) disk.stored();
  disk.pass(1_000);
  assertEquals(disk.batches.slice(2).flatMap(({ forks }) => forks), []);
});
