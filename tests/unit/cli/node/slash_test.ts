import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import fc from "fast-check";
import type { PrivateRequest } from "../../../../src/apps/private/app.ts";
import { APPS } from "../../../../src/apps/registry.ts";
import { chatPrompt, SlashWords } from "../../../../src/cli/node/slash.ts";
import { PROMPT_START } from "../../../../src/cli/prompt/editor.ts";
import {
  type Member,
  type MemberState,
  namedMember,
  noMembers,
  setMembers,
} from "../../../../src/core/membership/members.ts";
import type { NodeState } from "../../../../src/core/node.ts";
import type { Json } from "../../../../src/core/types.ts";
import { anyText } from "../../../helpers/any_text.ts";
import { run, shown } from "../../../helpers/keyboard.ts";
import { startNode } from "../../../helpers/node_subject.ts";

/** The id of somebody, from a character. */
const idOf = (character: string | number) => `${character}`.repeat(43);
const FAMILY = "👨‍👩‍👧";
const STARTED = startNode({ name: "me" });
const NODE = knowing(
  ["anna", "annika", FAMILY].map((name, at) => ({
    ...namedMember(idOf(at), `10.0.0.${at}:7000`, 0),
    name,
    state: "alive",
  })),
);
const PATIENCE_MS = 7_000;
const WORDS = new SlashWords(APPS);
const PROMPT = chatPrompt(APPS);

function knowing(members: readonly Member[]): NodeState {
  const membership = { ...STARTED.membership, members: setMembers(noMembers(), members) };
  return { ...STARTED, membership };
}

/** The same node, with others that it knows. */
function among(...others: readonly (readonly [start: string, name: string, state: MemberState])[]) {
  const members = others.map(([start, name, state]) => ({
    ...namedMember(idOf(start), "10.0.0.9:7000", 0),
    name,
    state,
  }));
  return knowing(members);
}

/** Types lines at the prompt of the chat, and says what became of them. */
function speak(text: string, pasted = false, node = NODE) {
  const told: string[] = [], sent: Json[][] = [];
  let quits = false;
  const item = PROMPT.read(text, pasted, {
    node,
    tell: (lines) => void told.push(...lines),
    request: (app, request) => {
      const { to, items, within_ms } = request as unknown as PrivateRequest;
      assertEquals([app, within_ms], ["private", PATIENCE_MS]);
      sent.push([to, ...items]);
    },
    patience_ms: PATIENCE_MS,
    quit: () => quits = true,
  });
  return { item, told, sent, quits };
}

/** What a line means: what is said to all, which command it is, or what a command refuses. */
function parse(text: string, pasted: boolean) {
  const spoken = WORDS.read(text, pasted);
  if (spoken.kind !== "do") return spoken;
  const { told, sent: [message] } = speak(text, pasted);
  const { name } = spoken.command;
  if (message !== undefined) {
    const [to, item] = message;
    return { kind: name, name: NODE.membership.members.by_id.get(to as string)!.name, text: item };
  }
  const [, fault] = /^rumor: (.*)$/.exec(told[0]) ?? [];
  return fault === undefined ? { kind: name } : { kind: "fault", fault };
}

/** Presses keys at the prompt of the chat. */
function press(script: string) {
  const assist = PROMPT.assist(() => NODE);
  return run(script, PROMPT_START, assist);
}

Deno.test("`SlashWords.read()` takes lines without a slash as they are", () => {
  for (const text of ["", " ", "hello", " /quit", "a/b", "\t/pm anna", "\u2215quit"]) {
    assertEquals(parse(text, false), { kind: "say", text });
  }
});

Deno.test("`SlashWords.read()` sends what two slashes begin with one", () => {
  assertEquals(parse("//quit", false), { kind: "say", text: "/quit" });
  assertEquals(parse("//", false), { kind: "say", text: "/" });
  assertEquals(parse("///", false), { kind: "say", text: "//" });
  assertEquals(parse("// a comment", false), { kind: "say", text: "/ a comment" });
});

