import { assert, assertEquals } from "@std/assert";
import {
  DIALS_PER_SECOND,
  HELLO_TIMEOUT_MS,
  JOIN_TIMEOUT_MS,
  LINKS_KEPT,
  REDIAL_MAX_MS,
} from "../../../../src/core/data/limits.ts";
import { initialState, type NodeState } from "../../../../src/core/node.ts";
import type { Effect, Event } from "../../../../src/core/types.ts";
import type { NodeConfig } from "../../../../src/core/data/config.ts";
import { fakeId } from "../../../../src/sim/crypto.ts";
import { isThere, namedMember, setMember } from "../../../../src/core/membership/members.ts";
import { neighboursOf } from "../../../../src/core/membership/neighbours.ts";
import { makeLine } from "../../../helpers/history.ts";
import {
  APPS,
  CONFIG,
  drive,
  driveAll,
  greeting,
  linesEvent,
  linkedNode,
  NOW_MS,
  openedEvent,
  startNode,
} from "../../../helpers/node_subject.ts";
import { Stage } from "../../../helpers/stage.ts";

/** A node that only links to whom it was told. */
const GIVEN = { overlay: "given", join: ["ann:7000", "b:2", "me:7000", "b:2"] } as const;

const started: Event = {
  kind: "started",
  now_ms: NOW_MS,
  host: null,
  fallback_host: "me",
  port: 7000,
};

function join(config: Partial<NodeConfig>): [NodeState, Effect[]] {
  return driveAll(initialState({ ...CONFIG, ...config }, 1, APPS), [started]);
}

function dials(effects: readonly Effect[]): string[] {
  return effects.flatMap((effect) => effect.kind === "dial" ? [effect.address] : []);
}

function notices(effects: readonly Effect[]): string[] {
  return effects.flatMap((effect) =>
    effect.kind !== "notice"
      ? []
      : [`${effect.notice.kind}${"address" in effect.notice ? ` ${effect.notice.address}` : ""}`]
  );
}

function failed(address: string, now_ms = NOW_MS): Event {
  return { kind: "dial_failed", now_ms, address, why: "connection refused" };
}

function tickAt(node: NodeState, now_ms: number): [NodeState, Effect[]] {
  return drive(node, { kind: "tick", now_ms });
}

Deno.test("`start()` knows its address where it was told, or begins a network", () => {
  assertEquals(notices(join({})[1]), ["listening me:7000"]);
  assertEquals(notices(join({ advertise: "x:1" })[1]), ["listening x:1"]);
  const told = { ...started, host: "10.0.0.1" } as Event;
  const [node, effects] = driveAll(initialState(CONFIG, 1, APPS), [told]);
  assertEquals([notices(effects), node.membership.life.phase], [
    ["listening 10.0.0.1:7000"],
    "running",
  ]);
  // Whoever joins learns its address from the connection.
  const [joining, first] = join({ join: ["a:1"] });
  assertEquals([notices(first), dials(first), joining.membership.life.phase], [
    [],
    ["a:1"],
    "joining",
  ]);
  const dialled = { ...openedEvent(1), dialled: "a:1", local_host: "10.0.0.9" } as Event;
  assertEquals(notices(driveAll(joining, [dialled])[1]), ["listening 10.0.0.9:7000"]);
});

Deno.test("`dialFailed()` tries one address after the other, then begins a network or ends", () => {
  const [first] = join({ join: ["a:1", "b:2"] });
  const [second, effects] = driveAll(first, [failed("a:1")]);
  assertEquals([notices(effects), dials(effects)], [["join_failed a:1"], ["b:2"]]);
  const [alone, more] = driveAll(second, [failed("b:2")]);
  assertEquals(notices(more), ["join_failed b:2", "alone", "listening me:7000"]);
  assertEquals(alone.membership.life.phase, "running");
  const [must] = join({ join: ["a:1"], must_join: true });
  const [ended, last] = driveAll(must, [failed("a:1")]);
  assertEquals([ended.membership.life.phase, last.some(({ kind }) => kind === "done")], [
    "done",
    true,
  ]);
});

