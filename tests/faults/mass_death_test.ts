/** The short version of a fault script, among the long tests. */

import { LINUX } from "../helpers/arena.ts";
import { LONG } from "../helpers/long.ts";
import { checkCampaign } from "./campaign.ts";
import { massDeath } from "./mass_death.ts";

Deno.test({
  name: "`rumor` connects the survivors when many nodes die at once",
  ignore: !LONG || !LINUX,
  fn: (t) => checkCampaign(t, massDeath, { times: 1 }),
});
