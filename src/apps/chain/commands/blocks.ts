/** `rumor chain blocks`: the blocks of a running node's chain. */

import { branchCommand } from "./asking.ts";
import { blockLine } from "./text.ts";

export default branchCommand({
  name: "blocks",
  summary: "print the blocks of the chain",
  what: "Prints INDEX HASH RECORDS of each block of the best branch. With --json, whole blocks.",
  show: blockLine,
});
