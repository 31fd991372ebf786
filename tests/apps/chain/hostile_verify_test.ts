/** Files that are no good chains: refused in one line, which names the first bad block. */

import { assert, assertEquals } from "@std/assert";
import { toJson } from "../../../src/apps/chain/blockchain.ts";
import { runRumor } from "../../helpers/process.ts";
import {
  again,
  assertAllRefused,
  assertRefused,
  type BadFiles,
  changed,
  copy,
  good,
  six,
  UNSAFE,
  withBlock,
  withLast,
} from "./bad_files.ts";
import { rulesOf, textChain, workedWith } from "./signed.ts";

const DEEP = 300_000;
const EVIL = "evil\x1b[2J\u202e\nrumor: all is good\x07\x9b";
const easy = "f".repeat(64);

const BAD: BadFiles = {
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
};

Deno.test("`rumor chain verify` refuses what is no good chain, in one line", async (t) => {
  await assertAllRefused(t, BAD, (path) => runRumor(["chain", "verify", path]));
});

Deno.test("`rumor chain verify` says of a good chain that it is, and what it cannot read", async (t) => {
  const folder = Deno.makeTempDirSync({ prefix: "rumor-chain-" });
  try {
    const path = `${folder}/chain.json`;
    await t.step("a good chain is good", async () => {
      Deno.writeTextFileSync(path, toJson(good));
      const { code, stdout, stderr } = await runRumor(["chain", "verify", path]);
      assertEquals({ code, stderr }, { code: 0, stderr: [] });
      assertEquals(stdout, ["7 blocks of the network rumor are good"]);
    });
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
