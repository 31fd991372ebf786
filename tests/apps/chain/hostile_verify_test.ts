/** Files that are no good chains: refused in one line, which names the first bad block. */

import { assert, assertEquals, assertMatch } from "@std/assert";
import type { Json } from "../../../src/core/types.ts";
import { addBlock, type Block, type Chain, toJson } from "../../../src/apps/chain/blockchain.ts";
import { linesOf } from "../../../src/apps/chain/record.ts";
import { type Result, runRumor } from "../../helpers/process.ts";
import { mined, rulesOf, signedRecords, textChain, textData, workedWith } from "./signed.ts";

const DEEP = 300_000;
/** Files that are looked at at the same time. */
const AT_ONCE = 3;
/** What a terminal obeys, or hides. */
// deno-lint-ignore no-control-regex -- what a terminal obeys is what is looked for
const UNSAFE = /[\x00-\x1f\x7f-\x9f\u202e]/;
const EVIL = "evil\x1b[2J\u202e\nrumor: all is good\x07\x9b";

const good = textChain(rulesOf(), ["one", "two", "three", "four", "five", "six"]);
const six = good.blocks[6];
const again = { rules: good.rules, blocks: good.blocks.slice(0, 6) };

/** A good chain as a value whose parts can be replaced. */
// deno-lint-ignore no-explicit-any -- a test puts in whatever is wrong
function copy(chain = good): any {
  return JSON.parse(toJson(chain));
}

/** The good chain with something changed. */
// deno-lint-ignore no-explicit-any -- as above
function changed(change: (file: any) => void): string {
  const file = copy();
  change(file);
  return JSON.stringify(file);
}

/** The good chain with parts of a block replaced, as they are written. */
function withBlock(index: number, parts: Partial<Record<keyof Block, unknown>>): string {
  return changed(({ chain }) => Object.assign(chain[index], parts));
}

/** The good chain with one more block, which was worked for. */
function withData(data: Json, chain = good): string {
  return toJson(mined(chain, data));
}

function withLast(chain: Chain, block: Block): string {
  return toJson(addBlock(chain, block));
}

function signedBy(text: string, change: (line: string) => string): Json {
  const [{ line }] = signedRecords([{ k: "data", text }], { seq: 7 });
  return [[change(line), [0]]];
}

const first_record = good.blocks[1].data as [[string, number[]]];
const easy = "f".repeat(64);

