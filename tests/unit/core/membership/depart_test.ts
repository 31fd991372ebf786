import { assert, assertEquals, assertLess } from "@std/assert";
import type { Ledger } from "../../../../src/apps/ledger/ledger.ts";
import {
  FORGET_EVERY_MS,
  FORGET_FAILED_MS,
  FORGET_LEFT_MS,
  FORGOTTEN_MAX,
} from "../../../../src/core/data/limits.ts";
import type { NodeState } from "../../../../src/core/node.ts";
import type { Effect, Event, Json } from "../../../../src/core/types.ts";
import type { NodeConfig } from "../../../../src/core/data/config.ts";
import { fakeId } from "../../../../src/sim/crypto.ts";
import { hashOf, makeLine } from "../../../helpers/history.ts";
import { LONG } from "../../../helpers/long.ts";
import {
  CONFIG,
  drive,
  greeting,
  linesEvent,
  NOW_MS,
  startNode,
} from "../../../helpers/node_subject.ts";

const decoder = new TextDecoder();
const PING = '{"k":"ping","x":0}';

/** A node with peers ann and bob, and others who come and go. */
class Host {
  node: NodeState;
  now_ms = NOW_MS;
  /** What each link was sent since it was looked at. */
  readonly sent = new Map<number, string[]>();
  readonly #newest = new Map<string, { seq: number; first: number; line: Uint8Array }>();

  constructor(config: Partial<NodeConfig> = {}) {
    this.node = startNode(config, 2);
    this.do(linesEvent(1, ...greeting(1, "ann")), linesEvent(2, ...greeting(2, "bob")));
  }

  do(...events: Event[]): void {
    for (const event of [...events, { kind: "tick", now_ms: 0 } as const]) {
      const [after, effects] = drive(this.node, { ...event, now_ms: this.now_ms });
      this.node = after;
      for (const effect of effects) this.#note(effect);
    }
  }

  /** Lets time pass; the peers live. */
  pass(time_ms: number): void {
    for (const end_ms = this.now_ms + time_ms; this.now_ms < end_ms;) {
      this.now_ms = Math.min(end_ms, this.now_ms + 1_000);
      this.do(linesEvent(1, PING), linesEvent(2, PING));
    }
  }

  /** The next entry of somebody. */
  entry(name: string, topic: string, item: Json, seq?: number): Uint8Array {
    const key = `${name}/${topic}`, before = this.#newest.get(key);
    const next = seq ?? (before?.seq ?? 0) + 1, first = (before?.first ?? 0) + 1;
    const previous = next === 1 ? "" : before === undefined ? "A".repeat(43) : hashOf(before.line);
    const items = JSON.stringify([item]);
    const line = makeLine({ origin: fakeId(name), topic, seq: next, previous, first, items });
    this.#newest.set(key, { seq: next, first, line });
    return line;
  }

  /** What somebody says that comes, says something or nothing, and leaves. */
  visit(name: string, ...texts: readonly string[]): Uint8Array[] {
    return [
      this.entry(name, "presence", { address: `${name}:7000` }),
      ...texts.map((text) => this.entry(name, "chat", text)),
      this.entry(name, "presence", { left: true }),
    ];
  }

  hear(link: number, ...lines: readonly (string | Uint8Array)[]): void {
    this.do(linesEvent(link, ...lines));
  }

  /** Whether anything of somebody is in the clock. */
  knows(name: string): boolean {
    return this.node.log.heads.some(({ origin }) => origin === fakeId(name));
  }

  #note(effect: Effect): void {
    if (effect.kind !== "send") return;
    const lines = effect.lines.map((line) => decoder.decode(line).trimEnd());
    this.sent.set(effect.link, [...this.sent.get(effect.link) ?? [], ...lines]);
  }
}

/** Keeps nothing but the newest entry of each log. */
const FORGETFUL = { keep_bytes: 0 };

Deno.test("`forgetDeparted()` forgets who left, after a while, and not who failed so soon", () => {
  const host = new Host(FORGETFUL);
  host.hear(1, ...host.visit("dan", "here"));
  const fails = { address: "ann:7000", failed: [[fakeId("eve"), 1]] };
  host.hear(1, host.entry("eve", "presence", { address: "eve:7000" }));
  host.hear(1, host.entry("ann", "presence", fails));
  assertEquals(host.node.membership.members.by_id.get(fakeId("eve"))!.state, "failed");
  host.pass(FORGET_LEFT_MS - FORGET_EVERY_MS);
  assertEquals([host.knows("dan"), host.knows("eve")], [true, true]);
  host.pass(2 * FORGET_EVERY_MS);
  assertEquals([host.knows("dan"), host.knows("eve")], [false, true]);
  assertEquals(host.node.membership.members.by_id.has(fakeId("dan")), false);
  host.pass(FORGET_FAILED_MS);
  assertEquals([host.knows("eve"), host.knows("ann")], [false, true]);
  assertEquals(host.node.counts.get("forgotten"), 3);
});

Deno.test("`forgetDeparted()` forgets nobody of whom something is kept", () => {
  const host = new Host();
  host.hear(1, ...host.visit("dan", "here"));
  host.pass(FORGET_LEFT_MS + 2 * FORGET_EVERY_MS);
  assert(host.knows("dan"));
  assertEquals(host.node.membership.members.by_id.get(fakeId("dan"))!.state, "left");
});

