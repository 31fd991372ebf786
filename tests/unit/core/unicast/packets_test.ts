import { assertEquals } from "@std/assert";
import { PACKETS_IN_FLIGHT_MAX } from "../../../../src/core/data/limits.ts";
import {
  decodeAck,
  decodeParcel,
  encodeAck,
  encodeParcel,
} from "../../../../src/core/unicast/packets.ts";

const encoder = new TextEncoder();
const decoder = new TextDecoder();

Deno.test("`decodeParcel()` and `decodeAck()` take nothing that makes no sense", () => {
  const good = { after: 0, time_ms: 5, app: "private", items: ["a", { base64: "AAEC" }] };
  assertEquals(decodeParcel(encodeParcel(good)), good);
  const bad = [
    "",
    "null",
    "[]",
    '{"a":-1,"w":1,"b":[]}',
    '{"a":0,"w":1.5,"b":[]}',
    '{"a":0,"w":1,"b":"x"}',
    '{"a":0,"w":1,"t":7,"b":[]}',
    '{"a":0,"w":1,"t":null,"b":[]}',
    '{"a":9007199254740993,"w":1,"b":[]}',
    '{"a":0,"w":253402300800000,"b":[]}',
    "[".repeat(100_000),
    '{"a":0,"w":1,"b":["\\ud800"]}',
  ];
  for (const text of bad) assertEquals(decodeParcel(encoder.encode(text)), null, text.slice(0, 40));
  assertEquals(decodeParcel(new Uint8Array([0xff])), null);
  const acks = [{ last: 3, refused: [] }, { last: 9, refused: [2, 9] }];
  for (const ack of acks) assertEquals(decodeAck(encodeAck(ack)), ack);
  const bad_acks = [
    ...["", "0", "-1", "1.5", '"1"', "[1]", "9007199254740993", "null", "{}"],
    ...['{"n":0,"r":[]}', '{"n":3}', '{"n":3,"r":1}', '{"n":3,"r":[0]}', '{"n":3,"r":["2"]}'],
    `{"n":300,"r":[${"1,".repeat(PACKETS_IN_FLIGHT_MAX)}1]}`,
  ];
  for (const text of bad_acks) assertEquals(decodeAck(encoder.encode(text)), null, text);
});

Deno.test("`encodeParcel()` names every app but the one that parcels without a name are for", () => {
  const parcel = { after: 3, time_ms: 5, app: "files", items: [[1, 2]] };
  assertEquals(decoder.decode(encodeParcel(parcel)), '{"a":3,"w":5,"t":"files","b":[[1,2]]}');
  assertEquals(decodeParcel(encodeParcel(parcel)), parcel);
  const usual = { ...parcel, app: "private" };
  assertEquals(decoder.decode(encodeParcel(usual)), '{"a":3,"w":5,"b":[[1,2]]}');
});
