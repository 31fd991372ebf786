/** Payments are records: the chain says in which order they come. */

export { CHAIN } from "../chain/options.ts";
export { asRule, type OrderedItem, type OrderRule, type Taken } from "../chain/order.ts";
export { type ChainOffer, comingItems } from "../chain/app.ts";
export { refusalText } from "../chain/losers.ts";
export type { ChainRecord } from "../chain/record.ts";
export { RECORDS } from "../chain/record.ts";