Deno.test("`SlashWords.read()` knows its commands", () => {
  for (const kind of ["peers", "help", "quit"] as const) {
    assertEquals(parse(`/${kind}`, false), { kind });
    assertEquals(parse(`/${kind.toUpperCase()} `, false), { kind });
    assertEquals(parse(`/${kind} now`, false).kind, "fault");
  }
  assertEquals(parse("/who", false), { kind: "who" });
  assertEquals(parse("/who  anna ", false), { kind: "who" });
  assertEquals(speak("/who ").told, speak("/who").told);
  assertEquals(speak("/who  anna ").told, speak("/who anna").told);
  assertEquals(parse("/who anna ben", false).kind, "fault");
});

Deno.test("`SlashWords.read()` leaves the text of `/pm` as it was typed", () => {
  const pm = (name: string, text: string) => ({ kind: "pm", name, text } as const);
  assertEquals(parse("/pm anna hello", false), pm("anna", "hello"));
  assertEquals(parse("/pm  anna   hello  there ", false), pm("anna", "  hello  there "));
  assertEquals(parse(`/pm ${FAMILY} /quit`, false), pm(FAMILY, "/quit"));
  for (const text of ["/pm", "/pm ", "/pm anna", "/pm anna ", "/pm anna  \t"]) {
    assertEquals(parse(text, false), { kind: "fault", fault: "expected /pm NAME TEXT" }, text);
  }
  // An empty line in the middle of a paste belongs to it.
  assertEquals(parse("/pm anna ", true), pm("anna", ""));
});

Deno.test("`SlashWords.read()` takes a pasted line as text, whatever it begins with but `/pm`", () => {
  for (const text of ["/quit", "/usr/bin", "//", "/ x", "/pmx anna"]) {
    assertEquals(parse(text, true), { kind: "say", text });
  }
  for (const text of ["/pm", "/pm anna secret", "/PM anna secret"]) {
    assert(WORDS.read(text, true).kind !== "say", text);
  }
});

Deno.test("`SlashWords.read()` never says aloud what begins with one slash", () => {
  fc.assert(
    fc.property(anyText(), (rest) => {
      const spoken = WORDS.read(`/${rest}`, false);
      if (spoken.kind === "say") assertEquals(`/${spoken.text}`, `/${rest}`);
      assertEquals(spoken.kind === "say", rest.startsWith("/"));
    }),
    { examples: [[""], ["/"], [" "], ["\n"], ["x\ny"]] },
  );
});

Deno.test("`chatPrompt()` says what is wrong with an unknown command, and sends nothing", () => {
  const { item, told, sent } = speak("/qiut now");
  assertEquals([item, sent], [undefined, []]);
  assertEquals(told, [
    "rumor: there is no command /qiut; /help lists the commands, and // sends a line that begins with /",
  ]);
});

Deno.test("`chatPrompt()` shows who is there, names, and one of them", () => {
  const { told } = speak("/peers");
  assertEquals(told.length, 4);
  assertStringIncludes(told[0], "this node");
  assertStringIncludes(told[1], "00000000  anna    10.0.0.0:7000  alive");
  assertEquals(speak("/who").told, [`me (this node), anna, annika, ${FAMILY}`]);
  assertEquals(speak("/who anna").told, ["00000000  anna  10.0.0.0:7000  alive"]);
  assertEquals(speak("/who zoe").told, ["rumor: nobody here is called zoe"]);
});

Deno.test("`chatPrompt()` lists in `/help` every command that it knows", () => {
  const help = speak("/help").told;
  for (const [form] of help.slice(0, -1).map((line) => line.split(" "))) {
    assert(form === "//TEXT" || !speak(form).told.join().includes("no command"), form);
  }
  const words = WORDS.complete("/", 1, () => [])!.words;
  const files = ["/files", "/get", "/search", "/share"];
  assertEquals([...words].sort(), [...files, "/help", "/peers", "/pm", "/quit", "/who"].sort());
  for (const word of words) assert(help.some((line) => line.startsWith(word)), word);
});

