/** Files that are no good chains, and how `rumor chain verify` refuses them. */

import { assert, assertEquals, assertMatch } from "@std/assert";
import type { Json } from "../../../src/core/types.ts";
import { addBlock, type Block, type Chain, toJson } from "../../../src/apps/chain/blockchain.ts";
import type { Result } from "../../helpers/process.ts";
import { mined, rulesOf, textChain } from "./signed.ts";

/** Files that are looked at at the same time. */
const AT_ONCE = 3;
/** What a terminal obeys, or hides. */
// deno-lint-ignore no-control-regex -- what a terminal obeys is what is looked for
export const UNSAFE = /[\x00-\x1f\x7f-\x9f\u202e]/;

/** A chain of seven blocks, worked for. */
export const good = textChain(rulesOf(), ["one", "two", "three", "four", "five", "six"]);
/** Its last block, and the chain before that. */
export const six = good.blocks[6];
export const again = { rules: good.rules, blocks: good.blocks.slice(0, 6) };

/** A good chain as a value whose parts can be replaced. */
// deno-lint-ignore no-explicit-any -- a test puts in whatever is wrong
export function copy(chain = good): any {
  return JSON.parse(toJson(chain));
}

/** The good chain with something changed. */
// deno-lint-ignore no-explicit-any -- as above
export function changed(change: (file: any) => void): string {
  const file = copy();
  change(file);
  return JSON.stringify(file);
}

/** The good chain with parts of a block replaced, as they are written. */
export function withBlock(index: number, parts: Partial<Record<keyof Block, unknown>>): string {
  return changed(({ chain }) => Object.assign(chain[index], parts));
}

/** The good chain with one more block, which was worked for. */
export function withData(data: Json, chain = good): string {
  return toJson(mined(chain, data));
}

/** A chain with one more block, as it is. */
export function withLast(chain: Chain, block: Block): string {
  return toJson(addBlock(chain, block));
}

/** A file is refused in one line that says why. */
export function assertRefused({ code, stdout, stderr }: Result, why: RegExp): void {
  assertEquals({ code, stdout }, { code: 1, stdout: [] }, stderr.join("\n"));
  assertEquals(stderr.length, 1, stderr.slice(0, 20).join("\n"));
  assertMatch(stderr[0], /^rumor: /);
  assertMatch(stderr[0], why);
  assert(!UNSAFE.test(stderr[0]), JSON.stringify(stderr[0]));
}

/** What stands in files, and what is said of each, by names for people. */
export type BadFiles = Readonly<Record<string, readonly [text: string | Uint8Array, why: RegExp]>>;

/** Each of the files is refused for what is wrong with it; `verify` runs the program. */
export async function assertAllRefused(
  t: Deno.TestContext,
  files: BadFiles,
  verify: (path: string) => Promise<Result>,
): Promise<void> {
  const folder = Deno.makeTempDirSync({ prefix: "rumor-chain-" });
  try {
    const all = Object.entries(files);
    const run = async ([name, [content]]: (typeof all)[number], index: number) => {
      const path = `${folder}/${index}.json`;
      Deno.writeFileSync(
        path,
        typeof content === "string" ? new TextEncoder().encode(content) : content,
      );
      return [name, await verify(path)] as const;
    };
    for (let at = 0; at < all.length; at += AT_ONCE) {
      const some = all.slice(at, at + AT_ONCE);
      const results = await Promise.all(some.map((one, index) => run(one, at + index)));
      for (const [name, result] of results) {
        await t.step(name, () => assertRefused(result, files[name][1]));
      }
    }
  } finally {
    Deno.removeSync(folder, { recursive: true });
  }
}
