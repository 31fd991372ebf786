/** Votes as an app: what the best branch of the chain says of elections. */

import { type App, type AppView, asApp } from "../../core/host/app.ts";
import { applyRecord, CHAIN, type ChainOffer, isRefused } from "./builds_on.ts";
import { type Election, electionOf, tallyOf, VOTE_RULE, VOTES, type Votes } from "./rule.ts";
import { spell } from "./words.ts";

export const votes: App = asApp<null>({
  name: VOTES,
  builds_on: [CHAIN],
  initial: () => null,
  order: VOTE_RULE,
  questions: {
    /** CHOICE COUNT of an election, most first. All rows are of one moment. */
    votes: {
      right: "read",
      names: (_, [election = ""], view) =>
        tallyOf(electionIn(view, election)).map((row) => JSON.stringify(row)),
      row: (_, name) => JSON.parse(name).map(String),
    },
    /** CHOICE INDEX KEY of the vote of a voter: the index of its block, and who signed it. */
    vote: {
      right: "read",
      names: (_, [election = "", voter = ""], view) => {
        const ballot = electionIn(view, election).ballots.get(spell(voter));
        return ballot === undefined
          ? []
          : [JSON.stringify([ballot.choice, ballot.index, ballot.by])];
      },
      row: (_, name) => JSON.parse(name).map(String),
    },
    /** One row while some vote waits that the next block may hold. */
    votes_waiting: {
      right: "read",
      names: (_, _args, view) => isVoteWaiting(view.below(CHAIN)) ? ["1"] : [],
      row: (_, name) => [name],
    },
  },
});

/** An election in the best branch of a node. */
function electionIn(view: AppView, name: string): Election {
  const { tree } = (view.below(CHAIN) ?? {}) as Partial<ChainOffer>;
  return electionOf((tree?.best.states.get(VOTES) ?? null) as Votes, spell(name));
}

function isVoteWaiting(offer: unknown): boolean {
  if (!offer) return false;
  const { tree: { order, best }, pool } = offer as ChainOffer;
  for (const record of pool.values()) {
    const is_vote = VOTE_RULE.kinds.includes((record.item as { readonly k: string }).k);
    if (!is_vote) continue;
    if (!isRefused(applyRecord(order, best.states, record, best.block.index + 1))) return true;
  }
  return false;
}
