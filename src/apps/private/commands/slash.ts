/** `/pm NAME TEXT` at the prompt. */

import { textItem } from "../../../cli/input/items.ts";
import { labelOf } from "../../../cli/output/format.ts";
import { explainNobody, findNearest, findPeople } from "../../../core/membership/people.ts";
import type { PromptDesk, SlashCommand } from "../../app.ts";
import type { PrivateRequest } from "../app.ts";

/** What was meant for one must never go to all, so it is a command in a paste, too. */
export const PM: SlashCommand = {
  name: "pm",
  form: "/pm NAME TEXT",
  help: "TEXT for NAME alone; instead of a name, an id or its beginning",
  in_paste: true,
  takes_name: true,
  carries_name: true,
  run: (rest, pasted, desk) => {
    // One space parts the name from the text; all other spaces belong to the text.
    const [, name, text] = /^\s*(\S+)(?:\s(.*))?$/su.exec(rest) ?? [];
    // An empty line of a paste is part of what is told; typed alone it is a slip.
    const empty = text === undefined || text.trim() === "";
    if (name === undefined || (empty && !pasted)) return "expected /pm NAME TEXT";
    sayAlone(name, text ?? "", desk);
    return null;
  },
};

function sayAlone(
  word: string,
  text: string,
  { node, tell, request, patience_ms }: PromptDesk,
): void {
  const { members } = node.membership, own = { id: node.log.self, name: node.config.name };
  // Nobody writes to himself, so that a name which this node has, too, means the other.
  const found = findNearest(members.by_id.values(), word);
  if (found.length === 0 && findPeople([own], word).length > 0) {
    return tell(["rumor: that is this node"]);
  }
  if (found.length !== 1) return tell([`rumor: ${explainNobody(word, found)}`]);
  const [{ id, name }] = found;
  tell([`[pm to ${labelOf(id, name)}] ${text}`]);
  const asked: PrivateRequest = {
    to: id,
    items: [textItem(text)],
    within_ms: Math.ceil(patience_ms),
  };
  request("private", { ...asked });
}
