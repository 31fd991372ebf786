import { assert, assertEquals, assertNotEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import { createHash } from "node:crypto";
import {
  addBlock,
  type Block,
  type Chain,
  type ChainRules,
  dataOf,
  difficultyOf,
  fromJson,
  genesisOf,
  hashOf,
  headerOf,
  lastHash,
  lengthOf,
  mineBlock,
  newChain,
  toJson,
  verifyBlock,
  verifyChain,
} from "../../../src/apps/chain/blockchain.ts";
import { HEADER_BYTES } from "../../../src/apps/chain/header.ts";
import { hashNumber, hashText } from "../../../src/apps/chain/work.ts";
import type { Json } from "../../../src/core/types.ts";
import { check } from "../../helpers/check.ts";
import { deepFreeze } from "../../helpers/deep_freeze.ts";

const sha256 = (bytes: Uint8Array) => createHash("sha256").update(bytes).digest("base64url");
const RULES: ChainRules = { network: "test", block_time_ms: 5_000, sha256 };

/** A chain of blocks that order these. */
function chainOf(data: readonly Json[], rules = RULES): Chain {
  let chain = newChain(rules), time = 1_700_000_000_000;
  for (const one of data) {
    const block = mineBlock(chain, one, lastHash(chain), { time: time += 5_000 });
    chain = addBlock(chain, block);
  }
  return chain;
}

/** Made once, as each block takes some 65,536 hashes. */
const CHAIN = deepFreeze({ rules: RULES, blocks: chainOf(["one", { two: [2] }, null]).blocks });

function withBlock(index: number, change: object): Chain {
  const blocks = CHAIN.blocks.map((block, at) => at === index ? { ...block, ...change } : block);
  return { rules: RULES, blocks };
}

Deno.test("`newChain()` begins with a block that every node of a network makes alike", () => {
  const { blocks } = newChain(RULES);
  assertEquals(blocks, [genesisOf(RULES)]);
  assertEquals(lengthOf(newChain(RULES)), 1);
  const others = [{ ...RULES, network: "other" }, { ...RULES, block_time_ms: 1_000 }];
  for (const other of others) assertNotEquals(lastHash(newChain(other)), lastHash(newChain(RULES)));
});

Deno.test("`hashOf()` is SHA-256 over a header of a fixed size", () => {
  // Computed a second way: python3, struct.pack(">32s32s32sIQQ", prev, data, target, index, time,
  // nonce) through hashlib.sha256, with data = sha256(b'"one"').
  const { blocks: [genesis, first] } = CHAIN;
  for (const block of CHAIN.blocks) assertEquals(headerOf(RULES, block).length, HEADER_BYTES);
  const header = new Uint8Array(116), view = new DataView(header.buffer);
  header.set(Uint8Array.fromHex(hashOf(RULES, genesis)));
  header.set(createHash("sha256").update('"one"').digest(), 32);
  header.set(Uint8Array.fromHex(first.target), 64);
  view.setUint32(96, 1);
  view.setBigUint64(100, BigInt(first.time));
  view.setBigUint64(108, BigInt(first.nonce));
  assertEquals(hashOf(RULES, first), createHash("sha256").update(header).digest("hex"));
  assert(hashNumber(hashOf(RULES, first)) <= hashNumber(first.target));
});

Deno.test("`mineBlock()` makes blocks that `verifyBlock()` and `verifyChain()` find good", () => {
  assertEquals(verifyChain(CHAIN), null);
  assertEquals(lengthOf(CHAIN), 4);
  assertEquals(dataOf(CHAIN), ["one", { two: [2] }, null]);
  const block = mineBlock(CHAIN, "more", lastHash(CHAIN), { time: 0 });
  // A clock that is behind makes no block that is before its parent.
  assertEquals(block.time, CHAIN.blocks[3].time + 1);
  assertEquals(verifyBlock(CHAIN, block), null);
  assertThrows(() => mineBlock(CHAIN, "more", lastHash(newChain(RULES)), { time: 0 }));
});

Deno.test("`verifyChain()` names the first block that is wrong, and why", () => {
  const [, , second] = CHAIN.blocks;
  const easier = hashText(hashNumber(second.target) + 1n);
  const wrong: [Partial<Block> & { readonly more?: number }, string][] = [
    [{ index: 3 }, "its index is not 2"],
    [{ index: -2 }, "this is no block"],
    [{ prev_hash: "0".repeat(64) }, "its prev_hash is not the hash of the block before it"],
    [{ prev_hash: "00" }, "this is no block"],
    [{ time: CHAIN.blocks[1].time }, "its time is not behind that of the block before it"],
    [{ time: 1e300 }, "this is no block"],
    [{ target: easier }, "its target is not the one that is due"],
    [{ data: "two" }, "it shows too little work"],
    [{ nonce: second.nonce + 1 }, "it shows too little work"],
    [{ nonce: -0 }, "this is no block"],
    [{ more: 1 }, "this is no block"],
  ];
  for (const [change, why] of wrong) {
    assertEquals(verifyChain(withBlock(2, change)), { index: 2, why }, why);
  }
  assertEquals(verifyChain(withBlock(0, { data: { network: "x", block_time_ms: 5_000 } })), {
    index: 0,
    why: "it is not the first block of this network",
  });
  // Work that was shown for one parent is none for another: the chain breaks where it was changed.
  const other = addBlock(newChain(RULES), { ...CHAIN.blocks[1], time: CHAIN.blocks[1].time + 1 });
  assertEquals(verifyChain(other)?.index, 1);
});

Deno.test("`addBlock()` verifies nothing, and leaves the chain as it was", () => {
  const longer = addBlock(CHAIN, CHAIN.blocks[1]);
  assertEquals([lengthOf(longer), lengthOf(CHAIN)], [5, 4]);
  assertEquals(verifyChain(longer), { index: 4, why: "its index is not 4" });
});

Deno.test("`fromJson()` reads what `toJson()` writes", () => {
  const text = toJson(CHAIN), read = fromJson(text, sha256);
  assert("blocks" in read, JSON.stringify(read));
  assertEquals(read.blocks, CHAIN.blocks);
  assertEquals([read.rules.network, read.rules.block_time_ms], ["test", 5_000]);
  assertEquals(verifyChain(read), null);
  const { length, difficulty, chain } = JSON.parse(text);
  assertEquals([length, difficulty, chain.length], [4, difficultyOf(CHAIN), 4]);
  const keys = ["index", "prev_hash", "data", "nonce", "time", "target"];
  assertEquals(Object.keys(chain[0]), keys);
});

Deno.test("`fromJson()` believes no claim of a file", () => {
  const whole = JSON.parse(toJson(CHAIN));
  const first = whole.chain[0];
  const claims: [unknown, number | null, string][] = [
    [{ ...whole, length: 5 }, null, "the length is not 4"],
    [{ ...whole, length: 1e300 }, null, "the length is not 4"],
    [{ ...whole, difficulty: 1 }, null, `the difficulty is not ${whole.difficulty}`],
    [{ ...whole, chain: [] }, null, "there is no chain"],
    [{ ...whole, chain: { length: 4 } }, null, "there is no chain"],
    [{ ...whole, chain: [first, { ...whole.chain[1], index: 7 }] }, 1, "its index is not 1"],
    [{ ...whole, chain: [first, 7] }, 1, "this is no block"],
    [{ ...whole, chain: [{ ...first, data: 7 }] }, 0, "the first block names no rules"],
    [{ ...whole, chain: [{ ...first, data: null }] }, 0, "the first block names no rules"],
    [null, null, "there is no chain"],
    [7, null, "there is no chain"],
  ];
  for (const [value, index, why] of claims) {
    assertEquals(fromJson(JSON.stringify(value), sha256), { index, why });
  }
  assertEquals(fromJson("{", sha256), { index: null, why: "this is no JSON" });
});

Deno.test("`verifyChain()` takes no file whose first block names an easier floor", () => {
  const easy = chainOf(["one"], { ...RULES, floor_hashes: 4 });
  assertEquals(verifyChain(easy), null);
  const read = fromJson(toJson(easy), sha256);
  assert("blocks" in read, JSON.stringify(read));
  assertEquals(verifyChain(read), { index: 0, why: "it is not the first block of this network" });
  assertEquals(genesisOf({ ...RULES, floor_hashes: 65_536 }), genesisOf(RULES));
});

Deno.test("`fromJson()` and `verifyChain()` never throw, whatever a file holds", () => {
  const text = toJson(CHAIN);
  const part = fc.tuple(fc.nat({ max: text.length }), fc.nat({ max: 9 }), fc.string());
  check(
    fc.property(fc.oneof(part, fc.json()), (made) => {
      const changed = typeof made === "string"
        ? made
        : text.slice(0, made[0]) + made[2] + text.slice(made[0] + made[1]);
      const read = fromJson(changed, sha256);
      if ("blocks" in read) verifyChain(read);
    }),
    500,
  );
  check(
    fc.property(fc.jsonValue(), (data) => {
      const chain = addBlock(CHAIN, { ...CHAIN.blocks[3], index: 4, data: data as Json });
      assert(verifyChain(chain) !== null);
    }),
  );
});
