/** How what was found is told: to guests as rows of the question `found`, at the prompt as lines. */

import type { AppView } from "../../../core/host/app.ts";
import { countRuns } from "../runs.ts";
import { isOver, type Row, type Searches } from "./state.ts";

/** The first row of an answer, about the search as a whole. */
const STATE = "state";

/**
 * What the question `found KEY FROM` is about: the state of a search, and its rows behind the first
 * `FROM`. Nothing where there is no such search, or no more.
 */
export function foundNames({ own }: Searches, [key = "", from]: readonly string[]): string[] {
  const search = own.get(key);
  if (search === undefined) return [];
  const first = /^[0-9]{1,9}$/.test(from ?? "") ? Number(from) : 0;
  const names = [`${STATE} ${key}`];
  for (let at = first; at < search.rows.length; at++) names.push(`${at} ${key}`);
  return names;
}

/**
 * One row: `open` or `over`, and `more` where not all is told; of what was found link, name, runs as
 * JSON, id of the holder and what that calls itself.
 */
export function foundRow({ own }: Searches, name: string, view: AppView): readonly string[] {
  const [place, key] = name.split(" "), search = own.get(key);
  // It was forgotten while the answer was read.
  if (search === undefined) return [];
  if (place === STATE) return [isOver(search) ? "over" : "open", search.more ? "more" : ""];
  const { link, name: file_name, has, holder } = search.rows.get(Number(place))!;
  return [link, file_name, JSON.stringify(has), holder, holderName(holder, view)];
}

/** What the holder of a row calls itself, "" for nothing. */
export function holderName(holder: string, { self, name, members }: AppView): string {
  return holder === self ? name : members.get(holder)?.name ?? "";
}

/** `LINK NAME CHUNKS HOLDER HOLDERNAME`: five words, whatever the name of the file is. */
export function foundLine(row: Row, holder_name: string): string {
  const { link, name, chunks, has, holder } = row;
  const there = has === null ? "all" : `${countRuns(has)}/${chunks}`;
  return `${link} ${oneWord(name)} ${there} ${holder} ${holder_name === "" ? "-" : holder_name}`;
}

/** A name as one word, which means one name: `\x20` is its space, `\x5c` its backslash. */
export function oneWord(name: string): string {
  return name.replaceAll("\\", "\\x5c").replaceAll(" ", "\\x20");
}