Deno.test("`chatPrompt()` sends private text to one alone, and shows what it sent", () => {
  for (const word of ["anna", "00000000", idOf(0)]) {
    const { item, told, sent } = speak(`/pm ${word} meet me `);
    assertEquals(item, undefined);
    assertEquals(told, ["[pm to anna] meet me "]);
    assertEquals(sent, [[idOf(0), "meet me "]]);
  }
  const nameless = among(["7", "", "alive"]);
  assertEquals(speak("/pm 77777777 hello", false, nameless).told, ["[pm to 77777777] hello"]);
  assert(speak("/quit").quits);
  assertEquals(speak("//quit").item, "/quit");
  assertEquals(speak("/quit", true), { item: "/quit", told: [], sent: [], quits: false });
});

Deno.test("`chatPrompt()` sends nothing where it is not clear to whom", () => {
  const nobody = speak("/pm zoe hello");
  assertEquals(nobody.sent, []);
  assertEquals(nobody.told, [
    "rumor: nobody here is called zoe; rumor peers lists who is there",
  ]);
  const two = speak("/pm anna hello", false, among(["1", "anna", "alive"], ["2", "anna", "alive"]));
  assertEquals([two.sent, two.told.length], [[], 1]);
  for (const part of ["rumor: ", idOf(1), idOf(2)]) assertStringIncludes(two.told[0], part);
  for (const word of ["me", NODE.config.id]) {
    const own = speak(`/pm ${word} hello`);
    assertEquals([own.sent, own.told], [[], ["rumor: that is this node"]]);
  }
});

Deno.test("`chatPrompt()` takes a name for whoever is there, and never for the node itself", () => {
  const restarted = among(["1", "anna", "failed"], ["2", "anna", "alive"]);
  assertEquals(speak("/pm anna hello", false, restarted).sent, [[idOf(2), "hello"]]);
  const namesake = among(["1", "me", "alive"]);
  assertEquals(speak("/pm me hello", false, namesake).sent, [[idOf(1), "hello"]]);
});

Deno.test("`chatPrompt()` completes commands and names", () => {
  const tab = (script: string) => shown(press(script).state);
  assertEquals(tab('"/q" tab'), "/quit |");
  assertEquals(tab('"/p" tab'), "/p|");
  assertEquals(tab('"/pm a" tab'), "/pm ann|");
  assertEquals(tab('"/pm anni" tab "hello"'), "/pm annika hello|");
  assertEquals(tab('"/who ANNIK" tab'), "/who annika |");
  assertEquals(tab(`"/pm 👨" tab`), `/pm ${FAMILY} |`);
  assertEquals(press('"/pm ann" tab').actions, [{ kind: "list", words: ["anna", "annika"] }]);
  assertEquals(press('"/p" tab').actions, [{ kind: "list", words: ["/peers", "/pm"] }]);
  assertEquals(press('"/pm me" tab').actions, [{ kind: "bell" }]);
});

Deno.test("`chatPrompt()` leaves Tab alone in text", () => {
  const text = (script: string) => press(script).state.text;
  assertEquals(text('"an" tab'), "an\t");
  assertEquals(text('"/pm anna an" tab'), "/pm anna an\t");
  assertEquals(text('"//p" tab'), "//p\t");
});

Deno.test("`chatPrompt()` completes nothing before there is a node", () => {
  const assist = PROMPT.assist(() => undefined);
  assertEquals(run('"/pm a" tab', PROMPT_START, assist).actions, [{ kind: "bell" }]);
});

Deno.test("`chatPrompt()` sends a paste behind `/pm` to one alone, line by line", () => {
  const { actions } = press('"/pm anna " <"one" enter enter "/quit" enter "two" enter> "x" enter');
  const spoken = actions.map((action) =>
    action.kind === "submit" ? parse(action.text, action.pasted === true) : action
  );
  assertEquals(spoken, [
    { kind: "pm", name: "anna", text: "one" },
    { kind: "pm", name: "anna", text: "" },
    { kind: "pm", name: "anna", text: "/quit" },
    { kind: "pm", name: "anna", text: "two" },
    { kind: "say", text: "x" },
  ]);
});

Deno.test("`chatPrompt()` leaves commands on the screen, but not lines", () => {
  const { isCommand } = PROMPT.assist(() => NODE);
  const kept = ["/who", "/nonsense", "hello", "//who"].map((text) => isCommand!(text, false));
  assertEquals(kept, [true, true, false, false]);
  assertEquals(isCommand!("/who", true), false);
});
