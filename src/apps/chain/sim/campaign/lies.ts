/** What a peer that lies tells of the chain. Each lie is well signed; what it holds is not what it says. */

import type { Id, Json } from "../../../../core/types.ts";
import type { AppOut } from "../../../../core/host/app.ts";
import { encodeUnsigned, sealEntry } from "../../../../core/log/entry.ts";
import type { LiarTools } from "../../../../sim/campaign/app_rules.ts";
import { type Block, draftOn, headerOf } from "../../blockchain.ts";
import { BLOCKS } from "../../blocks.ts";
import { floorTarget, nextTarget } from "../../difficulty.ts";
import { RECORDS } from "../../record.ts";
import { type BlockMessage, messageTo } from "../../sending.ts";
import { branchFrom, type Placed, type Tree } from "../../tree.ts";
import { hashNumber, hashText, workOf } from "../../work.ts";
import { search } from "./search.ts";
import { rivalId } from "./users.ts";

/** What there is to lie about. */
export interface LieScene {
  readonly tree: Tree;
  readonly now_ms: number;
  readonly neighbours: readonly Id[];
  readonly tools: LiarTools;
  /** Blocks that were held back, until somebody says them. */
  readonly withheld: Block[];
  /** Another number each time. */
  readonly count: () => number;
}

type Lie = (scene: LieScene) => readonly AppOut[];

/** Good blocks so far ahead of the clock are not taken before their time. */
const AHEAD_MS = 60_000;
/** No branch that lies is longer but for its end. */
const BRANCH_MAX = 12;
const decoder = new TextDecoder();

const ALL = {
  "no work": (scene) => publish([idle(scene, scene.tree.best)]),
  "flood": (scene) => publish(Array.from({ length: 30 }, () => idle(scene, scene.tree.best))),
  "wrong index": ({ tree, tools, ...rest }) => {
    const scene = { tree, tools, ...rest }, draft = draftOf(scene, tree.best);
    const index = draft.index + tools.dice.pick([-1, 1, 7]);
    if (index < 1) return [];
    const floor = floorTarget(index, tree.rules.floor_hashes), target = hashNumber(draft.target);
    return publish([solved(scene, {
      ...draft,
      index,
      target: hashText(target < floor ? target : floor),
    })]);
  },
  "easy target": (scene) => {
    const { tree: { rules }, tools: { dice } } = scene, draft = draftOf(scene, scene.tree.best);
    const easiest = floorTarget(draft.index, rules.floor_hashes);
    const target = dice.chance(0.3) ? easiest * 2n : easiest - 1n;
    return publish([solved(scene, { ...draft, target: hashText(target) })]);
  },
  "the past": (scene) => {
    const { tree: { best }, tools: { dice } } = scene;
    const time = Math.max(0, best.block.time - dice.below(5_000));
    return publish([solved(scene, { ...draftOf(scene, best), time })]);
  },
  "the future": (scene) => {
    const { tools: { dice }, tree: { best }, now_ms } = scene;
    const ahead_ms = AHEAD_MS + Math.round(dice.logUniform(300, dice.chance(0.8) ? 10_000 : 1e7));
    return publish(branchOn(scene, best, dice.between(1, 4), (at) => now_ms + ahead_ms + at));
  },
  "long light branch": branchLie,
  "withheld parent": withholdLie,
  "two records of one number": (scene) => {
    const seq = 1_000 + scene.count(), name = `two ${seq}`;
    const data = ["one", "other"].map((
      text,
    ) => [signed(scene, [text_(`${name} ${text}`)], seq), [0]]);
    return publish([solved(scene, draftOf(scene, scene.tree.best, data))]);
  },
  "record twice": (scene) => {
    const { tree: { best }, tools: { dice } } = scene;
    const old = branchFrom(best, 1).flatMap(({ records }) => records);
    const seq = 2_000 + scene.count();
    const line = old.length > 0 && dice.chance(0.5)
      ? [[dice.pick(old).line, [dice.pick(old).place]]]
      : [[signed(scene, [text_(`twice ${seq}`)], seq), [0, 0]]];
    return publish([solved(scene, draftOf(scene, best, line as Json))]);
  },
  "bad record": (scene) => {
    const { tools: { dice } } = scene, seq = 3_000 + scene.count();
    const is_forged = dice.chance(0.4), item = is_forged ? text_("kind") : badItem(scene, seq);
    const line = signed(scene, [item], seq, dice.chance(0.2) ? "chat" : RECORDS);
    // Under the signature of another text.
    const shown = is_forged ? line.replace("kind", "forged") : line;
    return publish([solved(scene, draftOf(scene, scene.tree.best, [[shown, [0]]]))]);
  },
  "absurd data": (scene) => {
    const { dice } = scene.tools;
    const data: Json = dice.pick<() => Json>([
      () => null,
      () => -1e300,
      () => ({ "__proto__": 1, length: 7 }),
      () => [[[[[[[["deep"]]]]]]]],
      () => [["", [0]], ["{}", [9e15]]],
      () => "x".repeat(dice.chance(0.2) ? 110_000 : 1_000),
    ])();
    return publish([solved(scene, draftOf(scene, scene.tree.best, data))]);
  },
  "wants": ({ neighbours, tree, tools }) => {
    const all = [...tree.by_hash.entries()].map(([hash]) => hash);
    const wants = (): BlockMessage[] =>
      Array.from({ length: 20 }, (_, at) => {
        return { want: at % 2 === 0 ? tools.dice.pick(all) : strangeHash(tools) };
      });
    tools.count("wants_flooded", 20 * neighbours.length);
    return neighbours.map((id) => messageTo(id, wants()));
  },
  "rival records": ({ tools: { dice }, count }) => {
    const items = [0, 1].map(() => text_(`mine ${count()}`, rivalId(dice.below(99))));
    return [{ kind: "publish", topic: RECORDS, items }];
  },
  "junk": ({ tools }) => {
    const blocks: Json[] = [null, 7, { index: -1 }, { prev_hash: "x" }];
    const records: Json[] = [null, { k: "data" }, { k: "x" }, "text"];
    return [
      { kind: "publish", topic: BLOCKS, items: blocks },
      { kind: "publish", topic: RECORDS, items: records },
      { kind: "publish", topic: BLOCKS, items: [{ block: strangeHash(tools) }] },
    ];
  },
} satisfies Record<string, Lie>;

