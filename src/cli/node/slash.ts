/**
 * The words for the program at the prompt. Lines that begin with a slash are for the program and go to
 * nobody; two slashes send a line that begins with one. Lines of a pipe are never commands.
 */

import type { AppModule, PromptDesk, SlashCommand } from "../../apps/app.ts";
import type { NodeState } from "../../core/node.ts";
import { findPeople } from "../../core/membership/people.ts";
import { textItem } from "../input/items.ts";
import { padded, widthOf } from "../output/width.ts";
import { type Completion, matching } from "../prompt/mod.ts";
import type { PromptApp } from "./app.ts";
import { peerTable, peopleOf, whoLine, wordsForPeople } from "./who.ts";

/** What a line means that was typed at the prompt. */
export type Spoken =
  | { readonly kind: "say"; readonly text: string }
  | {
    readonly kind: "do";
    readonly command: SlashCommand;
    readonly rest: string;
    readonly pasted: boolean;
  }
  | { readonly kind: "fault"; readonly fault: string };

/** The words of every node, whatever its apps. */
const OWN: readonly SlashCommand[] = [
  alone("help", "this list", () => {}),
  alone("peers", "who is there: id, name, address, state", ({ node, tell }) => {
    tell(peerTable(peopleOf(node)));
  }),
  alone("quit", "leave, as Ctrl-D does", ({ quit }) => quit()),
  {
    name: "who",
    form: "/who [NAME]",
    help: "the names of who is alive, or all about NAME",
    takes_name: true,
    run: (rest, _pasted, { node, tell }) => {
      const name = rest.trim();
      if (/\s/u.test(name)) return "/who takes one NAME";
      tell(aboutPeople(node, name));
      return null;
    },
  },
];
const SLASHES = ["//TEXT", "the line /TEXT, for everybody"] as const;
const KEYS = "Tab completes commands and names; Up and Down bring back lines.";
const HINT = "/help lists the commands, and // sends a line that begins with /";

/** The words that are known at a prompt, in the order of `/help`. */
export class SlashWords {
  readonly #commands: readonly SlashCommand[];

  constructor(apps: readonly AppModule[]) {
    const all = [...OWN, ...apps.flatMap(({ slash }) => slash ?? [])];
    this.#commands = all.sort((a, b) => a.name < b.name ? -1 : 1);
  }

  /** Reads a typed line. A line of a paste is text like that of a pipe, whatever it begins with. */
  read(text: string, pasted: boolean): Spoken {
    const [, word, rest] = /^\/(\S*)\s?(.*)$/su.exec(text) ?? [];
    const name = word?.toLowerCase();
    const command = this.#commands.find((one) => one.name === name);
    if (name === undefined || (pasted && !command?.in_paste)) return { kind: "say", text };
    if (text.startsWith("//")) return { kind: "say", text: text.slice(1) };
    if (command !== undefined) return { kind: "do", command, rest, pasted };
    return { kind: "fault", fault: `there is no command /${word}; ${HINT}` };
  }

  /** What Tab can do: complete a command, or the name behind one that takes a name. */
  complete(text: string, cursor: number, people: () => readonly string[]): Completion | null {
    const before = text.slice(0, cursor);
    const names = this.#commands.map(({ name }) => `/${name}`);
    if (/^\/[^/\s]*$/u.test(before)) return { from: 0, words: matching(names, before) };
    const takers = this.#commands.filter(({ takes_name }) => takes_name).map(({ name }) => name);
    const behind = new RegExp(`^(/(?:${takers.join("|")})\\s+)(\\S*)$`, "iu");
    const [, command, typed] = behind.exec(before) ?? [];
    if (command === undefined) return null;
    return { from: command.length, words: matching(people(), typed) };
  }

  /** What of a line stays for the next one. */
  carry(text: string): string {
    const [start, name] = /^\/(\S+)\s+\S+\s/iu.exec(text) ?? ["", ""];
    const command = this.#commands.find((one) => one.name === name.toLowerCase());
    return command?.carries_name ? start : "";
  }

  help(): string[] {
    const rows = [...this.#commands.map(({ form, help }) => [form, help] as const), SLASHES];
    const width = Math.max(...rows.map(([form]) => widthOf(form)));
    return [...rows.map(([form, help]) => `${padded(form, width)}  ${help}`), KEYS];
  }
}

/** The prompt of the chat. */
export function chatPrompt(apps: readonly AppModule[]): PromptApp {
  const words = new SlashWords(apps);
  return {
    read: (text, pasted, desk) => {
      const spoken = words.read(text, pasted);
      if (spoken.kind === "say") return textItem(spoken.text);
      const fault = spoken.kind === "fault" ? spoken.fault : obey(words, spoken, desk);
      if (fault !== null) desk.tell([`rumor: ${fault}`]);
    },
    assist: (node) => ({
      complete: (text, cursor) =>
        words.complete(text, cursor, () => {
          const state = node();
          return state === undefined ? [] : wordsForPeople(peopleOf(state));
        }),
      isCommand: (text, pasted) => words.read(text, pasted).kind !== "say",
      carry: (text) => words.carry(text),
    }),
  };
}

function obey(
  words: SlashWords,
  { command, rest, pasted }: Extract<Spoken, { kind: "do" }>,
  desk: PromptDesk,
): string | null {
  const fault = command.run(rest, pasted, desk);
  if (fault === null && command.name === "help") desk.tell(words.help());
  return fault;
}

/** A word that stands alone. */
function alone(name: string, help: string, act: (desk: PromptDesk) => void): SlashCommand {
  return {
    name,
    form: `/${name}`,
    help,
    run: (rest, _pasted, desk) => {
      if (rest.trim() !== "") return `/${name} stands alone`;
      act(desk);
      return null;
    },
  };
}

function aboutPeople(node: NodeState, name: string): string[] {
  const people = peopleOf(node);
  if (name === "") return [whoLine(people)];
  const found = findPeople(people, name);
  return found.length > 0 ? peerTable(found) : [`rumor: nobody here is called ${name}`];
}
