/** What votes take from the app that they build on. */

export type { ChainOffer } from "../chain/app.ts";
export { CHAIN } from "../chain/options.ts";
export { applyRecord, asRule, isRefused, type OrderRule, type Taken } from "../chain/order.ts";
export type { ChainRecord } from "../chain/record.ts";
