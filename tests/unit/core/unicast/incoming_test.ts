import { assert, assertEquals } from "@std/assert";
import {
  EARLY_BYTES_MAX,
  FRONT_WINDOW_BYTES,
  LANES_MAX,
  PACKETS_EARLY_MAX,
  PACKETS_IN_FLIGHT_MAX,
} from "../../../../src/core/data/limits.ts";
import type { NodeState } from "../../../../src/core/node.ts";
import { decodeAck, encodeParcel, sealContext } from "../../../../src/core/unicast/packets.ts";
import { reduceUnicast } from "../../../../src/core/unicast/reduce.ts";
import type { Incoming } from "../../../../src/core/unicast/slice.ts";
import type { UnicastOut } from "../../../../src/core/unicast/turn.ts";
import { fakeCrypto, fakeId } from "../../../../src/sim/crypto.ts";
import { BOX, knowing, Messenger, packetsOf } from "../../../helpers/messenger.ts";
import { CONFIG } from "../../../helpers/node_subject.ts";
import { tellRoom } from "../../../helpers/rooms.ts";
import { Stage } from "../../../helpers/stage.ts";

const [ANN, BOB] = ["ann", "bob"].map(fakeId);
const BASE64URL = { alphabet: "base64url" } as const;

Deno.test("`takePacket()` delivers packets in the order of what they come after, each once", () => {
  const me = new Messenger(knowing([ANN]));
  me.take(ANN, 12, { after: 11, items: ["c"] });
  me.take(ANN, 11, { after: 10, items: ["b"] });
  assertEquals(me.heard, []);
  me.take(ANN, 10, { items: ["a"] });
  assertEquals(me.heard, ["a", "b", "c"]);
  for (const number of [10, 11, 12]) me.take(ANN, number, { items: ["again"] });
  assertEquals(me.heard, ["a", "b", "c"]);
  assertEquals(me.node.unicast.incoming.get(ANN)?.early.size, 0);
});

Deno.test("`takePacket()` leaves out what its sender gave up, and what waited for that", () => {
  const me = new Messenger(knowing([ANN]));
  me.take(ANN, 12, { after: 11, items: ["waits in vain"] });
  me.take(ANN, 20, { items: ["new"] });
  assertEquals(me.heard, ["new"]);
  me.take(ANN, 11, { items: ["too late"] });
  assertEquals(me.heard, ["new"]);
  const incoming = me.node.unicast.incoming.get(ANN)!;
  assertEquals(incoming, { ...incoming, last: 20, early: new Map() });
});

Deno.test("`takePacket()` keeps so many early packets and no more", () => {
  const me = new Messenger(knowing([ANN]));
  for (let number = 2; number < 2 * PACKETS_EARLY_MAX; number++) {
    me.take(ANN, number, { after: number - 1 });
  }
  assertEquals(me.node.unicast.incoming.get(ANN)?.early.size, PACKETS_EARLY_MAX);
  assert(me.count("private:too-early") > 0);
});

Deno.test("`takePacket()` begins anew with a new run of the sender, and hears no older one", () => {
  const keys = fakeCrypto(), runs = [keys.sealer("ann"), keys.sealer("ann")];
  const stage = new Stage("ann");
  const take = (state: NodeState, run: number, number: number, text: string) => {
    const context = sealContext("rumor", ANN, CONFIG.id);
    const seal = { peer: CONFIG.id, box: CONFIG.box, context, role: "data", number } as const;
    const parcel = encodeParcel({ after: 0, time_ms: 1, app: "private", items: [text] });
    const x = runs[run].seal(seal, parcel)!;
    const line = { k: "route", h: 5, to: CONFIG.id, o: ANN, m: "data", n: number, x } as const;
    return tellRoom(state, "unicast", reduceUnicast, { kind: "packet", line });
  };
  const heard = (outs: readonly UnicastOut[]) =>
    outs.flatMap((out) => out.kind === "message" ? out.items : []);
  stage.say("ann", { box: runs[0].box });
  const [before, first] = take(stage.node, 0, 9, "before");
  assertEquals(heard(first), ["before"]);
  stage.node = before;
  stage.say("ann", { box: runs[1].box });
  const [node, second] = take(stage.node, 1, 1, "after");
  assertEquals([heard(second), node.unicast.incoming.get(ANN)?.last], [["after"], 1]);
  const [same, old] = take(node, 0, 10, "of the run before");
  assertEquals([heard(old), same.unicast.incoming], [[], node.unicast.incoming]);
});

