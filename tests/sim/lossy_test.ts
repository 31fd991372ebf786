import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import type { Loss } from "../../src/sim/cables.ts";
import { LOSSY_WINDOW_BYTES_MIN } from "../../src/core/data/limits.ts";
import type { Network } from "../../src/sim/network.ts";
import { Dice } from "../../src/sim/dice.ts";
import { assertAgreement, assertOrder, assertPrintedOnce, Speaker } from "../helpers/agreement.ts";
import { check } from "../helpers/check.ts";
import { makeNetwork } from "../helpers/sim_network.ts";

const BAD: Loss = { drop: 0.3, duplicate: 0.1, reorder: 0.2 };

/** A full room: everybody is linked, and has printed nothing yet. */
function makeRoom(seed: number, size: number, loss: Loss) {
  const sim = makeNetwork({ seed, latency_ms: [1, 10], loss });
  const first = sim.addNode();
  sim.pass(100);
  while (sim.nodes.length < size) {
    sim.addNode({ join: [first], config: { must_join: true } });
    sim.pass(50);
  }
  sim.pass(5_000);
  for (const node of sim.nodes) {
    assertEquals(node.state.membership.life.phase, "running", node.name);
  }
  return sim;
}

function countAll(sim: Network, what: string): number {
  return sim.nodes.reduce((sum, node) => sum + (node.state.counts.get(what) ?? 0), 0);
}

Deno.test("ten nodes that chat all at once over bad links print each line once, causes first", () => {
  check(
    fc.property(fc.integer(), (seed) => {
      const sim = makeRoom(seed, 10, BAD);
      const speakers = sim.nodes.map((node) => new Speaker(sim, node));
      const dice = new Dice(seed);
      for (let round = 0; round < 20; round++) {
        for (const speaker of speakers) speaker.say(dice.next() < 0.5);
        sim.pass(dice.below(60));
      }
      const texts = speakers.flatMap(({ said }) => said);
      sim.pass(3_000);
      assertPrintedOnce(sim, sim.nodes, texts);
      assertAgreement(sim.nodes);
      assertOrder(sim, sim.nodes);
      // Loss is no fault: no link was closed, nobody was suspected, and there was loss.
      assertEquals(countAll(sim, "members-suspected"), 0);
      assertEquals(countAll(sim, "closed:bad-order"), 0);
      assert(countAll(sim, "sent-again") > 0);
    }),
    10,
    4,
  );
});

Deno.test("a lost greeting is said again until the link is up", () => {
  check(
    fc.property(fc.integer(), (seed) => {
      const sim = makeNetwork({ seed, loss: { drop: 0.6, duplicate: 0.2, reorder: 0.5 } });
      const first = sim.addNode();
      const second = sim.addNode({ join: [first] });
      sim.pass(20_000);
      assertEquals(second.state.membership.life.phase, "running");
      assertEquals([...first.state.session.links.values()].map(({ stage }) => stage), ["up"]);
      for (const node of sim.nodes) {
        assertEquals(node.state.counts.get("rejected:bad-order"), undefined);
        assertEquals([...node.state.repair.links.values()][0].words.first_clock.length, 0);
      }
    }),
    20,
  );
});

Deno.test("a lossy link that loses nothing says nothing twice", () => {
  const sim = makeNetwork({ latency_ms: [1, 5], loss: { drop: 0, duplicate: 0, reorder: 0 } });
  const first = sim.addNode(), second = sim.addNode({ join: [first] });
  sim.pass(1_000);
  const speaker = new Speaker(sim, second);
  for (let count = 0; count < 100; count++) {
    speaker.say();
    sim.pass(10);
  }
  sim.pass(1_000);
  assertPrintedOnce(sim, [first], speaker.said);
  assertEquals(countAll(sim, "sent-again"), 0);
  assertEquals(countAll(sim, "duplicates"), 0);
});

Deno.test("a late joiner over bad links gets the whole history", () => {
  const sim = makeRoom(7, 3, BAD);
  const speaker = new Speaker(sim, sim.nodes[1]);
  for (let count = 0; count < 500; count++) speaker.say();
  sim.pass(3_000);
  const late = sim.addNode({ join: [sim.nodes[0]], config: { must_join: true } });
  sim.run(() => sim.printed(late).length === 500);
  assertPrintedOnce(sim, [late], speaker.said);
});

