/** Payments are handed to a node as other records are, and its chain is asked as others ask it. */

export { ASK_CODES, askFlags, failSenseless, inquireChain } from "../../chain/commands/asking.ts";
export { chainFlags, chainOptions } from "../../chain/commands/flags.ts";
export { addRecord, recordFlags } from "../../chain/commands/recording.ts";
export { CHAIN } from "../../chain/options.ts";
export { RECORDS } from "../../chain/record.ts";
