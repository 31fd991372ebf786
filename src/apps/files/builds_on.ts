/** Names of files are claimed on the chain. */

export { CHAIN, type ChainOffer } from "../names/builds_on.ts";
export { type Claim, type Claims, NAMES } from "../names/claims.ts";
