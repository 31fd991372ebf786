/** A second opinion on votes: what docs/votes.md says of them. It owes the app nothing. */

import type { Json } from "../../../core/types.ts";
import { must } from "../../../sim/campaign/violation.ts";
import { asJudge, type OrderJudge } from "./builds_on.ts";

/** What must hold behind every block. */
export const ONCE = "votes_count_once";

/** All elections: their choices where they were opened, and the votes of each by voter. */
type Polls = ReadonlyMap<string, Poll>;
interface Poll {
  readonly choices: readonly string[] | null;
  readonly votes: ReadonlyMap<string, readonly [choice: string, by: string, key: string]>;
}

/** A vote, or what opens an election; without a roll, which the campaign leaves out. */
type Read =
  | { readonly election: string; readonly voter: string; readonly choice: string }
  | { readonly election: string; readonly choices: readonly string[] };

/** What is counted. */
const EFFECT_OF = {
  voted: "votes_lost",
  no_choice: "votes_for_no_choice_refused",
  opened: "openings_lost",
} as const;
const TAKEN_BACK = "votes_taken_back";
export const EFFECTS: readonly string[] = [...Object.values(EFFECT_OF), TAKEN_BACK];

const WORD_BYTES = 255;
const NO_POLL: Poll = { choices: null, votes: new Map() };
const encoder = new TextEncoder();

export const votesJudge: OrderJudge = asJudge<Polls>({
  name: "votes",
  initial: new Map(),
  isForm: (item) => readItem(item) !== null,
  take: (polls, { item, origin, key }) => {
    const read = readItem(item);
    if (read === null || obstacle(polls, read) !== null) return null;
    const { choices, votes } = polls.get(read.election) ?? NO_POLL;
    const after = "choices" in read
      ? { choices: read.choices, votes }
      : { choices, votes: new Map(votes).set(read.voter, [read.choice, origin, key]) };
    return new Map(polls).set(read.election, after);
  },
  difference: (polls, theirs) => differenceOf(polls, theirs as Theirs),
  effectOf: (polls, { item }, _index, was_in) => {
    if (was_in) return TAKEN_BACK;
    const way = obstacle(polls, readItem(item)!);
    return way === null ? null : EFFECT_OF[way];
  },
  lossText: (item) => {
    const read = readItem(item)!, { election } = read;
    if ("choices" in read) return `the opening of ${election} does not count`;
    const where = election === "" ? "" : ` in ${election}`;
    return `the vote of ${read.voter} for ${read.choice}${where} does not count`;
  },
});

/** What the app says; null before the first vote. */
type Theirs =
  | ReadonlyMap<string, {
    readonly opened: { readonly choices: readonly string[] } | null;
    readonly ballots: ReadonlyMap<
      string,
      { readonly choice: string; readonly by: string; readonly key: string }
    >;
  }>
  | null;

function obstacle(polls: Polls, read: Read): keyof typeof EFFECT_OF | null {
  const { choices, votes } = polls.get(read.election) ?? NO_POLL;
  // Nobody opens what was opened, or has votes.
  if ("choices" in read) return choices !== null || votes.size > 0 ? "opened" : null;
  if (votes.has(read.voter)) return "voted";
  return choices === null || choices.includes(read.choice) ? null : "no_choice";
}

function differenceOf(polls: Polls, theirs: Theirs): string | null {
  const keys = [...theirs?.values() ?? []].flatMap(({ ballots }) =>
    [...ballots.values()].map(({ key }) => key)
  );
  must(new Set(keys).size === keys.length, ONCE, () => "a vote counts for two voters at a node");
  for (const [election, { choices, votes }] of polls) {
    const { opened = null, ballots } = theirs?.get(election) ?? {};
    const listed = opened?.choices.join() ?? null;
    if (listed !== (choices?.join() ?? null)) return `the choices ${listed}, not ${choices}`;
    for (const [voter, mine] of votes) {
      const { choice, by, key } = ballots?.get(voter) ?? {}, said = [choice, by, key];
      if (said.some((one, at) => one !== mine[at])) return `${said} of ${voter}, not ${mine}`;
    }
    const count = ballots?.size ?? 0;
    if (count !== votes.size) return `${count} votes in ${election}, not ${votes.size}`;
  }
  const count = theirs?.size ?? 0;
  return count === polls.size ? null : `${count} elections, not ${polls.size}`;
}

function readItem(item: Json): Read | null {
  if (typeof item !== "object" || item === null || Array.isArray(item)) return null;
  const keys = Object.keys(item).sort().join();
  const { k, voter, choice, choices, election = "" } = item as Record<string, Json>;
  if (keys.includes("election") && !isWord(election)) return null;
  const name = spelled(election);
  if (k === "vote" && (keys === "choice,k,voter" || keys === "choice,election,k,voter")) {
    const is_good = isWord(voter) && isWord(choice);
    return is_good ? { election: name, voter: spelled(voter), choice: spelled(choice) } : null;
  }
  if (k !== "election" || keys !== "choices,election,k" || !Array.isArray(choices)) return null;
  if (choices.length === 0 || !choices.every(isWord)) return null;
  const words = choices.map(spelled);
  return new Set(words).size === words.length ? { election: name, choices: words } : null;
}

/** From 1 to 255 bytes without control characters. */
function isWord(value: Json): boolean {
  const word = typeof value === "string" ? spelled(value) : "";
  return /^[^\p{Cc}\p{Zl}\p{Zp}]+$/u.test(word) && encoder.encode(word).length <= WORD_BYTES;
}

function spelled(value: Json): string {
  return (value as string).normalize("NFC").trim();
}