export type LieName = keyof typeof ALL;

/** Their names. */
export const LIES = Object.keys(ALL) as readonly LieName[];

/** Tells a lie. */
export function tellLie(name: LieName, scene: LieScene): readonly AppOut[] {
  return (ALL[name] as Lie)(scene);
}

/** More blocks than the branch that counts has, where that is possible with less work. */
function branchLie(scene: LieScene): readonly AppOut[] {
  const { tree: { best }, tools: { dice } } = scene, { index } = best.block;
  const most = Math.min(index, BRANCH_MAX), usual = Math.min(most, dice.between(2, 8));
  const ways = [3, 2, 1].flatMap((more) =>
    Array.from({ length: most }, (_, at) => ({ back: at + 1, count: at + 1 + more }))
  );
  const light = ways.find(({ back, count }) => workBehind(scene, back, count) < best.work);
  const { back, count } = light ?? { back: usual, count: usual + dice.between(1, 3) };
  const { from, solve_ms } = beginOf(scene, back, count), { time } = from.block;
  return publish(branchOn(scene, from, count, (at) => time + (at + 1) * solve_ms));
}

/** Where a branch begins, and how slow its blocks may be made to be. */
function beginOf({ tree: { best, rules }, now_ms }: LieScene, back: number, count: number) {
  const [from] = branchFrom(best, best.block.index - back);
  const pause_ms = Math.floor((now_ms + AHEAD_MS / 2 - from.block.time) / count);
  return { from, solve_ms: Math.max(1, Math.min(pause_ms, 6 * rules.block_time_ms)) };
}

/** The work of a branch of so many blocks that are made so slowly. */
function workBehind(scene: LieScene, back: number, count: number): bigint {
  const { from, solve_ms } = beginOf(scene, back, count);
  const { block_time_ms, floor_hashes } = scene.tree.rules;
  let { block: { index, target: text }, work } = from, target = hashNumber(text);
  let pause_ms = from.parent === null ? null : from.block.time - from.parent.block.time;
  for (const end = index + count; index < end; index++) {
    target = nextTarget({ index, target, solve_ms: pause_ms }, block_time_ms, floor_hashes);
    work += workOf(target);
    pause_ms = solve_ms;
  }
  return work;
}

