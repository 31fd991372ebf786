/** Apps that are not in every run: what their nodes are told, who works for them, and who lies. */

import type { App } from "../../core/host/app.ts";
import type { FrontConfig } from "../../core/data/config.ts";
import type { Json } from "../../core/types.ts";
import type { SimCrypto } from "../crypto.ts";
import { Dice } from "../dice.ts";
import { NETWORK } from "../network.ts";
import type { Workers } from "../sim_work.ts";
import type { AppRules, CampaignApps } from "./app_rules.ts";
import type { Machine } from "./machine.ts";
import type { Options } from "./options.ts";
import type { Tally } from "./tally.ts";

/** What was drawn for an app; null where it is not used, or in every run. */
function setupOf({ apps }: Options, name: string): Json {
  return Object.hasOwn(apps, name) ? apps[name] : null;
}

/** What does the work of apps that have some. */
export function workersOf(options: Options, rules: readonly AppRules[]): Workers {
  const all = rules.flatMap(({ app: { name }, worker }): [string, Workers[string]][] => {
    const setup = setupOf(options, name);
    return worker ? [[name, (task, tools) => worker(task, tools, setup)]] : [];
  });
  return Object.fromEntries(all);
}

/** What the rules of each app keep of a run. */
export function newRuns(
  options: Options,
  { apps, rules, crypto }: CampaignApps & { readonly crypto: SimCrypto },
): ReadonlyMap<string, unknown> {
  const { sha256, verify } = crypto, network = NETWORK;
  return new Map(rules.map(({ app: { name }, newRun }) => {
    const setup = setupOf(options, name);
    return [name, newRun?.({ sha256, verify, network, setup, apps, rules })];
  }));
}

/** What the node of a machine is told of apps, and prints if not what is usual. */
export function placeNode(
  options: Options,
  rules: readonly AppRules[],
  { index, lies }: Pick<Machine, "index" | "lies">,
): { readonly apps: Readonly<Record<string, Json>>; readonly front?: Partial<FrontConfig> } {
  const apps: Record<string, Json> = {};
  let front: Partial<FrontConfig> | undefined;
  for (const { app: { name }, place } of rules) {
    const setup = setupOf(options, name);
    if (setup === null) continue;
    const dice = Dice.of(options.seed, `${name} of machine ${index}`);
    const placed = place?.(setup, { index, lies, dice }) ?? null;
    if (placed === null) continue;
    apps[name] = placed.options;
    front ??= placed.front;
  }
  return { apps, front };
}

/** What a peer that lies runs: some apps that lie, too. */
export function lyingApps(
  options: Options,
  { apps, rules, crypto }: CampaignApps & { readonly crypto: SimCrypto },
  name: string,
  tally: Tally,
): readonly App[] {
  return apps.map((app) => {
    const liar = rules.find((one) => one.app.name === app.name)?.liar;
    const setup = setupOf(options, app.name);
    if (liar === undefined || setup === null) return app;
    return liar(setup, {
      sha256: crypto.sha256,
      dice: Dice.of(options.seed, `lies of ${name} in ${app.name}`),
      signer: crypto.signer(name),
      count: (effect, times) => tally[effect] += times,
    });
  });
}
