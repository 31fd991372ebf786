/** Topics with a meaning of their own are not for plain lines. */

import { LEDGER, PRESENCE } from "../../core/log/log.ts";

/** Why lines may not be sent to a topic, or null. */
export function frontTopicFault(topic: string): string | null {
  if (topic === LEDGER) return "--topic ledger holds transactions; see rumor ledger and rumor pay";
  if (topic === PRESENCE) return "--topic presence is the nodes' own";
  return null;
}