/** What stands in the file, and what is said of it. */
const BAD: Readonly<Record<string, readonly [text: string | Uint8Array, why: RegExp]>> = {
  "nothing": ["", /^rumor: this is no JSON$/],
  "no JSON": ["rumor", /^rumor: this is no JSON$/],
  "half a chain": [toJson(good).slice(0, -20), /^rumor: this is no JSON$/],
  "two chains": [`${toJson(good)}\n${toJson(good)}`, /^rumor: this is no JSON$/],
  "a byte order mark of another encoding": [Uint8Array.of(0xff, 0xfe, 0x7b, 0), /UTF-8/],
  "bytes that are not UTF-8": [Uint8Array.of(0x22, 0xc3, 0x28, 0x22), /UTF-8/],
  "null": ["null", /^rumor: there is no chain$/],
  "a number": ["7", /^rumor: there is no chain$/],
  "a text": ['"chain"', /^rumor: there is no chain$/],
  "an empty object": ["{}", /^rumor: there is no chain$/],
  "an empty list": ["[]", /^rumor: there is no chain$/],
  "blocks alone": [JSON.stringify(good.blocks), /^rumor: there is no chain$/],
  "an empty chain": ['{"length":0,"difficulty":0,"chain":[]}', /^rumor: there is no chain$/],
  "a chain that is none": [
    '{"length":1,"difficulty":1,"chain":{"0":1}}',
    /^rumor: there is no chain$/,
  ],
  "a chain by its prototype": [`{"__proto__":${toJson(good)}}`, /^rumor: there is no chain$/],
  "blocks that are none": ['{"length":1,"difficulty":1,"chain":[null]}', /block 0: .*no block/],
  "300,000 brackets": ["[".repeat(DEEP) + "]".repeat(DEEP), /^rumor: there is no chain$/],
  "300,000 brackets that stay open": ["[".repeat(DEEP), /^rumor: this is no JSON$/],
  "300,000 brackets for data": [
    JSON.stringify({ ...copy(), length: 7 }).replace(
      JSON.stringify(six.data),
      "[".repeat(DEEP) + "]".repeat(DEEP),
    ),
    /block 6: /,
  ],
  "300,000 brackets in the first block": [
    toJson(good).replace(
      '"block_time_ms"',
      `"x":${"[".repeat(DEEP) + "]".repeat(DEEP)},"block_time_ms"`,
    ),
    /block 0: /,
  ],
  "300,000 objects for data": [
    toJson(good).replace(
      JSON.stringify(six.data),
      '{"a":'.repeat(DEEP) + "1" + "}".repeat(DEEP),
    ),
    /block 6: /,
  ],
  "300,000 objects with numbers for keys": [
    toJson(good).replace(
      JSON.stringify(six.data),
      '{"0":'.repeat(DEEP) + "1" + "}".repeat(DEEP),
    ),
    /block 6: /,
  ],
  "300,000 objects with numbers for keys in the first block": [
    toJson(good).replace(
      '"block_time_ms"',
      `"x":${'{"0":'.repeat(DEEP) + "1" + "}".repeat(DEEP)},"block_time_ms"`,
    ),
    /block 0: /,
  ],
  // Claims
  "a huge length": [changed((file) => file.length = 2 ** 53 - 1), /^rumor: the length is not 7$/],
  "a length that is no number": [
    changed((file) => file.length = "7"),
    /^rumor: the length is not 7$/,
  ],
  "an endless length": [
    toJson(good).replace('"length":7', '"length":1e999'),
    /^rumor: the length is not 7$/,
  ],
  "no length": [changed((file) => delete file.length), /^rumor: the length is not 7$/],
  "another difficulty": [
    changed((file) => file.difficulty++),
    /^rumor: the difficulty is not \d+$/,
  ],
  "a difficulty of 1e400": [
    toJson(good).replace(/"difficulty":\d+/, '"difficulty":1e400'),
    /^rumor: the difficulty is not \d+$/,
  ],
  "a negative index": [withBlock(3, { index: -3 }), /block 3: /],
  "an index of 2^32": [withBlock(3, { index: 2 ** 32 }), /block 3: /],
  "an index that is half": [withBlock(3, { index: 2.5 }), /block 3: /],
  "an index that is text": [withBlock(3, { index: "3" }), /block 3: /],
  "an index twice": [withBlock(3, { index: 2 }), /block 3: its index is not 3/],
  "a block too few": [
    changed((file) => file.chain.splice(3, 1)),
    /block 3: its index is not 3/,
  ],
  // Single blocks
  "another first block": [withBlock(0, { nonce: 1 }), /block 0: .*first block/],
  "an easier first block": [withBlock(0, { target: easy }), /block 0: .*first block/],
  "a first block that names no rules": [withBlock(0, { data: [] }), /block 0: .*no rules/],
  "a first block with half a block time": [
    withBlock(0, { data: { network: "rumor", block_time_ms: 0.5 } }),
    /block 0: .*no rules/,
  ],
  "a first block of more words": [
    changed(({ chain }) => chain[0].data.more = 1),
    /block 0: .*first block/,
  ],
  "a first block of another network": [
    withBlock(0, { data: { network: "other", block_time_ms: 5_000 } }),
    /block 1: .*prev_hash/,
  ],
  "a wrong prev_hash deep inside": [
    withBlock(4, { prev_hash: "ab".repeat(32) }),
    /block 4: .*prev_hash/,
  ],
  "a prev_hash in capitals": [
    withBlock(4, { prev_hash: good.blocks[4].prev_hash.toUpperCase() }),
    /block 4: .*no block/,
  ],
  "a prev_hash that is too short": [withBlock(4, { prev_hash: "ab" }), /block 4: .*no block/],
  "an easier target": [
    withLast(again, workedWith(again, six.data, { target: easy })),
    /block 6: .*target/,
  ],
  "an easier target deep inside": [withBlock(2, { target: easy }), /block 2: .*target/],
  "a target that is no number": [withBlock(2, { target: "easy" }), /block 2: .*no block/],
  "a negative target": [withBlock(2, { target: `-${"0".repeat(63)}` }), /block 2: .*no block/],
  "a swapped nonce": [
    changed(({ chain }) => {
      [chain[2].nonce, chain[3].nonce] = [chain[3].nonce, chain[2].nonce];
    }),
    /block 2: .*too little work/,
  ],
  "a negative nonce": [withBlock(2, { nonce: -1 }), /block 2: .*no block/],
  "a nonce of 2^53": [withBlock(2, { nonce: 2 ** 53 }), /block 2: .*no block/],
  "a time that goes back": [
    withLast(again, workedWith(again, six.data, { time: good.blocks[5].time })),
    /block 6: .*time/,
  ],
  "a time that is none": [withBlock(2, { time: 1e300 }), /block 2: .*no block/],
  "a block with a key more": [
    changed(({ chain }) => chain[5].more = 1),
    /block 5: .*no block/,
  ],
  "a block with __proto__": [
    toJson(good).replace('{"index":5,', '{"__proto__":{"index":5},"index":5,'),
    /block 5: .*no block/,
  ],
  "a block by its prototype": [
    toJson(good).replace('{"index":5,', '{"__proto__":{"index":5},'),
    /block 5: .*no block/,
  ],
  "a block in a list": [changed(({ chain }) => chain[5] = [chain[5]]), /block 5: .*no block/],
  // What blocks order
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

/** A file is refused in one line that says why. */
function assertRefused({ code, stdout, stderr }: Result, why: RegExp): void {
  assertEquals({ code, stdout }, { code: 1, stdout: [] }, stderr.join("\n"));
  assertEquals(stderr.length, 1, stderr.slice(0, 20).join("\n"));
  assertMatch(stderr[0], /^rumor: /);
  assertMatch(stderr[0], why);
  assert(!UNSAFE.test(stderr[0]), JSON.stringify(stderr[0]));
}

Deno.test("`rumor chain verify` refuses what is no good chain, in one line", async (t) => {
  const folder = Deno.makeTempDirSync({ prefix: "rumor-chain-" });
  try {
    const path = `${folder}/chain.json`;
    await t.step("a good chain is good", async () => {
      Deno.writeTextFileSync(path, toJson(good));
      const { code, stdout, stderr } = await runRumor(["chain", "verify", path]);
      assertEquals({ code, stderr }, { code: 0, stderr: [] });
      assertEquals(stdout, ["7 blocks of the network rumor are good"]);
    });
    const all = Object.entries(BAD);
    const run = async ([name, [content]]: (typeof all)[number], index: number) => {
      const path = `${folder}/${index}.json`;
      Deno.writeFileSync(
        path,
        typeof content === "string" ? new TextEncoder().encode(content) : content,
      );
      return [name, await runRumor(["chain", "verify", path])] as const;
    };
    for (let at = 0; at < all.length; at += AT_ONCE) {
      const some = all.slice(at, at + AT_ONCE);
      const results = await Promise.all(some.map((one, index) => run(one, at + index)));
      for (const [name, result] of results) {
        await t.step(name, () => assertRefused(result, BAD[name][1]));
      }
    }
    await t.step("a file that is not there", async () => {
      assertRefused(await runRumor(["chain", "verify", `${folder}/none`]), /cannot read/);
      assertRefused(await runRumor(["chain", "verify", `${folder}/a\x1b[2J\n`]), /cannot read/);
    });
    await t.step("a directory", async () => {
      assertRefused(await runRumor(["chain", "verify", folder]), /cannot read/);
    });
    await t.step("`--network` with another name", async () => {
      const args = ["chain", "verify", path, "--network", "other\x1b[2J"];
      assertRefused(await runRumor(args), /block 0: .*network rumor/);
    });
  } finally {
    Deno.removeSync(folder, { recursive: true });
  }
});

Deno.test("`rumor chain verify` shows a network's name so that no terminal obeys it", async () => {
  const path = Deno.makeTempFileSync({ suffix: ".json" });
  try {
    Deno.writeTextFileSync(path, toJson(textChain(rulesOf(EVIL), ["one"])));
    const { code, stdout, stderr } = await runRumor(["chain", "verify", path]);
    assertEquals({ code, stderr, lines: stdout.length }, { code: 0, stderr: [], lines: 1 });
    assert(!UNSAFE.test(stdout[0]), JSON.stringify(stdout[0]));
    const other = await runRumor(["chain", "verify", path, "--network", "rumor"]);
    assertRefused(other, /block 0: it is of the network evil/);
  } finally {
    Deno.removeSync(path);
  }
});
