/** Chat: lines for everybody. It is the app of every topic that no other app names. */

import { type App, asApp } from "../../core/host/app.ts";
import { textFault } from "./lines.ts";

/** The topic of lines, unless another is named. */
export const CHAT = "chat";

/** There is nothing to fold: lines are kept by the log, and printed as they are. */
export const chat: App = asApp<null>({
  name: "chat",
  topics: [{ topic: CHAT, whole: false }],
  any_topic: true,
  initial: () => null,
  refuse: () => textFault,
});
