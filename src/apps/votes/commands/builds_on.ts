/** What the commands of votes take from those of the app that they build on. */

export { branchFrom } from "../../chain/tree.ts";
export {
  ASK_CODES,
  askBlocks,
  askFlags,
  failSenseless,
  inquireChain,
} from "../../chain/commands/asking.ts";
export { checkChain, readTextFile } from "../../chain/commands/checking.ts";
export { chainFlags, chainOptions } from "../../chain/commands/flags.ts";
export { addRecord, RECORD_CODES, recordFlags } from "../../chain/commands/recording.ts";
export { chainText } from "../../chain/commands/text.ts";
export { CHAIN_DEFAULTS } from "../../chain/options.ts";
export { RECORDS } from "../../chain/record.ts";
export type { NewestRequest, RecordRequest } from "../../chain/waits.ts";
