/** The short version of a fault script. */

import { LINUX } from "../helpers/arena.ts";
import { LONG } from "../helpers/long.ts";
import { checkCampaign } from "./campaign.ts";
import { damage } from "./damage.ts";

Deno.test({
  name: "`rumor --data` never gives a silent wrong answer from a damaged database",
  ignore: !LINUX || !LONG,
  fn: (t) => checkCampaign(t, damage, { times: 3 }),
});
