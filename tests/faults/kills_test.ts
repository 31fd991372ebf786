/** The short version of a fault script. */

import { LINUX } from "../helpers/arena.ts";
import { LONG } from "../helpers/long.ts";
import { checkCampaign } from "./campaign.ts";
import { kills } from "./kills.ts";

Deno.test({
  name: "`rumor` loses nothing that was acknowledged when nodes are killed",
  ignore: !LINUX,
  fn: (t) => checkCampaign(t, kills, { times: LONG ? 10 : 2 }),
});
