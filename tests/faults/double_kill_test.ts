/** The short version of a fault script. */

import { LINUX } from "../helpers/arena.ts";
import { checkCampaign } from "./campaign.ts";
import { doubleKill } from "./double_kill.ts";

Deno.test({
  name: "`rumor` loses nothing that was acknowledged when nodes are killed while they start",
  ignore: !LINUX,
  fn: (t) => checkCampaign(t, doubleKill, { times: 5 }),
});
