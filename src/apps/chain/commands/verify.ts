/** `rumor chain verify`: checks a chain in a file, without a network. */

import type { Command } from "../../app.ts";
import type { AppModule } from "../../app.ts";
import { flagLines, readArgs } from "../../../cli/args/args.ts";
import { EXIT, UsageError } from "../../../cli/args/exit.ts";
import { helpFlags, networkFlag } from "../../../cli/args/flags.ts";
import { say } from "../../../cli/output/stderr.ts";
import { visible } from "../../../cli/output/escape.ts";
import { stdout } from "../../../cli/output/stdout.ts";
import { sha256, Verifier } from "../../../shell/crypto/crypto.ts";
import { plainError } from "../../../shell/files/files.ts";
import { orderOf } from "../app.ts";
import { type ChainFault, fromJson, genesisOf, hashOf } from "../blockchain.ts";
import type { RecordEnv } from "../record.ts";
import { newTree, placeBlock } from "../tree.ts";
import { Signatures } from "../worker/signatures.ts";

const flags = {
  network: { ...networkFlag.network, help: "the network that it must be of (default: any)" },
  ...helpFlags,
} as const;

const command: Command = {
  summary: "check a chain in a file",
  help: `Examples:
  rumor chain verify chain.json
  rumor chain export --join 10.0.0.5:7000 | rumor chain verify -

Usage: rumor chain verify FILE [FLAGS]

Checks all that a node would check of each block: the work, the times, the targets, the signatures of
the records, that none counts twice, and what the apps say of them. Nothing in the file is believed.
As FILE, - is the input.

Flags:
${flagLines(flags)}

Exit codes: 0 it is good, 1 it is not: the first fault is on stderr, with the index of its block;
2 usage.
`,
  run: async (args, env, apps) => {
    const { given, words } = readArgs(args, flags, env);
    if (words.length !== 1) throw new UsageError("one FILE is expected");
    let text: string;
    try {
      text = new TextDecoder("utf-8", { fatal: true }).decode(await readBytes(words[0]));
    } catch (error) {
      const why = error instanceof TypeError ? "not valid UTF-8" : plainError(error);
      say(`rumor: cannot read ${words[0]}: ${why}`);
      return EXIT.failed;
    }
    const found = await verifyWell(text, apps, given.network);
    if ("why" in found) {
      say(`rumor: ${found.index === null ? "" : `block ${found.index}: `}${found.why}`);
      return EXIT.failed;
    }
    await stdout.print(
      `${found.length} blocks of the network ${visible(found.network)} are good\n`,
    );
    return EXIT.done;
  },
};

async function readBytes(path: string): Promise<Uint8Array> {
  if (path !== "-") return await Deno.readFile(path);
  return await new Response(Deno.stdin.readable).bytes();
}

/** What is known of a file: how long a good chain is, and of which network; or its first fault. */
type Found = { readonly length: number; readonly network: string } | ChainFault;

/** The same as `verifyText()`, on two threads where there is much to do. */
async function verifyWell(
  text: string,
  apps: readonly AppModule[],
  network?: string,
): Promise<Found> {
  using signatures = new Signatures();
  const found = verifyText(text, apps, network, (...one) => signatures.check(...one));
  // Where a signature is wrong, the first fault is found one after the other.
  const is_sure = await signatures.allGood().catch(() => false);
  return is_sure ? found : verifyText(text, apps, network);
}

/** Checks the text of a file, with a function that checks signatures. */
export function verifyText(
  text: string,
  apps: readonly AppModule[],
  network?: string,
  verify: RecordEnv["verify"] = checker(),
): Found {
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
  return { length: blocks.length + 1, network: rules.network };
}

function checker(): RecordEnv["verify"] {
  const verifier = new Verifier();
  return (key, bytes, signature) => verifier.check(key, bytes, signature);
}

export default command;
