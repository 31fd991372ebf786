import { assert, assertEquals, assertGreater } from "@std/assert";
import { JOIN_TIMEOUT_MS, REDIAL_MAX_MS } from "../../../../src/core/data/limits.ts";
import { proofText } from "../../../../src/core/wire/line.ts";
import { initialState, type NodeState } from "../../../../src/core/node.ts";
import type { Effect, Event, LinkId } from "../../../../src/core/types.ts";
import type { NodeConfig } from "../../../../src/core/data/config.ts";
import { fakeId } from "../../../../src/sim/crypto.ts";
import { crypto, makeLine } from "../../../helpers/history.ts";
import {
  APPS,
  CONFIG,
  drive,
  greeting,
  linesEvent,
  NOW_MS,
  openedEvent,
} from "../../../helpers/node_subject.ts";

const MEET = "meet:7900", OTHER = "other:7900";
const [DAN, EVE] = ["dan", "eve"].map(fakeId);

/** A node, and what its trackers and peers do. */
class Traveller {
  node: NodeState;
  now_ms = NOW_MS;
  effects: Effect[] = [];

  constructor(config: Partial<NodeConfig> = {}) {
    this.node = initialState({ ...CONFIG, trackers: [MEET], ...config }, 1, APPS);
    this.do({ kind: "started", now_ms: NOW_MS, host: null, fallback_host: "me", port: 7000 });
  }

  /** Events at this time, and a tick; forgets what was done before. */
  do(...events: Event[]): this {
    this.effects = [];
    for (const event of [...events, { kind: "tick", now_ms: 0 } as const]) {
      const [after, effects] = drive(this.node, { ...event, now_ms: this.now_ms });
      this.node = after;
      this.effects.push(...effects);
    }
    return this;
  }

  pass(time_ms: number): this {
    this.now_ms += time_ms;
    return this.do();
  }

  /** A tracker takes the connection that this node dialled, and greets. */
  meet(link: LinkId, address = MEET, more: Record<string, unknown> = { tracker: true }): this {
    const { id, sign } = crypto.signer("meet");
    const nonce = `nonce-${link}`;
    const hello = { k: "hello", v: 1, network: "rumor", id, address, nonce: "of-meet", ...more };
    const proof = { k: "proof", z: sign(proofText("rumor", nonce, id, CONFIG.id)) };
    return this.do(
      { ...openedEvent(link), dialled: address } as Event,
      linesEvent(link, JSON.stringify(hello), JSON.stringify(proof)),
    );
  }

  /** A tracker says who is there. */
  list(link: LinkId, names: readonly string[], more: Record<string, unknown> = {}): this {
    const p = names.map((name) => [fakeId(name), `${name}:7000`]);
    return this.do(linesEvent(link, JSON.stringify({ k: "peers", p, ...more })));
  }

  get dials(): string[] {
    return this.effects.flatMap((effect) => effect.kind === "dial" ? [effect.address] : []);
  }

  get notices(): string[] {
    return this.effects.flatMap((effect) =>
      effect.kind !== "notice"
        ? []
        : "why" in effect.notice
        ? [`${effect.notice.kind}: ${effect.notice.why}`]
        : [effect.notice.kind]
    );
  }
}

function refused(address: string): Event {
  return { kind: "dial_failed", now_ms: 0, address, why: "connection refused" };
}

Deno.test("`dialTrackers()` asks all trackers whom to join, and tries the newest first", () => {
  const one = new Traveller({ trackers: [MEET, OTHER] });
  assertEquals(one.dials, [MEET, OTHER]);
  assertEquals([one.meet(1).node.membership.life.phase, one.dials], ["joining", []]);
  one.list(1, ["dan"], { more: true });
  assertEquals(one.dials, []);
  // The other tracker may know more.
  one.list(1, ["eve"]);
  assertEquals([one.dials, one.node.membership.life.phase], [[], "joining"]);
  one.do(refused(OTHER));
  assertEquals([one.dials, one.notices], [["eve:7000"], ["tracker_failed: connection refused"]]);
  assertEquals(one.do(refused("eve:7000")).dials, ["dan:7000"]);
});