Deno.test("`advanceJoin()` waits so long for an answer, and for the greeting", () => {
  const [dialling] = join({ join: ["a:1"] });
  assertEquals(dialling.wake_ms, NOW_MS + JOIN_TIMEOUT_MS);
  assertEquals(notices(tickAt(dialling, NOW_MS + JOIN_TIMEOUT_MS)[1])[0], "join_failed a:1");
  const opened = { ...openedEvent(1), dialled: "a:1" } as Event;
  const [silent] = driveAll(dialling, [opened]);
  const [late, effects] = tickAt(silent, NOW_MS + JOIN_TIMEOUT_MS);
  assertEquals([late.session.links.size, notices(effects)[0]], [0, "join_failed a:1"]);
});

/** A node that joins over link 1, whose peer claims to have some entries of dan. */
function inStep(target: number, config: Partial<NodeConfig> = {}): [NodeState, Effect[]] {
  const [dialling] = join({ join: ["ann:7000"], ...config });
  const [hello, proof] = greeting(1, "ann");
  const clock = target === 0 ? {} : { [fakeId("dan")]: { chat: target } };
  const have = JSON.stringify({ k: "have", c: clock });
  const opened = { ...openedEvent(1), dialled: "ann:7000" } as Event;
  return driveAll(dialling, [opened, linesEvent(1, hello, proof, have)]);
}

Deno.test("`advanceJoin()` gets in step with the peer before it joins", () => {
  assertEquals(notices(inStep(0)[1]).at(-1), "joined ann:7000");
  const [waiting, effects] = inStep(1);
  assert(!notices(effects).includes("joined ann:7000"));
  const line = makeLine({ origin: fakeId("dan"), seq: 1, items: '["old"]' });
  const [after, more] = driveAll(waiting, [linesEvent(1, line)]);
  assertEquals([notices(more), after.membership.life.phase], [["joined ann:7000"], "running"]);
});

Deno.test("`advanceJoin()` joins a peer that does not send what it claims to have", () => {
  const [waiting] = inStep(9);
  assertEquals(tickAt(waiting, NOW_MS + JOIN_TIMEOUT_MS - 1)[0].membership.life.phase, "joining");
  // Each step on the way gives it more time.
  const line = makeLine({ origin: fakeId("dan"), seq: 1, items: '["old"]' });
  const later = { ...linesEvent(1, line), now_ms: NOW_MS + 3_000 } as Event;
  const [moved] = tickAt(driveAll(waiting, [later])[0], NOW_MS + 3_000);
  assertEquals(tickAt(moved, NOW_MS + JOIN_TIMEOUT_MS)[0].membership.life.phase, "joining");
  assertEquals(tickAt(moved, NOW_MS + 3_000 + JOIN_TIMEOUT_MS)[0].membership.life.phase, "running");
});

Deno.test("`lost()` tries the next address where the joined peer goes away", () => {
  const [waiting] = inStep(9, { join: ["ann:7000", "b:2"] });
  const [, effects] = driveAll(waiting, [{ kind: "closed", now_ms: NOW_MS, link: 1 }]);
  assertEquals([notices(effects), dials(effects)], [["join_failed ann:7000"], ["b:2"]]);
  const bye = '{"k":"bye","code":"full","why":"no more links"}';
  const refused = driveAll(waiting, [linesEvent(1, bye)])[1].flatMap((effect) =>
    effect.kind === "notice" && effect.notice.kind === "join_failed" ? [effect.notice.why] : []
  );
  assertEquals(refused, ["no more links"]);
});

