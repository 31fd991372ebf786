/** What a campaign needs of the apps of the program. */

import type { AppModule } from "../../apps/app.ts";
import type { CampaignApps } from "../../sim/campaign/app_rules.ts";

/** The pure parts of apps, and the rules of those that have some, loaded only for that. */
export async function campaignApps(modules: readonly AppModule[]): Promise<CampaignApps> {
  const loaded = modules.flatMap(({ rules }) => rules === undefined ? [] : [rules()]);
  return { apps: modules.map(({ app }) => app), rules: await Promise.all(loaded) };
}
