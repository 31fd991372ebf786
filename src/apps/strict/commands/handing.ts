/** What the commands that hand one payment to a node have in common. */

import type { Json } from "../../../core/types.ts";
import type { Given } from "../../../cli/args/args.ts";
import { UsageError } from "../../../cli/args/exit.ts";
import { readText } from "../../../cli/args/values.ts";
import type { IssueWish, PayWish } from "../requests.ts";
import { STRICT } from "../strict.ts";
import { addRecord, recordFlags } from "./builds_on.ts";
import type { Fault } from "./parse.ts";

/** How deep a payment lies before its command ends well, unless the user says otherwise. */
export const DEPTH = 6;
const TIMEOUT_MS = 120_000;

/** The flags of such a command. */
export const payFlags = {
  id: { value: "ID", no_env: true, help: "counts once, however often it is sent", read: readText },
  ...recordFlags,
  confirm: { ...recordFlags.confirm, help: `wait until it is N blocks deep (default: ${DEPTH})` },
  timeout: { ...recordFlags.timeout, help: "seconds to wait for that (default: 120)" },
} as const;

/** What is said of both commands, for their help. */
export const PAY_HELP =
  `An account is the id of a node, or ID/NAME; me is the id of the node that is
used. That node signs, so it must be yours, on this machine. With --id it is safe to try again after
exit code 75: an ID counts once among the payments that a node signs.`;

export const PAY_CODES =
  `Exit codes: 0 so deep in the chain, 1 refused or lapsed, 2 usage, 69 no node reachable, 75 not
decided in time, 130 interrupted.`;

/** Hands a payment to a node, and waits for it; gives the exit code. Throws a `UsageError`. */
export async function handOver(
  given: Given<typeof payFlags>,
  item: PayWish | IssueWish | Fault,
): Promise<number> {
  if ("fault" in item) throw new UsageError(item.fault);
  const timeout = given.timeout ?? TIMEOUT_MS;
  return await addRecord({ ...given, timeout }, item as Json, { depth: DEPTH, app: STRICT });
}
