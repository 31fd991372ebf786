/** The short version of a fault script, among the long tests; needs root, to mount a small disk. */

import { LINUX } from "../helpers/arena.ts";
import { LONG } from "../helpers/long.ts";
import { checkCampaign } from "./campaign.ts";
import { canMount, diskFull } from "./disk_full.ts";

Deno.test({
  name: "`rumor --data` stops acknowledging while the disk is full, and goes on (needs root)",
  ignore: !LONG || !LINUX || !await canMount(),
  fn: (t) => checkCampaign(t, diskFull, { times: 1 }),
});
