import { assert, assertEquals, assertStrictEquals } from "@std/assert";
import type { Entry } from "../../../../src/core/log/entry.ts";
import { reduceLog } from "../../../../src/core/log/reduce.ts";
import { emptyLog, type LogState } from "../../../../src/core/log/slice.ts";
import type { LogEvent, LogOut } from "../../../../src/core/log/turn.ts";
import { deepFreeze } from "../../../helpers/deep_freeze.ts";
import { entryOf, hashOf, makeEntry, makeLine, ORIGINS } from "../../../helpers/history.ts";
import { ENV } from "../../../helpers/node_subject.ts";
import { keyOf } from "../../../helpers/subjects.ts";

const [ann, bob, cyd] = ORIGINS;
const HASH = "A".repeat(43);

/** The entries 1 to `count` of an origin, each with one item. */
function chain(origin: string, count: number): Entry[] {
  const entries: Entry[] = [];
  for (let seq = 1, previous = ""; seq <= count; seq++) {
    const line = makeLine({ origin, seq, previous, first: seq, items: `["${seq}"]` });
    entries.push(entryOf(line));
    previous = hashOf(line);
  }
  return entries;
}

function happen(log: LogState, event: LogEvent): readonly [LogState, readonly LogOut[]] {
  return reduceLog(deepFreeze(log), event, { env: ENV, now_ms: 5 });
}

function insert(...entries: readonly Entry[]): LogEvent {
  return { kind: "insert", entries };
}

/** What is handed back, in short. */
function told(outs: readonly LogOut[]): string[] {
  return outs.map((out) => {
    if (out.kind === "delivered") return out.delivered.map(({ entry }) => keyOf(entry)).join(" ");
    if (out.kind === "count") return `${out.what} ${out.times}`;
    return out.kind;
  });
}

Deno.test("`reduceLog()` says what was refused and forked before what it delivered", () => {
  const [one, two] = chain(ann, 2);
  const other = makeEntry({ origin: ann, seq: 1, items: '["x"]' });
  const weak = makeEntry({ origin: HASH, seq: 1 });
  const [log, outs] = happen(emptyLog(cyd), insert(one, two, one, weak, other, ...chain(bob, 1)));
  assertEquals(told(outs), [
    "duplicates 1",
    "rejected:bad-key 1",
    "rejected:fork 1",
    "forked",
    `${ann}#1 ${ann}#2 ${bob}#1`,
  ]);
  assertEquals(outs.find(({ kind }) => kind === "forked"), {
    kind: "forked",
    origin: ann,
    topic: "chat",
    seq: 1,
  });
  assertEquals(log.clock, [2, 1]);
});

Deno.test("`reduceLog()` returns the same log where nothing changed", () => {
  const [log] = happen(emptyLog(cyd), insert(...chain(ann, 2)));
  const gap = { origin: ann, topic: "chat", from: 1, to: 2 };
  const nothing: LogEvent[] = [
    insert(),
    insert(...chain(ann, 2)),
    { kind: "skip", gap },
    { kind: "load", rows: [], jumps: () => false },
    { kind: "end", forks: [] },
    { kind: "trim", keep_bytes: log.totals.kept_bytes },
  ];
  for (const event of nothing) {
    const [after, outs] = happen(log, event);
    assertStrictEquals(after, log, event.kind);
    assertEquals(outs.filter(({ kind }) => kind !== "count"), []);
  }
});

Deno.test("`reduceLog()` tells of a gap before what it sets free, and of none that is none", () => {
  const entries = chain(ann, 4), answer = makeEntry({ origin: bob, seq: 1, deps: { [ann]: 4 } });
  const [waiting] = happen(emptyLog(cyd), insert(entries[3], answer));
  const gap = { origin: ann, topic: "chat", from: 1, to: 3 };
  const [log, outs] = happen(waiting, { kind: "skip", gap });
  assertEquals(outs[0], { kind: "gapped", gap });
  assertEquals(told(outs.slice(1)), [`${ann}#4 ${bob}#1`]);
  assertEquals(happen(log, { kind: "skip", gap }), [log, []]);
});

