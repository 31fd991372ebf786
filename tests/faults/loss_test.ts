/** The short version of a fault script. */

import { LINUX } from "../helpers/arena.ts";
import { checkCampaign } from "./campaign.ts";
import { loss } from "./loss.ts";

Deno.test({
  name: "`rumor` holds nobody for failed because packets are lost",
  ignore: !LINUX,
  fn: (t) => checkCampaign(t, loss, { times: 1 }),
});