Deno.test("`takePacket()` keeps early packets of many senders up to a limit, and hears all of them", () => {
  const senders = Array.from({ length: 8 }, (_, at) => fakeId(`s${at}`));
  const text = "x".repeat(100_000);
  const me = new Messenger(knowing([...senders, ANN]));
  for (const sender of senders) {
    for (let number = 2; number < 2 + PACKETS_EARLY_MAX; number++) {
      me.take(sender, number, { after: 2 ** 50, items: [text] });
    }
  }
  const { early_bytes } = me.node.unicast;
  assert(early_bytes <= EARLY_BYTES_MAX, `${early_bytes}`);
  assert(early_bytes > EARLY_BYTES_MAX / 2);
  me.take(ANN, 5, { after: 4, items: [text] });
  me.take(ANN, 4, { items: ["first"] });
  me.take(ANN, 5, { after: 4, items: ["again"] });
  // Whoever sent what waits for ever goes on without it, and it is let go.
  for (const sender of senders) me.take(sender, 2 ** 40, { items: ["new"] });
  assertEquals(me.node.unicast.early_bytes, 0);
  assertEquals(me.heard, ["first", "again", ...senders.map(() => "new")]);
});

Deno.test("`takePacket()` makes room for a new sender where a former one is no member any more", () => {
  const state = knowing([ANN, BOB]);
  const known = {
    box: BOX,
    bulk: false,
    last: 3,
    refused: [],
    early: new Map(),
    owes_ack: false,
    print: 0,
  };
  const incoming = new Map<string, Incoming>([[BOB, { ...known, peer: BOB }]]);
  for (let at = 1; at < LANES_MAX; at++) {
    incoming.set(`former ${at}`, { ...known, peer: `former ${at}` });
  }
  const me = new Messenger({ ...state, unicast: { ...state.unicast, incoming } });
  me.take(ANN, 1, { items: ["hello"] });
  const { incoming: after } = me.node.unicast;
  assertEquals(after.size, LANES_MAX);
  assertEquals(me.heard.length, 1);
  assertEquals([after.has(BOB), after.get(ANN)?.last], [true, 1]);
});

Deno.test("`acknowledge()` tells a sender of what the output has taken, once, and again when asked", () => {
  const me = new Messenger(knowing([ANN]));
  const answer = (answered: number) => {
    const { output } = me.node;
    me.node = { ...me.node, output: { ...output, debt: { ...output.debt, answered } } };
    return packetsOf(me.tell({ kind: "acknowledge" }));
  };
  me.take(ANN, 4, { items: ["x"] });
  me.tell({ kind: "shown", lane: { peer: ANN, bulk: false }, print: 2 });
  assertEquals([answer(0), answer(1), answer(2), answer(2)], [[], [], ["ack 1"], []]);
  me.take(ANN, 4, { items: ["x"] });
  assertEquals([me.heard, answer(2), answer(3)], [["x"], ["ack 2"], []]);
});

Deno.test("`takePacket()` takes nothing while the output owes a window", () => {
  const node = knowing([ANN]), { output } = node;
  const debt = { ...output.debt, unprinted_bytes: FRONT_WINDOW_BYTES };
  const me = new Messenger({ ...node, output: { ...output, debt } });
  me.take(ANN, 4, { items: ["x"] });
  assertEquals([me.heard, me.count("private:output-full")], [[], 1]);
  me.node = { ...me.node, output };
  me.take(ANN, 4, { items: ["x"] });
  assertEquals(me.heard, ["x"]);
});

Deno.test("`noteRefused()` tells the sender what nobody here reads, until it knows", () => {
  const me = new Messenger(knowing([ANN]));
  const acked = () =>
    me.tell({ kind: "acknowledge" }).flatMap((out) =>
      out.kind === "hand_on" ? [decodeAck(Uint8Array.fromBase64(out.line.x, BASE64URL))] : []
    );
  const refuse = (number: number, after: number) => {
    me.take(ANN, number, { after, app: "weather" });
    me.tell({ kind: "refused", lane: { peer: ANN, bulk: false }, number });
  };
  refuse(4, 0);
  me.take(ANN, 6, { after: 4 });
  refuse(7, 6);
  assertEquals(acked(), [{ last: 7, refused: [4, 7] }]);
  // The acknowledgement is lost, and the sender asks again.
  me.take(ANN, 4, { app: "weather" });
  assertEquals(acked(), [{ last: 7, refused: [4, 7] }]);
  me.take(ANN, 8, { after: 0 });
  assertEquals(acked(), [{ last: 8, refused: [] }]);
});

Deno.test("`noteRefused()` remembers as many as a sender may wait for, and no more", () => {
  const me = new Messenger(knowing([ANN]));
  for (let number = 1; number <= 2 * PACKETS_IN_FLIGHT_MAX; number++) {
    me.take(ANN, number, { after: number - 1 });
    me.tell({ kind: "refused", lane: { peer: ANN, bulk: false }, number });
  }
  const { refused } = me.node.unicast.incoming.get(ANN)!;
  assertEquals([refused.length, refused.at(-1)], [
    PACKETS_IN_FLIGHT_MAX,
    2 * PACKETS_IN_FLIGHT_MAX,
  ]);
});