Deno.test("what retention dropped is told as a gap over bad links too", () => {
  check(
    fc.property(fc.integer(), (seed) => {
      const sim = makeNetwork({ seed, loss: BAD });
      const config = { keep_bytes: 20_000 };
      const first = sim.addNode({ config });
      const speaker = new Speaker(sim, first);
      for (let count = 0; count < 200; count++) {
        speaker.say();
        sim.pass(5);
      }
      const late = sim.addNode({ join: [first], config });
      const began_ms = sim.now_ms;
      sim.run(() => sim.printed(late).at(-1) === speaker.said.at(-1));
      // It is offered again when it is lost, not only when everything else was given up.
      assert(sim.now_ms - began_ms < 10_000);
      const [gap, ...rest] = sim.printed(late);
      assert(gap.startsWith("(gap "), gap);
      assert(rest.length > 0 && rest.length < 200);
      assertEquals(rest, speaker.said.slice(-rest.length));
    }),
    30,
  );
});

Deno.test("no more is under way to a peer that nothing reaches than its window holds", () => {
  const sim = makeNetwork({ latency_ms: [1, 5], loss: { drop: 0, duplicate: 0, reorder: 0 } });
  const first = sim.addNode(), second = sim.addNode({ join: [first] });
  sim.pass(1_000);
  sim.spoil(first, second, { drop: 1, duplicate: 0, reorder: 0 });
  for (let count = 0; count < 100; count++) {
    sim.publish(first, "chat", [`${count} ${"x".repeat(1_000)}`]);
    sim.pass(10);
  }
  const [lossy] = first.state.repair.links.values();
  assert(lossy.flight_bytes > LOSSY_WINDOW_BYTES_MIN);
  assert(lossy.flight_bytes <= 2 * LOSSY_WINDOW_BYTES_MIN);
});

Deno.test("who leaves over bad links is heard to the end", () => {
  check(
    fc.property(fc.integer(), (seed) => {
      const sim = makeRoom(seed, 4, BAD);
      const [one, ...others] = sim.nodes;
      const speaker = new Speaker(sim, one);
      for (let count = 0; count < 50; count++) speaker.say();
      sim.leave(one);
      sim.run(() => one.acknowledged !== null);
      assertEquals(one.acknowledged, true);
      sim.pass(3_000);
      assertPrintedOnce(sim, others, speaker.said);
      for (const { state } of others) {
        assertEquals(state.membership.members.by_id.get(one.id)?.state, "left");
      }
    }),
    10,
  );
});

Deno.test("links of both kinds mix, also where they break again and again", () => {
  check(
    fc.property(fc.integer(), (seed) => {
      const sim = makeNetwork({ seed, latency_ms: [1, 10] });
      const dice = new Dice(seed);
      const speakers: Speaker[] = [];
      for (let count = 0; count < 8; count++) {
        const join = count === 0 ? [] : [dice.pick(sim.nodes)];
        const node = sim.addNode({ join, config: { must_join: count > 0 } });
        // How two nodes are linked is known before the first of them dials.
        for (const other of sim.nodes) if (dice.next() < 0.5) sim.spoil(node, other, BAD);
        speakers.push(new Speaker(sim, node));
        sim.pass(3_000);
      }
      for (let count = 0; count < 100; count++) {
        dice.pick(speakers).say(dice.next() < 0.5);
        if (dice.next() < 0.1) sim.cut(dice.pick(sim.nodes), dice.pick(sim.nodes));
        sim.pass(dice.below(50));
      }
      const kinds = new Set(
        sim.nodes.flatMap(({ state }) =>
          [...state.session.links.values()].map((link) => link.lossy)
        ),
      );
      assertEquals(kinds.size, 2);
      sim.pass(20_000);
      assertPrintedOnce(sim, sim.nodes, speakers.flatMap(({ said }) => said));
      assertAgreement(sim.nodes);
      assertOrder(sim, sim.nodes);
    }),
    10,
    4,
  );
});
