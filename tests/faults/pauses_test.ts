/** The short version of a fault script. */

import { LINUX } from "../helpers/arena.ts";
import { checkCampaign } from "./campaign.ts";
import { pauses } from "./pauses.ts";

Deno.test({
  name: "`rumor` goes on after a node has stood still",
  ignore: !LINUX,
  fn: (t) => checkCampaign(t, pauses, { times: 1 }),
});
