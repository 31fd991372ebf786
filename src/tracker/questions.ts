/** What guests ask of a tracker: who is there. */

import type { Line } from "../core/wire/line.ts";
import { ANSWER_BYTES_TARGET } from "../core/data/limits.ts";
import { rowAt } from "./roster.ts";
import type { TrackerLink } from "./state.ts";
import type { TrackerTurn } from "./turn.ts";

/** Acts on what a guest says. */
export function answerGuest(turn: TrackerTurn, link: TrackerLink, line: Line): void {
  const elsewhere = "this is a tracker, which has no lines; join one of its peers";
  if (line.k === "want") return turn.close(link.id, "bad-order", elsewhere);
  if (line.k === "publish") return turn.send(link.id, { k: "refused", i: line.i, why: elsewhere });
  if (line.k !== "ask") return;
  if (line.q !== "peers") return turn.close(link.id, "bad-order", elsewhere);
  // Asking again with the same number gets the next line, so that who reads nothing is owed little.
  const question = link.question?.number === line.i
    ? link.question
    : { number: line.i, pages: turn.state.roster.pages, answered: 0 };
  const r: string[][] = [];
  let answered = question.answered, bytes = 0;
  for (; bytes < ANSWER_BYTES_TARGET; answered++) {
    const row = rowAt(question.pages, answered);
    if (row === undefined) break;
    r.push([row.id, row.name, row.address, "alive", String(row.since_ms), "direct"]);
    // A character of a name takes three bytes at worst.
    bytes += row.name.length * 3 + row.address.length + 100;
  }
  const more = rowAt(question.pages, answered) !== undefined;
  turn.setLink({ ...link, question: more ? { ...question, answered } : null });
  turn.send(link.id, { k: "answer", i: line.i, r, ...(more && { more }) });
}