Deno.test("`forgetDeparted()` lets no straggler bring back who was forgotten", () => {
  const host = new Host(FORGETFUL);
  const visit = host.visit("dan", "here");
  host.hear(1, ...visit);
  host.pass(FORGET_LEFT_MS + 2 * FORGET_EVERY_MS);
  const { length } = host.node.log.keys;
  const clock = { [fakeId("dan")]: { presence: 2, chat: 1 } };
  host.hear(2, JSON.stringify({ k: "have", c: clock }), ...visit);
  host.pass(60_000);
  assertEquals([host.knows("dan"), host.node.log.keys.length], [false, length]);
  assertEquals(host.node.membership.members.by_id.has(fakeId("dan")), false);
  assertEquals(host.node.counts.get("rejected:forgotten"), 3);
  // Nor does it ask for what it will not take.
  assert(!host.sent.get(2)!.some((line) => line.startsWith('{"k":"want","o"')));
});

Deno.test("`forgetDeparted()` lets who comes back with the same key go on behind what it had", () => {
  const host = new Host({ keep_bytes: 4_000 });
  host.hear(1, ...host.visit("dan", "here"));
  for (let count = 0; count < 10; count++) host.hear(1, host.entry("ann", "chat", "so on"));
  host.pass(FORGET_LEFT_MS + 2 * FORGET_EVERY_MS);
  assert(!host.knows("dan"));
  host.hear(2, host.entry("dan", "presence", { address: "dan:7001" }));
  host.hear(2, host.entry("dan", "chat", "again"));
  const { log, membership: { members } } = host.node;
  const seqOf = (topic: string) => log.clock[log.keys.find(`${fakeId("dan")}/${topic}`)];
  assertEquals([seqOf("presence"), seqOf("chat")], [3, 2]);
  const dan = members.by_id.get(fakeId("dan"))!;
  assertEquals([dan.state, dan.address, dan.seq], ["alive", "dan:7001", 3]);
  host.pass(1_000);
  // The others first say whether they had what was before; then they are told what is new.
  const gaps = host.sent.get(1)!.filter((line) => line.startsWith('{"k":"gap"'));
  assertEquals(gaps.map((line) => JSON.parse(line).e).toSorted(), [1, 2]);
  host.hear(1, JSON.stringify({ k: "have", c: { [fakeId("dan")]: { presence: 2, chat: 1 } } }));
  host.pass(1_000);
  const told = host.sent.get(1)!.filter((line) => line.startsWith(`{"o":"${fakeId("dan")}"`));
  assertEquals(told.map((line) => JSON.parse(line).s).toSorted(), [2, 3]);
});

Deno.test("`forgetDeparted()` gives the number of a log away only with what belongs to it", () => {
  const host = new Host(FORGETFUL);
  const payment = { from: "x", to: "y", amount: 1 };
  // The payments before it never come, so it waits for ever: the ledger has no gaps.
  host.hear(1, ...host.visit("dan", "here"), host.entry("dan", "ledger", payment, 3));
  host.pass(FORGET_LEFT_MS + 2 * FORGET_EVERY_MS);
  const entries = Array.from({ length: 4 }, () => host.entry("eve", "ledger", payment));
  for (const entry of entries) host.hear(2, entry);
  const { log } = host.node, index = log.keys.find(`${fakeId("eve")}/ledger`);
  assertEquals([log.clock[index], log.heads[index].fork], [4, null]);
  const ledger = host.node.host.states.get("ledger") as Ledger;
  assertEquals(ledger.balances.get("y"), 4n);
});

Deno.test("`takeGap()` tells who still offers a gap that what is behind it was had", () => {
  const host = new Host(FORGETFUL);
  host.hear(1, ...host.visit("dan", "here"), host.entry("dan", "chat", "more"));
  host.pass(FORGET_LEFT_MS + 2 * FORGET_EVERY_MS);
  host.sent.clear();
  // Somebody who has not forgotten sends nothing of the topic before it hears what becomes of it.
  const gap = { k: "gap", o: fakeId("dan"), t: "chat", s: 1, e: 1 };
  host.hear(2, JSON.stringify(gap));
  host.pass(5_000);
  const haves = host.sent.get(2)!.filter((line) => line.startsWith('{"k":"have"'));
  const known = haves.map((line) => JSON.parse(line).c[fakeId("dan")]?.chat ?? 0);
  assert(known.some((seq) => seq >= 1), haves.join("\n"));
  assert(!host.knows("dan"));
});

/** Hours in which 70 nodes a minute come and go: 100,000 in a day. */
const HOURS = LONG ? 24 : 2;

Deno.test(`short-lived nodes, 100,000 a day, leave a clock that is small after ${HOURS} h`, () => {
  const host = new Host({ keep_bytes: 100_000 });
  let most = 0, known = 0;
  const minutes = HOURS * 60, a_minute = Math.ceil(100_000 / (24 * 60));
  for (let minute = 0; minute < minutes; minute++) {
    const names = Array.from({ length: a_minute }, (_, at) => `v${minute}_${at}`);
    host.hear(
      1 + minute % 2,
      ...names.flatMap((name, at) => host.visit(name, ...at % 10 > 0 ? [] : ["hello"])),
    );
    host.now_ms += FORGET_EVERY_MS;
    host.do(linesEvent(1, PING), linesEvent(2, PING));
    most = Math.max(most, host.node.log.clock.length);
    known = Math.max(known, host.node.membership.members.by_id.size);
  }
  // Those of the last minutes, and nobody else.
  const open_minutes = FORGET_LEFT_MS / FORGET_EVERY_MS + 3;
  assertLess(most, 2 * a_minute * open_minutes + 10);
  assertLess(known, a_minute * open_minutes + 10);
  assertLess(host.node.log.forgotten.seqs.size, FORGOTTEN_MAX + 1);
  assertLess(host.node.replication.links.get(1)!.logs.size, most + 1);
  assertEquals(host.node.log.heads.length, most);
  assert(host.knows("ann") || host.node.log.keys.find(`${CONFIG.id}/presence`) >= 0);
});
