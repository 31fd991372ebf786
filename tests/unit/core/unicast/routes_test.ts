import { assert, assertEquals, assertLess } from "@std/assert";
import { ROUTE_REFRESH_MS, ROUTED_PER_SECOND } from "../../../../src/core/data/limits.ts";
import { reduceFlow } from "../../../../src/core/flow/reduce.ts";
import type { LinkFlow } from "../../../../src/core/flow/slice.ts";
import type { Entry } from "../../../../src/core/log/entry.ts";
import type { NodeState } from "../../../../src/core/node.ts";
import { SharedMap } from "../../../../src/core/data/shared_map.ts";
import { reduceUnicast } from "../../../../src/core/unicast/reduce.ts";
import type { Route } from "../../../../src/core/unicast/slice.ts";
import { nextHop } from "../../../../src/core/unicast/turn.ts";
import type { LinkId } from "../../../../src/core/types.ts";
import { fakeId } from "../../../../src/sim/crypto.ts";
import { linkedNode } from "../../../helpers/node_subject.ts";
import { tellRoom } from "../../../helpers/rooms.ts";
import { Stage } from "../../../helpers/stage.ts";

const [ANN, BOB, CYD] = ["ann", "bob", "cyd"].map(fakeId);
const BY_BOB: Route = { link: 2, seq: 1, time_ms: 1, since_ms: 1 };

function withRoutes(node: NodeState, ...routes: readonly (readonly [string, Route])[]): NodeState {
  return { ...node, unicast: { ...node.unicast, routes: new Map(routes) } };
}

Deno.test("`learnRoutes()` follows the newest words of a member, and of nobody else", () => {
  const { node } = new Stage("ann", "bob");
  const entry = (topic: string, seq: number, time_ms: number, origin = CYD) =>
    ({ origin, topic, seq, time_ms }) as Entry;
  const stage = new Stage("ann", "bob");
  stage.say("cyd");
  const learn = (state: NodeState, link: number, one: Entry, later_ms = 0) => {
    const event = { kind: "learn", link, entries: [one] } as const;
    return tellRoom(state, "unicast", reduceUnicast, event, { later_ms })[0];
  };
  const linkOf = (state: NodeState) => state.unicast.routes.get(CYD)?.link;
  assertEquals(linkOf(learn(node, 1, entry("chat", 1, 50))), undefined);
  let known = learn(withRoutes(stage.node), 1, entry("presence", 3, 50));
  assertEquals(linkOf(known), 1);
  assertEquals(linkOf(learn(known, 2, entry("presence", 3, 60))), 1);
  assertEquals(linkOf(learn(known, 2, entry("presence", 2, 60))), 1);
  assertEquals(linkOf(learn(known, 2, entry("presence", 4, 40))), 2);
  assertEquals(linkOf(learn(known, 2, entry("chat", 9, 60))), 1);
  assertEquals(linkOf(learn(known, 2, entry("chat", 9, 50), ROUTE_REFRESH_MS)), 1);
  known = learn(known, 2, entry("chat", 9, 60), ROUTE_REFRESH_MS);
  assertEquals(linkOf(known), 2);
  assertEquals(known.unicast.routes.get(CYD)?.seq, 3);
});

Deno.test("`nextHop()` is the node itself where there is a link to it", () => {
  const { unicast, session } = withRoutes(
    new Stage("ann", "bob").node,
    [ANN, BY_BOB],
    [CYD, BY_BOB],
  );
  assertEquals(nextHop(unicast, session, ANN)?.peer, ANN);
  assertEquals(nextHop(unicast, session, CYD)?.peer, BOB);
  assertEquals(nextHop(unicast, { ...session, links: SharedMap.of() }, CYD), null);
});

Deno.test("`forgetRoutes()` forgets what a link led to when it breaks", () => {
  const stage = new Stage("ann", "bob");
  stage.node = withRoutes(stage.node, [CYD, BY_BOB]);
  stage.lose("bob");
  assertEquals(stage.node.unicast.routes.size, 0);
});

Deno.test("`handOn()` hands on so many lines a second to one peer, and drops the others", () => {
  const line = { k: "route", h: 5, to: ANN, o: BOB, m: "data", n: 1, x: "" } as const;
  const counts = new Map<string, number>();
  /** Hands on many; gives how many went out. */
  const flood = (later_ms = 0) => {
    let sent = 0;
    state = { ...state, now_ms: state.now_ms + later_ms };
    for (let count = 0; count < 3 * ROUTED_PER_SECOND; count++) {
      const [after, outs] = tellRoom(state, "unicast", reduceUnicast, { kind: "hand_on", line });
      state = after;
      for (const out of outs) {
        if (out.kind === "send") sent += out.lines.length;
        if (out.kind === "count") counts.set(out.what, (counts.get(out.what) ?? 0) + out.times);
        if (out.kind !== "handed_on") continue;
        [state] = tellRoom(state, "flow", reduceFlow, out);
      }
    }
    return sent;
  };
  // What is acknowledged at once leaves only the count as a limit.
  const acked = (state: NodeState): NodeState => {
    const links = SharedMap.of<LinkId, LinkFlow>(
      [...state.flow.links.entries()].map(([id, flow]) => {
        const { outward } = flow, acked_bytes = outward.sent_bytes;
        return [id, { ...flow, outward: { ...outward, acked_bytes, beside: [] } }] as const;
      }),
    );
    return { ...state, flow: { links } };
  };
  let state = linkedNode();
  let total = flood();
  assertLess(total, ROUTED_PER_SECOND);
  assert(counts.get("not-routed:full")! > 0);
  for (let round = 0; round < 10; round++) {
    state = acked(state);
    total += flood();
  }
  assertEquals(total, ROUTED_PER_SECOND);
  assert(counts.get("not-routed:too-many")! > 0);
  state = acked(state);
  assertEquals(flood(100), ROUTED_PER_SECOND / 10);
});
