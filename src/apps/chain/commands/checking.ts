/** A chain of which nothing is believed: each block is checked as a node would, and the apps' words on it. */

import type { AppModule } from "../../app.ts";
import { say } from "../../../cli/output/stderr.ts";
import { sha256, Verifier } from "../../../shell/crypto/crypto.ts";
import { plainError } from "../../../shell/files/files.ts";
import { orderOf } from "../app.ts";
import { type ChainFault, fromJson, genesisOf, hashOf } from "../blockchain.ts";
import type { RecordEnv } from "../record.ts";
import { newTree, placeBlock, type Tree } from "../tree.ts";
import { Signatures } from "../worker/signatures.ts";

/** The text of a file, or of the input where the path is -; null where there is none, which is said. */
export async function readTextFile(path: string): Promise<string | null> {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(await readBytes(path));
  } catch (error) {
    const why = error instanceof TypeError ? "not valid UTF-8" : plainError(error);
    say(`rumor: cannot read ${path}: ${why}`);
    return null;
  }
}

async function readBytes(path: string): Promise<Uint8Array> {
  if (path !== "-") return await Deno.readFile(path);
  return await new Response(Deno.stdin.readable).bytes();
}

/**
 * The good chain in a JSON text, all of it on the best branch; or null where it has a fault, which is
 * said. Uses two threads where there is much to do.
 */
export async function checkChain(
  text: string,
  apps: readonly AppModule[],
  network: string | undefined,
): Promise<Tree | null> {
  using signatures = new Signatures();
  const first = verifyText(text, apps, network, (...one) => signatures.check(...one));
  // Where a signature is wrong, the first fault is found one after the other.
  const is_sure = await signatures.allGood().catch(() => false);
  const found = is_sure ? first : verifyText(text, apps, network);
  if (!("why" in found)) return found;
  say(`rumor: ${found.index === null ? "" : `block ${found.index}: `}${found.why}`);
  return null;
}

/** The chain in a text, or its first fault; with a function that checks signatures. */
export function verifyText(
  text: string,
  apps: readonly AppModule[],
  network?: string,
  verify: RecordEnv["verify"] = checker(),
): Tree | ChainFault {
  const chain = fromJson(text, sha256);
  if (!("blocks" in chain)) return chain;
  const { rules, blocks: [first, ...blocks] } = chain;
  if (network !== undefined && network !== rules.network) {
    return { index: 0, why: `it is of the network ${rules.network}, not ${network}` };
  }
  if (hashOf(rules, first) !== hashOf(rules, genesisOf(rules))) {
    return { index: 0, why: "it is not the first block of this network" };
  }
  let tree = newTree(rules, orderOf(apps.map(({ app }) => app)), { sha256, verify });
  for (const block of blocks) {
    const { index } = block, placing = placeBlock(tree, block);
    if (placing.kind === "bad") return { index, why: placing.why };
    if (placing.kind !== "placed" || placing.tree.best.hash !== placing.hash) {
      return { index, why: "its prev_hash is not the hash of the block before it" };
    }
    tree = placing.tree;
  }
  return tree;
}

function checker(): RecordEnv["verify"] {
  const verifier = new Verifier();
  return (key, bytes, signature) => verifier.check(key, bytes, signature);
}
