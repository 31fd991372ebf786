/** The short version of a fault script. */

import { LONG } from "../helpers/long.ts";
import { checkCampaign } from "./campaign.ts";
import { privateMessages } from "./private.ts";

Deno.test({
  name: "`rumor` loses no private message when a node between dies and another takes its place",
  fn: (t) => checkCampaign(t, privateMessages, { times: LONG ? 3 : 1 }),
});
