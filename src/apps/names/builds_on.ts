/** A claim is a record, which the chain puts in its place. */

export type { ChainOffer } from "../chain/app.ts";
export { CHAIN } from "../chain/options.ts";
export { asRule } from "../chain/order.ts";
