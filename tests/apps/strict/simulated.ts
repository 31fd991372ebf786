/** Simulated networks that follow the chain, in which a block takes its time and no hashing. */

import type { Json } from "../../../src/core/types.ts";
import { asMineTask } from "../../../src/apps/chain/miner/task.ts";
import { CHAIN, type ChainOptions } from "../../../src/apps/chain/options.ts";
import type { ChainState } from "../../../src/apps/chain/state.ts";
import type { Tree } from "../../../src/apps/chain/tree.ts";
import { hashNumber, workOf } from "../../../src/apps/chain/work.ts";
import { APPS } from "../../../src/apps/registry.ts";
import { recordLine } from "../../../src/apps/strict/commands/text.ts";
import type { StrictRecord } from "../../../src/apps/strict/app.ts";
import { STRICT, type Strict } from "../../../src/apps/strict/strict.ts";
import { Network, type NodeOptions } from "../../../src/sim/network.ts";
import { realCrypto } from "../../../src/sim/real_crypto.ts";
import type { SimNode } from "../../../src/sim/sim_node.ts";
import type { Done } from "../../../src/sim/sim_work.ts";

/** Hashes a millisecond of each simulated miner. */
const POWER = 100;
const TARGET_AT = 64, TARGET_END = 96;
const REAL = realCrypto();

/** SHA-256, but that it begins with 48 bits of 0, which every target near the floor takes. */
function easySha256(bytes: Uint8Array): string {
  return `AAAAAAAA${REAL.sha256(bytes).slice(8)}`;
}

/** As long as the work of the header takes a miner, by chance more or less; every nonce will do. */
function mine(task: unknown): Done {
  const { header } = asMineTask(task);
  const hashes = Number(workOf(hashNumber(header.slice(TARGET_AT, TARGET_END).toHex())));
  const chance = hashNumber(
    Uint8Array.fromBase64(REAL.sha256(header), {
      alphabet: "base64url",
    }).slice(0, 4).toHex(),
  );
  const luck = -Math.log((Number(chance) + 1) / 2 ** 32);
  return { takes_ms: Math.ceil(luck * hashes / POWER), result: { nonce: 0, hashes: 1 } };
}

/** A network whose nodes have all apps. */
export function network(seed = 1): Network {
  const apps = APPS.map(({ app }) => app), crypto = { ...REAL, sha256: easySha256 };
  return new Network({ seed, apps, workers: { [CHAIN]: mine }, crypto });
}

/** What makes a node follow the chain, and print payments. */
export function follower(options: Partial<ChainOptions> = {}): NodeOptions {
  return {
    front: { app: STRICT, topic: "records" },
    config: { apps: { [CHAIN]: { ...options } } },
  };
}

/** Wants a payment, or an issue. */
export function want(
  node: SimNode,
  item: { readonly [key: string]: Json },
  depth = 1,
): void {
  node.request(STRICT, { item, depth });
}

export function treeOf({ state }: SimNode): Tree {
  return (state.host.states.get(CHAIN) as ChainState).tree!;
}

/** What the best branch of a node makes of all payments, as text. */
export function ledgerText(node: SimNode): string {
  const state = treeOf(node).best.states.get(STRICT) as Strict;
  const all = [state.issuer, state.issued, state.balances, state.ids];
  return JSON.stringify(all, (_, value) => typeof value === "bigint" ? `${value}` : value);
}

export function balanceAt(node: SimNode, account: string): number {
  const { balances } = treeOf(node).best.states.get(STRICT) as Strict;
  return Number(balances.get(account) ?? 0n);
}

/** How requests at a node ended badly. */
export function refusals({ notices }: SimNode): string[] {
  return notices.flatMap((one) => one.kind === "refused" ? [one.why] : []);
}

/** How many requests of a node ended well. */
export function doneCount({ notices }: SimNode): number {
  return notices.filter(({ kind }) => kind === "done").length;
}

/** What a node's user was told, but for rewinds. */
export function told({ notices }: SimNode): string[] {
  return notices.flatMap((one) => one.kind === "told" ? [one.text] : [])
    .filter((text) => !text.startsWith("rewind "));
}

/** The lines of payments that a node printed. */
export function printed(node: SimNode): string[] {
  return node.printed.flatMap((one) =>
    one.kind === "record"
      ? [recordLine(one.record as unknown as StrictRecord, { json: false, shown: false }).trim()]
      : []
  );
}