Deno.test("`introduce()` dials those who are named, no more than so many a second", () => {
  const names = Array.from({ length: 30 }, (_, index) => `n${index}`);
  const p = names.map((name) => [fakeId(name), `${name}:7000`]);
  const [node, effects] = driveAll(startNode({}, 1), [
    linesEvent(1, ...greeting(1, "ann"), JSON.stringify({ k: "peers", p })),
  ]);
  assert(dials(effects).length <= 10);
  // Nobody answers: in time all of them are tried, at the rate that is allowed.
  let all = dials(effects), state = node, open = [...all];
  for (let seconds = 1; seconds <= 60; seconds++) {
    const now_ms = NOW_MS + seconds * 1_000;
    const ping = { ...linesEvent(1, '{"k":"ping","x":1}'), now_ms } as Event;
    const [after, more] = driveAll(state, [
      ping,
      ...open.map((address) => failed(address, now_ms)),
    ]);
    const [ticked, last] = tickAt(after, now_ms);
    state = ticked;
    open = dials([...more, ...last]);
    assert(open.length <= DIALS_PER_SECOND);
    all = [...all, ...open];
  }
  assertEquals(new Set(all).size, 30);
  // Whoever was only named and never answered is forgotten.
  assertEquals([...state.membership.members.by_id.keys()], [fakeId("ann")]);
});

Deno.test("`noteFailure()` dials somebody who was there again and again, ever later", () => {
  const address = "gone:7000";
  const origin = fakeId("gone");
  const presence = makeLine({
    origin,
    topic: "presence",
    seq: 1,
    items: JSON.stringify([{ address }]),
  });
  let [state, effects] = driveAll(linkedNode(), [linesEvent(1, presence)]);
  const tries: number[] = [];
  for (let now_ms = NOW_MS; now_ms < NOW_MS + 300_000; now_ms += 250) {
    if (dials(effects).includes(address)) {
      tries.push(now_ms);
      [state] = driveAll(state, [failed(address, now_ms)]);
    }
    [state, effects] = tickAt(state, now_ms);
  }
  const pauses = tries.slice(1).map((time, index) => time - tries[index]);
  assert(pauses.length > 8);
  assert(pauses.every((pause) => pause <= REDIAL_MAX_MS * 1.5 + 500), pauses.join(" "));
  assert(pauses[0] < 3_000 && pauses.at(-1)! > 10_000, pauses.join(" "));
  assert(state.membership.members.by_id.has(origin));
});

Deno.test("`takePresence()` believes only what an origin says of itself", () => {
  const says = (name: string, item: unknown, seq = 1, previous = "") =>
    makeLine({
      origin: fakeId(name),
      topic: "presence",
      seq,
      previous,
      items: JSON.stringify([item]),
    });
  const [node] = driveAll(linkedNode(), [
    linesEvent(1, says("dan", { address: "d:1" }), says("eve", { address: "nowhere" })),
    linesEvent(2, says("fay", { left: true }), says("gus", "hello"), says("hal", null)),
  ]);
  const alive = [...node.membership.members.by_id.values()].filter((one) => one.state === "alive");
  assertEquals(alive.map(({ id, address }) => [id, address]), [[fakeId("dan"), "d:1"]]);
});

Deno.test("`introduce()` changes nothing about whoever spoke for itself", () => {
  const item = JSON.stringify([{ address: "d:1" }]);
  const presence = makeLine({ origin: fakeId("dan"), topic: "presence", seq: 1, items: item });
  const peers = JSON.stringify({
    k: "peers",
    p: [[fakeId("dan"), "evil:6"], [CONFIG.id, "evil:6"]],
  });
  const [node] = driveAll(linkedNode(), [linesEvent(1, presence), linesEvent(2, peers)]);
  const dan = node.membership.members.by_id.get(fakeId("dan"))!;
  assertEquals([dan.address, dan.state], ["d:1", "alive"]);
  assert(!node.membership.members.by_id.has(CONFIG.id));
});

Deno.test("`greeted()` misses whoever was dialled where somebody else answers", () => {
  const [gone, address] = [fakeId("gone"), "gone:7000"];
  const items = JSON.stringify([{ address }]);
  const presence = makeLine({ origin: gone, topic: "presence", seq: 1, items });
  const [known] = driveAll(linkedNode(), [linesEvent(1, presence)]);
  const [dialling, effects] = tickAt(known, NOW_MS + 1_000);
  assertEquals(dials(effects), [address]);
  const opened = { ...openedEvent(9), dialled: address } as Event;
  const [node] = driveAll(dialling, [opened, linesEvent(9, ...greeting(9, "eve"))]);
  const { lost, failures } = node.membership.members.by_id.get(gone)!;
  assertEquals([lost, failures, node.membership.watched.get(gone)?.evidence], [true, 1, true]);
  assertEquals(node.membership.members.by_id.get(fakeId("eve"))!.failures, 0);
});

