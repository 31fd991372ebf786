/** Whom a word means: a name is a label that several may have, the id is the identity. */

import type { Id } from "../types.ts";
import type { MemberState } from "./members.ts";
import { NAMESAKES_TOLD_MAX } from "../data/limits.ts";

/** So much of an id is enough to mean somebody. */
export const ID_START_CHARS = 8;

/** Whoever can be meant. */
export interface Named {
  readonly id: Id;
  readonly name: string;
  readonly state: MemberState;
}

/** Those whom a word may mean: by their name, or by their id or its beginning. */
export function findPeople<N extends Pick<Named, "id" | "name">>(
  people: Iterable<N>,
  word: string,
): N[] {
  const by_id = word.length >= ID_START_CHARS;
  return [...people].filter(({ id, name }) => name === word || (by_id && id.startsWith(word)));
}

/**
 * Of those whom a word may mean, those that are there before those that may be, and those before who
 * is gone: a node that was started anew is not taken for what it was before.
 */
export function findNearest<N extends Named>(people: Iterable<N>, word: string): N[] {
  const found = findPeople(people, word);
  const exact = found.filter(({ id }) => id === word);
  if (exact.length > 0) return exact;
  const best = Math.min(...found.map(({ state }) => DISTANCE[state]));
  return found.filter(({ state }) => DISTANCE[state] === best);
}

/** Says of whom a word means nobody, or several, what to do about it. */
export function explainNobody(word: string, found: readonly Named[]): string {
  if (found.length === 0) return `nobody here is called ${word}; rumor peers lists who is there`;
  // Anybody may take that name as often as they like; the answer must fit into a line.
  const ids = found.slice(0, NAMESAKES_TOLD_MAX).map(({ id }) => id).join(" and ");
  const more = found.length > NAMESAKES_TOLD_MAX ? ", or another of rumor peers" : "";
  return `${found.length} peers are called ${word}: say which by its id, ${ids}${more}`;
}

const DISTANCE: Readonly<Record<MemberState, number>> = {
  alive: 0,
  suspect: 1,
  named: 1,
  failed: 2,
  left: 2,
};
