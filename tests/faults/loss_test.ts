/** The short version of a fault script, among the long tests. */

import { LINUX } from "../helpers/arena.ts";
import { LONG } from "../helpers/long.ts";
import { checkCampaign } from "./campaign.ts";
import { loss } from "./loss.ts";

Deno.test({
  name: "`rumor` holds nobody for failed because packets are lost",
  ignore: !LONG || !LINUX,
  fn: (t) => checkCampaign(t, loss, { times: 1 }),
});
