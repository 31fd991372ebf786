/** What the commands that hand a record to a node have in common. */

import type { Json } from "../../../core/types.ts";
import type { Given } from "../../../cli/args/args.ts";
import { helpFlags, joinFlag, networkFlag } from "../../../cli/args/flags.ts";
import { readCount, readSeconds } from "../../../cli/args/values.ts";
import { Publisher, requesting } from "../../../cli/guest/publisher.ts";
import { CHAIN } from "../options.ts";
import type { RecordRequest } from "../waits.ts";

const TIMEOUT_MS = 60_000;
const DEPTH_MAX = 1_000_000;

/** The flags of such a command. */
export const recordFlags = {
  ...joinFlag,
  confirm: {
    value: "N",
    help: "wait until it is N blocks deep (default: 1)",
    read: readCount(1, DEPTH_MAX),
  },
  timeout: { value: "S", help: "seconds to wait for that (default: 60)", read: readSeconds },
  ...networkFlag,
  ...helpFlags,
} as const;

/** How such a command ends. */
export const RECORD_CODES =
  "Exit codes: 0 in the chain, 1 refused, 2 usage, 69 no node reachable, 75 not yet, 130 interrupted.";

/**
 * Hands a record to a node, and waits until it is so deep in the chain (`depth` where nobody says);
 * gives the exit code. `app` is whom it is handed to, where that is not the chain itself.
 */
export async function addRecord(
  given: Given<typeof recordFlags>,
  item: Json,
  { depth = 1, app = CHAIN }: { readonly depth?: number; readonly app?: string } = {},
): Promise<number> {
  const timeout = given.timeout ?? TIMEOUT_MS;
  const errand = requesting(app, "the chain", { ...given, timeout }, ([item], within_ms) => {
    return { item, depth: given.confirm ?? depth, within_ms } satisfies RecordRequest;
  });
  return await new Publisher({ ...given, timeout }, errand).run((send) => send([item], 0));
}