/** So many blocks behind one, each made at a time. */
function branchOn(
  scene: LieScene,
  from: Placed,
  count: number,
  timeOf: (at: number) => number,
): Block[] {
  const blocks: Block[] = [], { rules } = scene.tree;
  let last: Pick<Placed, "block" | "hash"> = from, before = from.parent?.block;
  for (let at = 0; at < count; at++) {
    const block = solved(scene, draftOn(rules, last, before, [], timeOf(at)));
    before = last.block;
    last = { block, hash: hashOf(scene, block) };
    blocks.push(block);
  }
  return blocks;
}

/** A block whose parent is told later, to all but one, or never. */
function withholdLie(scene: LieScene): readonly AppOut[] {
  const { tree: { best, rules }, tools: { dice }, neighbours, withheld } = scene;
  const block = solved(scene, draftOf(scene, best));
  const parent = { block, hash: hashOf(scene, block) };
  const child = solved(scene, draftOn(rules, parent, best.block, [], block.time + 1));
  const how = dice.below(3), told = publish([child]);
  if (how === 0) withheld.push(block);
  if (how !== 1 || neighbours.length < 2) return told;
  const left_out = dice.pick(neighbours), message = [{ block: block as unknown as Json }];
  const others = neighbours.filter((id) => id !== left_out);
  return [...others.map((id) => messageTo(id, message)), ...told];
}

/** Publishes blocks. */
export function publish(blocks: readonly Block[]): readonly AppOut[] {
  return [{ kind: "publish", topic: BLOCKS, items: blocks as unknown as Json[] }];
}

function draftOf({ tree, now_ms }: LieScene, on: Placed, data: Json = [], time = now_ms): Block {
  return draftOn(tree.rules, on, on.parent?.block, data, time);
}

/** With a nonce that makes it as good as its target says. */
function solved({ tree: { rules }, tools: { sha256 } }: LieScene, block: Block): Block {
  return { ...block, nonce: search(headerOf(rules, block), sha256).nonce };
}

/** With a nonce that does not. */
function idle(scene: LieScene, on: Placed): Block {
  const { tools: { dice, sha256 }, tree: { rules } } = scene, block = draftOf(scene, on);
  const { nonce } = search(headerOf(rules, block), sha256, dice.below(1e6), false);
  return { ...block, nonce };
}

function hashOf({ tree: { rules } }: LieScene, block: Block): string {
  const hash = rules.sha256(headerOf(rules, block));
  return Uint8Array.fromBase64(hash, { alphabet: "base64url" }).toHex();
}

function strangeHash({ dice }: LiarTools): string {
  return hashText(BigInt(dice.below(2 ** 31)) << 200n);
}

/** The line of an entry that is in no log. */
function signed(
  { tools: { signer } }: LieScene,
  items: Json[],
  seq: number,
  topic = RECORDS,
): string {
  const fields = {
    origin: signer.id,
    topic,
    seq,
    previous: "A".repeat(43),
    first: seq,
    time_ms: 1,
  };
  const all = { ...fields, deps: [], items }, unsigned = encodeUnsigned(all);
  const { line } = sealEntry(all, unsigned, signer.sign(unsigned));
  return decoder.decode(line.subarray(0, line.length - 1));
}

function badItem({ tree: { best }, tools: { dice } }: LieScene, seq: number): Json {
  const used = branchFrom(best, 1).flatMap(({ records }) => records)
    .filter(({ item }) => Object.hasOwn(item as object, "id"));
  if (used.length > 0 && dice.chance(0.4)) {
    const { id } = dice.pick(used).item as { readonly id: string };
    return text_(`late ${seq}`, id);
  }
  return dice.pick<Json>([null, { k: "data" }, { k: "data", text: 7 }, { k: "nobody" }, "text"]);
}

function text_(text: string, id?: string): Json {
  return { k: "data", text, ...(id === undefined ? {} : { id }) };
}
