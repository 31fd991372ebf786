/** The short version of a fault script. */

import { LINUX } from "../helpers/arena.ts";
import { checkCampaign } from "./campaign.ts";
import { stuckReader } from "./stuck_reader.ts";

Deno.test({
  name: "`rumor` does not wait for a reader that has stopped",
  ignore: !LINUX,
  fn: (t) => checkCampaign(t, stuckReader, { times: 1 }),
});
