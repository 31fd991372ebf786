/** Records of votes without a chain: what the rule makes of them, in an order. */

import type { Id, Json } from "../../../src/core/types.ts";
import { electionOf, tallyOf, VOTE_RULE, type Votes } from "../../../src/apps/votes/rule.ts";
import type { Refused } from "../../../src/apps/chain/order.ts";

/** What somebody signed. */
export interface Signed {
  readonly item: Json;
  readonly origin: Id;
}

/** Keys that may sign. */
export const ANN = "j7pzbku14v2ImcseiNdNtGUuGP_qKT4DBqLWEe6s-rY";
export const BEN = "3ouAcuDH4rtbtD8_aU_YvbHAAorvt7y_IcOTISbLNeI";

/** A vote as anybody may spell it. */
export function vote(voter: Json, choice: Json, election?: Json): Json {
  return { k: "vote", voter, choice, ...(election === undefined ? {} : { election }) };
}

/** What becomes of records, one behind the other; those that are refused are left out. */
export class Branch {
  votes: Votes = VOTE_RULE.initial as Votes;
  #next = 1;

  /** Takes a record, or says why not. The block's index is the number of the try. */
  take(item: Json, origin: Id = ANN): Refused | null {
    const fault = VOTE_RULE.fault(item), index = this.#next++;
    const record = { key: `record ${index}`, origin, item, line: "", place: 0 };
    const taken = VOTE_RULE.apply(this.votes, record, index);
    if ("refused" in taken) {
      if (fault !== null && fault !== taken.refused) throw new Error(`${fault}: ${taken.refused}`);
      return taken;
    }
    if (fault !== null) throw new Error(`a record was taken, though ${fault}`);
    this.votes = taken.state as Votes;
    return null;
  }

  /** Takes those that have a place. */
  takeAll(records: readonly Signed[]): this {
    for (const { item, origin } of records) this.take(item, origin);
    return this;
  }

  tally(election = ""): readonly (readonly [string, number])[] {
    return tallyOf(electionOf(this.votes, election));
  }

  /** All there is to know of an election, as plain values. */
  picture(election = ""): unknown {
    const { opened, ballots } = electionOf(this.votes, election);
    return {
      opened: opened && { ...opened, roll: opened.roll?.toJSON() },
      votes: ballots.toJSON(),
    };
  }
}
