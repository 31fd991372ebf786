/**
 * The commands of the chat prompt. Lines that begin with a slash are for the program and go to
 * nobody; two slashes send a line that begins with one. Lines of a pipe are never commands.
 */

import type { NodeState } from "../../core/node.ts";
import { explainNobody, findNearest, findPeople } from "../../core/membership/people.ts";
import { labelOf } from "../output/format.ts";
import { textItem } from "../input/items.ts";
import { padded, widthOf } from "../output/width.ts";
import { type Completion, matching } from "../prompt/mod.ts";
import type { PromptApp, PromptDesk } from "./app.ts";
import { peerTable, peopleOf, whoLine, wordsForPeople } from "./who.ts";

/** What a line means that was typed at the prompt. */
export type Spoken =
  | { readonly kind: "say"; readonly text: string }
  | { readonly kind: "peers" | "help" | "quit" }
  | { readonly kind: "who"; readonly name: string }
  | { readonly kind: "pm"; readonly name: string; readonly text: string }
  | { readonly kind: "fault"; readonly fault: string };

const COMMANDS: readonly (readonly [form: string, help: string])[] = [
  ["/help", "this list"],
  ["/peers", "who is there: id, name, address, state"],
  ["/pm NAME TEXT", "TEXT for NAME alone; instead of a name, an id or its beginning"],
  ["/quit", "leave, as Ctrl-D does"],
  ["/who [NAME]", "the names of who is alive, or all about NAME"],
  ["//TEXT", "the line /TEXT, for everybody"],
];
const KEYS = "Tab completes commands and names; Up and Down bring back lines.";
const NAMES = COMMANDS.map(([form]) => form.split(" ")[0]).filter((name) => !name.startsWith("//"));
const HINT = "/help lists the commands, and // sends a line that begins with /";

/**
 * Reads a typed line. A line of a paste is text like that of a pipe, whatever it begins with; but
 * `/pm` is `/pm` even there, as what was meant for one must never go to all.
 */
export function parseLine(text: string, pasted: boolean): Spoken {
  const [, command, rest] = /^\/(\S*)\s?(.*)$/su.exec(text) ?? [];
  const name = command?.toLowerCase();
  if (name === undefined || (pasted && name !== "pm")) return { kind: "say", text };
  if (text.startsWith("//")) return { kind: "say", text: text.slice(1) };
  const words = rest.trim();
  switch (name) {
    case "peers":
    case "help":
    case "quit":
      return words === "" ? { kind: name } : fault(`/${name} stands alone`);
    case "who":
      return /\s/u.test(words) ? fault("/who takes one NAME") : { kind: "who", name: words };
    case "pm":
      return parsePrivate(rest, pasted);
    default:
      return fault(`there is no command /${command}; ${HINT}`);
  }
}

/** One space parts the name from the text; all other spaces belong to the text. */
function parsePrivate(rest: string, pasted: boolean): Spoken {
  const [, name, text] = /^\s*(\S+)(?:\s(.*))?$/su.exec(rest) ?? [];
  // An empty line of a paste is part of what is told; typed alone it is a slip.
  const empty = text === undefined || text.trim() === "";
  if (name === undefined || (empty && !pasted)) return fault("expected /pm NAME TEXT");
  return { kind: "pm", name, text: text ?? "" };
}

function fault(fault: string): Spoken {
  return { kind: "fault", fault };
}

/** What Tab can do: complete a command, or the name behind one that takes a name. */
export function completeLine(
  text: string,
  cursor: number,
  people: () => readonly string[],
): Completion | null {
  const before = text.slice(0, cursor);
  if (/^\/[^/\s]*$/u.test(before)) return { from: 0, words: matching(NAMES, before) };
  const [, command, typed] = /^(\/(?:pm|who)\s+)(\S*)$/iu.exec(before) ?? [];
  if (command === undefined) return null;
  return { from: command.length, words: matching(people(), typed) };
}

/** The prompt of the chat. */
export const CHAT_PROMPT: PromptApp = {
  read: (text, pasted, desk) => {
    const spoken = parseLine(text, pasted);
    if (spoken.kind === "say") return textItem(spoken.text);
    obey(spoken, desk);
  },
  assist: (node) => ({
    complete: (text, cursor) =>
      completeLine(text, cursor, () => {
        const state = node();
        return state === undefined ? [] : wordsForPeople(peopleOf(state));
      }),
    isCommand: (text, pasted) => parseLine(text, pasted).kind !== "say",
    carry: (text) => /^\/pm\s+\S+\s/iu.exec(text)?.[0] ?? "",
  }),
};

function obey(spoken: Exclude<Spoken, { kind: "say" }>, desk: PromptDesk): void {
  switch (spoken.kind) {
    case "help":
      return desk.tell(helpLines());
    case "quit":
      return desk.quit();
    case "peers":
      return desk.tell(peerTable(peopleOf(desk.node)));
    case "who":
      return desk.tell(aboutPeople(desk.node, spoken.name));
    case "pm":
      return sayAlone(spoken.name, spoken.text, desk);
    case "fault":
      return desk.tell([`rumor: ${spoken.fault}`]);
  }
}

function aboutPeople(node: NodeState, name: string): string[] {
  const people = peopleOf(node);
  if (name === "") return [whoLine(people)];
  const found = findPeople(people, name);
  return found.length > 0 ? peerTable(found) : [`rumor: nobody here is called ${name}`];
}

function sayAlone(word: string, text: string, { node, tell, post }: PromptDesk): void {
  // Nobody writes to himself, so that a name which this node has, too, means the other.
  const found = findNearest(node.members.by_id.values(), word);
  if (found.length === 0 && findPeople([node.config], word).length > 0) {
    return tell(["rumor: that is this node"]);
  }
  if (found.length !== 1) return tell([`rumor: ${explainNobody(word, found)}`]);
  const [{ id, name }] = found;
  tell([`[pm to ${labelOf(id, name)}] ${text}`]);
  post(id, textItem(text));
}

function helpLines(): string[] {
  const width = Math.max(...COMMANDS.map(([form]) => widthOf(form)));
  return [...COMMANDS.map(([form, help]) => `${padded(form, width)}  ${help}`), KEYS];
}
