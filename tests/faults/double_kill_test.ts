/** The short version of a fault script, among the long tests. */

import { LINUX } from "../helpers/arena.ts";
import { LONG } from "../helpers/long.ts";
import { checkCampaign } from "./campaign.ts";
import { doubleKill } from "./double_kill.ts";

Deno.test({
  name: "`rumor` loses nothing that was acknowledged when nodes are killed while they start",
  ignore: !LONG || !LINUX,
  fn: (t) => checkCampaign(t, doubleKill, { times: 5 }),
});