Deno.test("`takeListed()` lets whoever is the first begin a network without a warning", () => {
  const one = new Traveller({ must_join: true }).meet(1).list(1, []);
  assertEquals([one.node.membership.life.phase, one.notices], ["running", []]);
  // Who comes then dials by itself; if it does not, this node does.
  one.list(1, ["dan"]);
  assert(one.node.membership.members.by_id.has(DAN));
  assertEquals(one.pass(1_000).dials, []);
});

Deno.test("`trackerFailed()` ends a node that had to join, and says why", () => {
  const one = new Traveller({ must_join: true }).do(refused(MEET));
  assertEquals(one.notices, ["tracker_failed: connection refused", "alone"]);
  assertEquals([one.node.membership.life.phase, one.effects.at(-1)!.kind], ["done", "done"]);
  const full = new Traveller();
  full.do({ ...openedEvent(1), dialled: MEET } as Event);
  full.do(linesEvent(1, '{"k":"bye","code":"full","why":"no more than 10 peers"}'));
  assertEquals(full.notices.slice(0, 2), ["tracker_failed: no more than 10 peers", "alone"]);
});

Deno.test("`keepTrackers()` gives up a tracker that greets, and then says nothing", () => {
  const one = new Traveller().meet(1);
  one.pass(JOIN_TIMEOUT_MS).pass(JOIN_TIMEOUT_MS);
  assertEquals([one.node.membership.life.phase, one.node.session.links.size], ["running", 0]);
});

Deno.test("`takeHello()` takes no node for a tracker, and no tracker for a node", () => {
  const one = new Traveller().meet(1, MEET, {});
  const why = "tracker_failed: that is a node, not a tracker; use --join";
  assert(one.notices.includes(why), one.notices.join("\n"));
  const other = new Traveller({ trackers: [], join: [MEET] }).meet(1);
  const other_why = "join_failed: that is a tracker; use --tracker";
  assert(other.notices.includes(other_why), other.notices.join("\n"));
});

Deno.test("`trackerFailed()` comes back to a tracker that is gone, quietly and ever later", () => {
  const one = new Traveller().meet(1).list(1, []);
  assertEquals(one.node.membership.life.phase, "running");
  one.do({ kind: "closed", now_ms: 0, link: 1 });
  const tries: number[] = [], notices = [...one.notices];
  for (let at = 0; at < 3_000; at++) {
    one.pass(100);
    notices.push(...one.notices);
    if (!one.dials.includes(MEET)) continue;
    tries.push(one.now_ms);
    one.do(refused(MEET));
    notices.push(...one.notices);
  }
  const pauses = tries.slice(1).map((time, at) => time - tries[at]);
  assert(pauses.every((pause) => pause <= REDIAL_MAX_MS * 1.5 + 100), pauses.join(" "));
  assert(pauses[0] < 3_000 && pauses.at(-1)! > 10_000, pauses.join(" "));
  assertEquals([notices, one.node.membership.life.phase], [[], "running"]);
  // It comes back, and what it says is heard again.
  for (let at = 0; !one.dials.includes(MEET); at++) {
    assertGreater(600, at);
    one.pass(100);
  }
  one.meet(2).list(2, ["dan"]);
  assert(one.node.membership.members.by_id.has(DAN));
  assertEquals(one.node.membership.trackers.get(MEET)!.failures, 0);
});

Deno.test("`takeListed()` forgets whoever is gone, but not members that have spoken", () => {
  const one = new Traveller().meet(1).list(1, []);
  const item = JSON.stringify([{ address: "dan:7000" }]);
  const spoken = makeLine({ origin: DAN, topic: "presence", seq: 1, items: item });
  one.do({ ...openedEvent(2) }, linesEvent(2, ...greeting(2, "ann"), spoken));
  one.list(1, ["eve"]);
  assert(one.node.membership.members.by_id.has(EVE));
  one.list(1, [], { gone: [DAN, EVE, fakeId("ann")] });
  assertEquals([DAN, EVE].map((id) => one.node.membership.members.by_id.has(id)), [true, false]);
});

Deno.test("`takeListed()` hears a list only from a tracker", () => {
  const one = new Traveller().meet(1).list(1, []);
  one.do({ ...openedEvent(2) }, linesEvent(2, ...greeting(2, "ann")));
  one.list(2, ["eve"]).list(2, [], { gone: [EVE] });
  assert(one.node.membership.members.by_id.has(EVE));
});