Deno.test("`reduceLog()` waives the causes of what waits", () => {
  const stuck = makeEntry({ origin: bob, seq: 1, deps: { [ann]: 1 } });
  const [waiting, nothing] = happen(emptyLog(cyd), insert(stuck));
  assertEquals(nothing, []);
  const index = waiting.keys.find(`${bob}/chat`);
  assertEquals(told(happen(waiting, { kind: "waive", index })[1]), [`${bob}#1`]);
});

Deno.test("`reduceLog()` loads what follows, with its arrival, and names the rows that do not", () => {
  const entries = chain(ann, 5);
  const rowOf = (entry: Entry, arrival: number) => {
    return { entry, arrival, hash: hashOf(entry.line.subarray(0, -1)) };
  };
  const rows = [rowOf(entries[0], 7), rowOf(entries[2], 9), rowOf(entries[1], 11)];
  const looked: [number, boolean][] = [];
  const jumps = ({ seq }: Entry, is_new: boolean) => {
    looked.push([seq, is_new]);
    return false;
  };
  const [log, outs] = happen(emptyLog(cyd), { kind: "load", rows, jumps });
  assertEquals(outs.at(-1), { kind: "unfit", arrivals: [9] });
  assertEquals(told(outs), [`${ann}#1 ${ann}#2`, "unfit"]);
  assertEquals([...log.heads[0].entries.from()].map(({ arrival }) => arrival), [7, 11]);
  assertEquals([log.totals.arrivals, looked], [12, [[3, false]]]);
  const jumped = { kind: "load", rows: [rowOf(entries[4], 20)], jumps: () => true } as const;
  const [after, more] = happen(log, jumped);
  assertEquals([told(more), after.clock], [[`${ann}#5`], [5]]);
});

Deno.test("`reduceLog()` ends logs that were proved to fork, and says nothing of it again", () => {
  const [one] = chain(ann, 1), other = makeEntry({ origin: ann, seq: 1, items: '["x"]' });
  const [log] = happen(emptyLog(cyd), insert(one));
  const fork = { origin: ann, topic: "chat", lines: [one.line, other.line] } as const;
  const [ended, outs] = happen(log, { kind: "end", forks: [fork] });
  assertEquals([outs, ended.heads[0].fork], [[], fork.lines]);
  assertEquals(told(happen(ended, insert(chain(ann, 2)[1]))[1]), ["rejected:frozen 1"]);
});

Deno.test("`reduceLog()` forgets logs, says how far they went, and does not take them back", () => {
  const [log] = happen(emptyLog(cyd), insert(...chain(ann, 2), ...chain(bob, 1)));
  const index = log.keys.find(`${ann}/chat`);
  const [left, outs] = happen(log, { kind: "forget", indices: new Set([index]) });
  assertEquals(outs, [
    { kind: "forgot", indices: new Set([index]), logs: [[ann, "chat", 2]], moved: ["chat"] },
  ]);
  assertEquals(
    told(happen(left, insert(...chain(ann, 2)))[1]),
    Array(2).fill("rejected:forgotten 1"),
  );
  // As after a restart, where only the list is left.
  const [anew] = happen(emptyLog(cyd), { kind: "remember", logs: [[ann, "chat", 2]] });
  assertEquals(told(happen(anew, insert(...chain(ann, 1)))[1]), ["rejected:forgotten 1"]);
});

Deno.test("`reduceLog()` drops what is too much, and goes on under another id", () => {
  const [log] = happen(emptyLog(cyd), insert(...chain(ann, 3)));
  const [trimmed, outs] = happen(log, { kind: "trim", keep_bytes: 0 });
  assertEquals([trimmed.totals.kept_bytes, trimmed.clock, outs], [0, log.clock, []]);
  const [renamed] = happen(trimmed, { kind: "rename", self: bob });
  assertEquals(renamed.self, bob);
  assertEquals([...renamed.topics.get("chat")!.fresh], [[ann, 3]]);
  assert(happen(renamed, insert(...chain(bob, 1)))[0].topics.get("chat")!.fresh.has(ann));
});
