/** Whoever simulates claims is told by the chain's campaign in which branch each record stands. */

export {
  asJudge,
  type JudgedRecord,
  type OrderJudge,
} from "../../chain/sim/campaign/order_judge.ts";
export { chainIn } from "../../chain/sim/campaign/setup.ts";
