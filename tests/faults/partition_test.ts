/** The short version of a fault script. */

import { LINUX } from "../helpers/arena.ts";
import { LONG } from "../helpers/long.ts";
import { checkCampaign } from "./campaign.ts";
import { partition } from "./partition.ts";

Deno.test({
  name: "`rumor` converges after a network was cut in two",
  ignore: !LINUX,
  fn: (t) => checkCampaign(t, partition, { times: LONG ? 3 : 1 }),
});