Deno.test("`keepOverlay()` closes links that neither end wants, where there are many", () => {
  // Their places are spread over the ring.
  const names = [..."0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"];
  const { membership: { members }, session: { links }, config } = new Stage(...names).node;
  assertEquals([links.size, members.sorted.length], [LINKS_KEPT, names.length]);
  const peers = new Set([...links.values()].map(({ peer }) => peer));
  const me = { ...namedMember(config.id, "me:7000", NOW_MS), state: "alive" } as const;
  const all = setMember(members, me);
  const wants = (one: string, other: string) =>
    neighboursOf(all, one, config.overlay, isThere).wanted.some(({ id }) => id === other);
  for (const id of members.sorted) {
    assert(peers.has(id) || !wants(config.id, id) && !wants(id, config.id), id);
  }
});

/** What is dialled within some time, where nobody answers. */
function triesOf(before: NodeState, time_ms: number): [NodeState, { at: number; to: string }[]] {
  const tries: { at: number; to: string }[] = [];
  let node = before;
  const { now_ms } = before;
  for (let at = now_ms; at <= now_ms + time_ms; at += 100) {
    const ping = linesEvent(1, '{"k":"ping","x":1}');
    const [ticked, effects] = tickAt(drive(node, { ...ping, now_ms: at } as Event)[0], at);
    node = ticked;
    for (const to of dials(effects)) {
      tries.push({ at, to });
      [node] = drive(node, failed(to, at));
    }
  }
  return [node, tries];
}

Deno.test("`keepOverlay()` under `given` dials all addresses to join, again and again, and no others", () => {
  const presence = makeLine({
    origin: fakeId("dan"),
    topic: "presence",
    seq: 1,
    items: '[{"address":"d:1"}]',
  });
  const [node, effects] = inStep(0, GIVEN);
  assertEquals([node.membership.life.phase, dials(effects)], ["running", ["b:2"]]);
  const named = JSON.stringify({ k: "peers", p: [[fakeId("eve"), "e:1"]] });
  const guest = '{"k":"hello","v":1,"network":"rumor","guest":true}';
  const [known] = driveAll(node, [
    failed("b:2"),
    linesEvent(1, presence, named),
    openedEvent(2),
    linesEvent(2, guest),
  ]);
  const [after, tries] = triesOf(known, 30_000);
  assertEquals(new Set(tries.map(({ to }) => to)), new Set(["b:2"]));
  const pauses = tries.slice(1).map(({ at }, index) => at - tries[index].at);
  assert(pauses.every((pause) => pause >= 500 && pause <= 3_500), pauses.join(" "));
  // Of `dan`, who cannot be dialled, nobody thinks ill.
  assertEquals(after.membership.watched.size, 0);
  assertEquals([...after.membership.members.by_id.keys()].sort(), [fakeId("ann"), fakeId("dan")]);
});

Deno.test("`lost()` under `given` dials who was linked, soon, and misses who does not answer", () => {
  const [node] = inStep(0, { overlay: "given" });
  const presence = makeLine({
    origin: fakeId("ann"),
    topic: "presence",
    seq: 1,
    items: '[{"address":"ann:9"}]',
  });
  const [known] = driveAll(node, [linesEvent(1, presence)]);
  const [cut] = driveAll(known, [{ kind: "closed", now_ms: NOW_MS, link: 1 }]);
  const [after, tries] = triesOf(cut, 1_000);
  // Where this node was told to find her, not where she says that she is.
  assertEquals(tries[0].to, "ann:7000");
  assert(tries[0].at <= NOW_MS + 500);
  assertEquals(after.membership.watched.get(fakeId("ann"))?.evidence, true);
  // It never waits long, and each try counts.
  const [gone, all] = triesOf(cut, 60_000);
  const pauses = all.slice(1).map(({ at }, index) => at - all[index].at);
  assert(pauses.every((pause) => pause <= 3_500), pauses.join(" "));
  assertEquals(gone.membership.members.by_id.get(fakeId("ann"))!.failures, all.length);
});

