/** All apps. Outside of their folders only this file names them. */

import type { CampaignApps } from "../sim/campaign/app_rules.ts";
import { chat } from "./chat/app.ts";
import type { App } from "./app.ts";
import { ledger } from "./ledger/app.ts";
import { ledgerRules } from "./ledger/sim.ts";
import { privateMessages } from "./private/app.ts";
import { privateRules } from "./private/sim.ts";

/** What a node runs. */
export const APPS: readonly App[] = [chat, ledger, privateMessages];
/** What simulations run, with the users and rules of each. */
export const CAMPAIGN_APPS: CampaignApps = { apps: APPS, rules: [ledgerRules, privateRules] };
