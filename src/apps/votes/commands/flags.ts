/** Flags and exit codes of the commands of votes. */

import { UsageError } from "../../../cli/args/exit.ts";
import { spell, wordFault } from "../words.ts";

/** The name of an election in its one spelling; throws a `UsageError` where it is none. */
export function readElection(text: string): string {
  const fault = wordFault("an election", text);
  if (fault !== null) throw new UsageError(fault);
  return spell(text);
}

export const electionFlag = {
  election: {
    value: "NAME",
    help: "which election (default: the one without a name)",
    read: readElection,
  },
} as const;