Deno.test("`lost()` under `given` dials nobody who needs no link, or said so", () => {
  const [node] = driveAll(linkedNode({ overlay: "given" }), [
    linesEvent(2, '{"k":"bye","code":"surplus","why":""}'),
    linesEvent(3, '{"k":"bye","code":"left","why":""}'),
  ]);
  assertEquals([node.session.links.size, triesOf(node, 60_000)[1]], [1, []]);
});

Deno.test("`keepOverlay()` under `given` dials no address twice where somebody is slow to greet", () => {
  const [node] = inStep(0, GIVEN);
  const [open] = driveAll(node, [{ ...openedEvent(2), dialled: "b:2" } as Event]);
  assertEquals(triesOf(open, HELLO_TIMEOUT_MS - 1)[1], []);
  assertEquals(triesOf(open, HELLO_TIMEOUT_MS + 4_000)[1][0].to, "b:2");
});

Deno.test("`lost()` dials an address to join no more that is this node's own", () => {
  const [node, effects] = inStep(0, { ...GIVEN, join: ["ann:7000", "alias:1"] });
  assertEquals(dials(effects), ["alias:1"]);
  const opened = { ...openedEvent(2), dialled: "alias:1" } as Event;
  const self = '{"k":"bye","code":"self","why":"this is the same node"}';
  const [told] = driveAll(node, [opened, linesEvent(2, self)]);
  assertEquals(triesOf(told, 60_000)[1], []);
});

Deno.test("`greeted()` learns that two addresses to join lead to one node, which has one link", () => {
  const [node] = inStep(0, GIVEN);
  const opened = { ...openedEvent(2), dialled: "b:2" } as Event;
  const duplicate = '{"k":"bye","code":"duplicate","why":"there is a newer link"}';
  const [once] = driveAll(node, [
    opened,
    linesEvent(2, ...greeting(2, "ann")),
    linesEvent(1, duplicate),
  ]);
  assertEquals([...once.session.links.keys()], [2]);
  const [cut, tries] = triesOf(once, 4_000);
  assertEquals([cut.session.links.size, tries], [1, []]);
});

Deno.test("`lost()` believes nothing that comes before the proof", () => {
  const presence = makeLine({
    origin: fakeId("dan"),
    topic: "presence",
    seq: 1,
    items: '[{"address":"d:1"}]',
  });
  const [known] = driveAll(inStep(0, { overlay: "given" })[0], [linesEvent(1, presence)]);
  const [hello] = greeting(2, "dan");
  for (const last of [linesEvent(2, '{"k":"bye","code":"left","why":""}'), null]) {
    const closed = { kind: "closed", now_ms: NOW_MS, link: 2 } as const;
    const [node] = driveAll(known, [openedEvent(2), linesEvent(2, hello), last ?? closed]);
    const { state, lost } = node.membership.members.by_id.get(fakeId("dan"))!;
    assertEquals([node.session.links.size, state, lost], [1, "alive", false]);
  }
});

Deno.test("`start()` under `given` joins nobody that it was not told", () => {
  const dan = { ...namedMember(fakeId("dan"), "d:1", 0), state: "alive", seq: 1 } as const;
  const fresh = initialState({ ...CONFIG, overlay: "given", join: ["a:1"] }, 1, APPS);
  const members = setMember(fresh.membership.members, dan);
  const before = { ...fresh, membership: { ...fresh.membership, members } };
  const [node, effects] = driveAll(before, [started, failed("a:1")]);
  assertEquals([node.membership.life.phase, new Set(dials(effects))], [
    "running",
    new Set(["a:1"]),
  ]);
});
