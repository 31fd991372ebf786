/** What the commands of files take from the apps that they build on. */

export { CHAIN } from "../../names/builds_on.ts";
export { claimOf } from "../../names/claims.ts";
export type { RecordRequest } from "../../chain/waits.ts";
