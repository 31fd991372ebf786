/** The short version of a fault script, among the long tests. */

import { LINUX } from "../helpers/arena.ts";
import { LONG } from "../helpers/long.ts";
import { checkCampaign } from "./campaign.ts";
import { pauses } from "./pauses.ts";

Deno.test({
  name: "`rumor` goes on after a node has stood still",
  ignore: !LONG || !LINUX,
  fn: (t) => checkCampaign(t, pauses, { times: 1 }),
});
