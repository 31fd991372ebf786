/** The short version of a fault script. */

import { LINUX } from "../helpers/arena.ts";
import { checkCampaign } from "./campaign.ts";
import { backup } from "./backup.ts";
import { LONG } from "../helpers/long.ts";

Deno.test({
  name: "`rumor --data` never signs two entries with one number after an old copy was restored",
  ignore: !LINUX || !LONG,
  fn: (t) => checkCampaign(t, backup, { times: 2 }),
});
