/** The chain in the campaign, and who judges it there. */

import { assert, assertEquals } from "@std/assert";
import { chain } from "../../../src/apps/chain/app.ts";
import {
  type Block,
  type ChainRules,
  draftOn,
  headerOf,
} from "../../../src/apps/chain/blockchain.ts";
import { CHAIN } from "../../../src/apps/chain/options.ts";
import {
  type Fault,
  Judge,
  type Judged,
  type Verdict,
} from "../../../src/apps/chain/sim/campaign/judge.ts";
import { sameValue } from "../../../src/apps/chain/sim/campaign/order_judge.ts";
import { chainRules } from "../../../src/apps/chain/sim/campaign/rules.ts";
import { search } from "../../../src/apps/chain/sim/campaign/search.ts";
import { FLOOR_HASHES } from "../../../src/apps/chain/sim/campaign/setup.ts";
import { APPS } from "../../../src/apps/registry.ts";
import { campaignApps } from "../../../src/cli/sim/campaign.ts";
import { SharedMap } from "../../../src/core/data/shared_map.ts";
import { encodeUnsigned, sealEntry } from "../../../src/core/log/entry.ts";
import type { Json } from "../../../src/core/types.ts";
import { runSeed } from "../../../src/sim/campaign/campaign.ts";
import { draw } from "../../../src/sim/campaign/runner.ts";
import { fakeCrypto } from "../../../src/sim/crypto.ts";
import { LONG } from "../../helpers/long.ts";
import { SETUP } from "./quick_network.ts";

const CAMPAIGN_APPS = await campaignApps(APPS);
const { sha256, verify, signer } = fakeCrypto();
const RULES: ChainRules = {
  network: "test",
  block_time_ms: SETUP.block_time_ms,
  floor_hashes: FLOOR_HASHES,
  sha256,
};

Deno.test("some seeds of the campaign have a chain, and all is well", () => {
  const effects: Record<string, number> = {};
  let chains = 0;
  for (let seed = 1; seed <= (LONG ? 200 : 40); seed++) {
    if (!Object.hasOwn(draw(seed, CAMPAIGN_APPS).options.apps, CHAIN)) continue;
    const { violation, tally } = runSeed(seed, CAMPAIGN_APPS);
    assertEquals(violation, null, `seed ${seed}`);
    for (const name of chainRules.effects) effects[name] = (effects[name] ?? 0) + tally[name];
    chains++;
  }
  assert(chains >= 5, `${chains} chains`);
  const usual = ["blocks_ordered", "records_ordered", "branches_switched"];
  for (const name of usual) assert(effects[name] > 0, name);
});

Deno.test("a seed with a chain does the same again", () => {
  const [one, again] = [9, 9].map((seed) => runSeed(seed, CAMPAIGN_APPS));
  assert(one.tally.blocks_ordered > 10);
  assertEquals([again.hash, again.events], [one.hash, one.events]);
});

function newJudge(): Judge {
  const tools = { sha256, verify, network: "test", setup: { ...SETUP } };
  return new Judge({ ...tools, apps: [chain], rules: [chainRules] });
}

/** A line in the topic of records, with its items. */
function line(items: readonly Json[], seq = 1): string {
  const { id, sign } = signer("ann");
  const fields = { origin: id, topic: "records", seq, previous: seq === 1 ? "" : "A".repeat(43) };
  const all = { ...fields, first: seq, time_ms: 1, deps: [], items },
    unsigned = encodeUnsigned(all);
  return new TextDecoder().decode(sealEntry(all, unsigned, sign(unsigned)).line).trimEnd();
}

function text(id?: string): Json {
  return { k: "data", text: "x", ...(id === undefined ? {} : { id }) };
}

function worked(block: Block): Block {
  return { ...block, nonce: search(headerOf(RULES, block), sha256).nonce };
}

/** A block behind another one, as the app makes it but for some parts. */
function blockOn(last: Judged, data: Json, parts: Partial<Block> = {}): Block {
  const draft = draftOn(RULES, last, last.parent?.block, data, last.block.time + 400);
  return worked({ ...draft, ...parts });
}

function judge(by: Judge, block: Block): Verdict {
  return by.judge(block as unknown as Json);
}

function good(by: Judge, block: Block): Judged {
  const verdict = judge(by, block);
  assert(verdict.kind === "good", Deno.inspect(verdict));
  return verdict.judged;
}

Deno.test("`Judge` finds the blocks good that the app makes, and counts the same work", () => {
  const by = newJudge();
  let last = by.genesis;
  for (let index = 1; index < 20; index++) {
    last = good(by, blockOn(last, [[line([text(`${index}`)], index), [0]]]));
  }
  assertEquals(by.keysOf(last).size, 19);
  // Solve times below the block time: the target falls.
  assert(last.work > 19n * BigInt(FLOOR_HASHES));
});

Deno.test("`Judge` finds each fault", () => {
  const by = newJudge(), first = good(by, blockOn(by.genesis, [[line([text("a")]), [0]]]));
  const draft = blockOn(first, []);
  const faults: [Block, Fault][] = [
    [{ ...draft, nonce: search(headerOf(RULES, draft), sha256, 0, false).nonce }, "work"],
    [blockOn(first, [], { index: 3, target: draft.target }), "index"],
    [blockOn(first, [], { time: first.block.time }), "time"],
    [blockOn(first, [], { target: `7${"f".repeat(63)}` }), "target"],
    [blockOn(first, [], { target: `0${"7".repeat(63)}` }), "target"],
    [blockOn(first, null), "data"],
    [blockOn(first, [[line([text()], 2).replace('"x"', '"y"'), [0]]]), "data"],
    [blockOn(first, [[line([text()], 2), [1]]]), "data"],
    [blockOn(first, [[line([text()], 2), [0, 0]]]), "twice"],
    [blockOn(first, [[line([text("a")]), [0]]]), "twice"],
    [blockOn(first, [[line([text("a")], 2), [0]]]), "refused"],
    [blockOn(first, [[line([{ k: "nobody" }], 2), [0]]]), "refused"],
    [{ ...draft, more: 1 } as Block, "form"],
  ];
  for (const [block, fault] of faults) assertEquals(judge(by, block), { kind: "bad", fault });
  const stranger = newJudge();
  assertEquals(judge(stranger, draft).kind, "open");
  good(by, blockOn(first, [[line([text("b"), text()], 2), [1, 0]]]));
});

Deno.test("`sameValue()` compares maps of any kind, and what they hold", () => {
  const of = (value: unknown) => SharedMap.of([["a", { list: [1, value] }]]);
  assert(sameValue(of(2n), new Map([["a", { list: [1, 2n] }]])));
  assert(!sameValue(of(2n), of(3n)));
  assert(!sameValue(of(null), of(undefined)));
  assert(!sameValue(of(1), SharedMap.of()));
});
