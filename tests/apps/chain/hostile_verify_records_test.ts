/** Chains whose blocks order what is no record, or has no place there: refused in one line. */

import type { Json } from "../../../src/core/types.ts";
import { toJson } from "../../../src/apps/chain/blockchain.ts";
import { linesOf } from "../../../src/apps/chain/record.ts";
import { runRumor } from "../../helpers/process.ts";
import { assertAllRefused, type BadFiles, good, withData } from "./bad_files.ts";
import { mined, signedRecords, textData } from "./signed.ts";

const first_record = good.blocks[1].data as [[string, number[]]];

function signedBy(text: string, change: (line: string) => string): Json {
  const [{ line }] = signedRecords([{ k: "data", text }], { seq: 7 });
  return [[change(line), [0]]];
}

const BAD: BadFiles = {
  "another text": [
    toJson(good).replace('\\"text\\":\\"three\\"', '\\"text\\":\\"thrEe\\"'),
    /block 3: .*too little work/,
  ],
  "another text, worked for": [
    withData(signedBy("mine", (line) => line.replace('"mine"', '"mInE"'))),
    /block 7: .*signature/,
  ],
  "a record twice in a block": [
    withData([[`${(textData("x", 7) as [[string]])[0][0]}`, [0, 0]]]),
    /block 7: .*record twice/,
  ],
  "a record of another block": [withData(first_record), /block 7: .*record twice/],
  "an id twice": [
    withData(textData("again", 8, "id\x1b[31m"), mined(good, textData("once", 7, "id\x1b[31m"))),
    /block 8: .*id.*used/,
  ],
  "a record that nobody knows": [
    withData(linesOf(signedRecords([{ k: "nothing\x1b[2J" }], { seq: 7 })) as Json),
    /block 7: .*kind/,
  ],
  "a record that is a number": [
    withData(linesOf(signedRecords([7], { seq: 7 })) as Json),
    /block 7: .*kind/,
  ],
  "a record with __proto__": [
    withData(
      linesOf(signedRecords([JSON.parse('{"__proto__":{"k":"data","text":"x"}}')], {
        seq: 7,
      })) as Json,
    ),
    /block 7: .*kind/,
  ],
  "a record with more": [
    withData(linesOf(signedRecords([{ k: "data", text: "x", more: 1 }], { seq: 7 })) as Json),
    /block 7: .*no data/,
  ],
  "a record of another topic": [
    withData(
      linesOf(signedRecords([{ k: "data", text: "x" }], { seq: 7, topic: "chat" })) as Json,
    ),
    /block 7: .*topic/,
  ],
  "an entry of 20,000 bytes": [
    withData(linesOf(signedRecords([{ k: "data", text: "x".repeat(20_000) }], { seq: 7 })) as Json),
    /block 7: .*too long/,
  ],
  "a place that is not there": [
    withData([[(textData("x", 7) as [[string]])[0][0], [1]]]),
    /block 7: .*fewer/,
  ],
  "a place of -1": [
    withData([[(textData("x", 7) as [[string]])[0][0], [-1]]]),
    /block 7: .*no list/,
  ],
  "no places": [withData([[(textData("x", 7) as [[string]])[0][0], []]]), /block 7: .*no list/],
  "data that is null": [withData(null), /block 7: .*no list/],
  "data that is a number": [withData(7), /block 7: .*no list/],
  "data that is text": [withData("x"), /block 7: .*no list/],
  "data that is an object": [withData({ length: 1, 0: first_record[0] }), /block 7: .*no list/],
  "data of texts": [withData(["x"]), /block 7: .*no list/],
  "data of null": [withData([null]), /block 7: .*no list/],
  "a line that is no entry": [withData([["\x1b[2J{}", [0]]]), /block 7: .*entry/],
  "a line that is broken": [
    withData(signedBy("mine", (line) => line.slice(0, -1))),
    /block 7: .*entry/,
  ],
  "a line with a newline": [
    withData(signedBy("mine", (line) => `${line}\n`)),
    /block 7: .*entry/,
  ],
};

Deno.test("`rumor chain verify` refuses blocks that order what they may not", async (t) => {
  await assertAllRefused(t, BAD, (path) => runRumor(["chain", "verify", path]));
});
