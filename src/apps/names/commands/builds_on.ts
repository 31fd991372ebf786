/** Claims are handed to the chain as other records are, and asked for where it is followed. */

export { ASK_CODES, askFlags, failSenseless, inquireChain } from "../../chain/commands/asking.ts";
export { addRecord, RECORD_CODES, recordFlags } from "../../chain/commands/recording.ts";
