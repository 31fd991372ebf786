/** The chain in the campaign: its users, its liars, and what must hold. */

import { type AppRules, asRules } from "../../../../sim/campaign/app_rules.ts";
import { chain } from "../../app.ts";
import { RECORDS } from "../../record.ts";
import { seeDelivered, seeRecord } from "./hear.ts";
import { Judge } from "./judge.ts";
import { lyingChain } from "./liar.ts";
import { seeState } from "./see_state.ts";
import { unsettled } from "./settled.ts";
import { drawSetup, placeNode } from "./setup.ts";
import { act, OPERATIONS } from "./users.ts";
import { type ChainView, newChainView } from "./view.ts";
import { type ChainRun, EFFECTS } from "./watch.ts";
import { mineVirtually } from "./work.ts";

export const chainRules: AppRules = asRules<ChainView, ChainRun>({
  app: chain,
  draw: drawSetup,
  place: placeNode,
  operations: OPERATIONS,
  act,
  worker: mineVirtually,
  liar: lyingChain,
  // Of two records under one number each node gets one; both may be ordered.
  other: (topic, item) =>
    topic === RECORDS ? { k: "data", text: `not ${JSON.stringify(item)}` } : item,
  effects: EFFECTS,
  newView: newChainView,
  newRun: (tools) => {
    const judge = tools.setup === null ? null : new Judge(tools);
    return { judge, sha256: tools.sha256 };
  },
  seeDelivered,
  seeState,
  seeRecord,
  unsettled,
});
