/** `rumor chain data`: what a running node's chain holds. */

import { branchCommand } from "./asking.ts";
import { dataLines } from "./text.ts";

export default branchCommand({
  name: "data",
  summary: "print the texts that the chain holds, in their order",
  what:
    `Prints each text of a data record in the best branch on a line. With --json, one object a record, of
all kinds, with the index of its block.`,
  show: dataLines,
});
