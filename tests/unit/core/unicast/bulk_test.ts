import { assertEquals } from "@std/assert";
import { BULK_FLIGHT_BYTES_MAX } from "../../../../src/core/data/limits.ts";
import type { Source } from "../../../../src/core/types.ts";
import { encodeAck } from "../../../../src/core/unicast/packets.ts";
import { fakeId } from "../../../../src/sim/crypto.ts";
import { answersOf, knowing, Messenger, packetsOf } from "../../../helpers/messenger.ts";

const ANN = fakeId("ann");
const BASE64URL = { alphabet: "base64url", omitPadding: true } as const;

function app(tag: number): Source {
  return { kind: "app", app: "files", tag };
}

Deno.test("`reduceUnicast()` acknowledges large messages beside the others, each in its own order", () => {
  const me = new Messenger(knowing([ANN]));
  me.send(ANN, ["large"], { bulk: true, source: app(1) });
  me.send(ANN, ["small"], { source: app(2) });
  assertEquals(packetsOf(me.pass()), ["bulk 1", "data 2"]);
  // Neither waits for the other.
  const flights = [...me.node.unicast.outgoing.values()].map(({ bulk, flight }) => [
    bulk,
    ...flight.map(({ number }) => number),
  ]);
  assertEquals(flights, [[true, 1], [false, 2]]);
  // An acknowledgement of the others says nothing of it, however far it goes.
  const tagsOf = (outs: Parameters<typeof answersOf>[0]) =>
    answersOf(outs).map(({ source, why }) => [source.kind === "app" && source.tag, why]);
  assertEquals(tagsOf(me.takeAck(ANN, 2)), [[2, null]]);
  assertEquals(tagsOf(me.takeAck(ANN, 2)), []);
  assertEquals(tagsOf(me.takeAck(ANN, 1, "bulk-ack")), [[1, null]]);
  me.pass();
  const { outgoing, outgoing_bytes } = me.node.unicast;
  assertEquals([outgoing.size, outgoing_bytes], [0, 0]);
});

Deno.test("`reduceUnicast()` takes large messages in an order of their own, and says how far", () => {
  const me = new Messenger(knowing([ANN]));
  me.take(ANN, 3, { after: 2, items: ["behind"], app: "files" }, "bulk");
  me.take(ANN, 4, { items: ["usual"] });
  assertEquals(me.heard, ["usual"]);
  me.take(ANN, 2, { items: ["before"], app: "files" }, "bulk");
  assertEquals(me.heard, ["usual", "before", "behind"]);
  const lanes = me.outs.flatMap((out) => out.kind === "message" ? [[out.app, out.lane.bulk]] : []);
  assertEquals(lanes, [["private", false], ["files", true], ["files", true]]);
  const acks = me.tell({ kind: "acknowledge" }).flatMap((out) =>
    out.kind === "hand_on" ? [[out.line.m, out.line.x]] : []
  );
  const [usual, large] = [4, 3].map((last) => encodeAck({ last, refused: [] }).toBase64(BASE64URL));
  assertEquals(new Map(acks as [string, string][]), new Map([["ack", usual], ["bulk-ack", large]]));
  assertEquals(me.tell({ kind: "acknowledge" }), []);
});

Deno.test("`reduceUnicast()` has few bytes of large messages in flight", () => {
  const me = new Messenger(knowing([ANN]));
  const text = "x".repeat(BULK_FLIGHT_BYTES_MAX / 4);
  for (let tag = 0; tag < 8; tag++) {
    me.send(ANN, [text], { bulk: true, source: app(tag) });
    me.send(ANN, [text], { source: app(tag) });
  }
  me.pass();
  const flightOf = (key: string) => me.node.unicast.outgoing.get(key)!.flight;
  const bytes = flightOf(`${ANN}/bulk`).reduce((sum, one) => sum + one.bytes, 0);
  assertEquals([flightOf(`${ANN}/bulk`).length, bytes <= BULK_FLIGHT_BYTES_MAX], [3, true]);
  assertEquals(flightOf(ANN).length, 8);
  // What was acknowledged makes room for what is behind it.
  me.takeAck(ANN, flightOf(`${ANN}/bulk`)[0].number, "bulk-ack");
  me.pass();
  assertEquals(flightOf(`${ANN}/bulk`).length, 3);
  // One that is larger than all that may be in flight goes alone.
  const alone = new Messenger(knowing([ANN]));
  for (const size of [2, 1]) {
    alone.send(ANN, ["x".repeat(size * BULK_FLIGHT_BYTES_MAX)], { bulk: true });
  }
  assertEquals(packetsOf(alone.pass()), ["bulk 1"]);
});

Deno.test("`reduceUnicast()` packs messages of one app together, and no others with them", () => {
  const me = new Messenger(knowing([ANN]));
  const said = [["private", "a"], ["private", "b"], ["files", "c"], ["private", "d"]] as const;
  for (const [app, text] of said) me.send(ANN, [text], { app });
  const lines = me.pass().flatMap((out) => out.kind === "hand_on" ? [out.line] : []);
  assertEquals(lines.length, 3);
  // The other end hears for which app each is.
  const other = new Messenger(knowing([ANN]));
  for (const line of lines) other.tell({ kind: "packet", line: { ...line, o: ANN } });
  const heard = other.outs.flatMap((out) =>
    out.kind === "message" ? [[out.app, ...out.items]] : []
  );
  assertEquals(heard, [["private", "a", "b"], ["files", "c"], ["private", "d"]]);
});
