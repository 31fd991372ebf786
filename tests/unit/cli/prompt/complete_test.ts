/** What Tab does, and what a paste of several lines means, where lines may be commands. */

import { assertEquals, assertStrictEquals } from "@std/assert";
import { onKey, PROMPT_START } from "../../../../src/cli/prompt/editor.ts";
import { oneWord, widthOf } from "../../../../src/cli/output/width.ts";
import {
  type Assist,
  choiceRows,
  commonStart,
  matching,
} from "../../../../src/cli/prompt/complete.ts";
import { run, shown } from "../../../helpers/keyboard.ts";

/** Completes behind `@`, and takes `to WHOM ` for the beginning of a command. */
function assistOf(...words: string[]): Assist {
  return {
    complete: (text, cursor) => {
      const from = text.lastIndexOf("@", cursor - 1) + 1;
      return from === 0 ? null : { from, words: matching(words, text.slice(from, cursor)) };
    },
    carry: (text) => /^to \S+ /.exec(text)?.[0] ?? "",
  };
}

const WORDS = assistOf("anna", "annika", "Bernd", "世界一", "世界二");

function tab(script: string, assist = WORDS) {
  const { state, actions } = run(script, PROMPT_START, assist);
  return [shown(state), ...actions];
}

Deno.test("`onKey()` with Tab completes what only one word begins with", () => {
  assertEquals(tab('"hi @anna" tab'), ["hi @anna |"]);
  assertEquals(tab('"@anni" tab "hello"'), ["@annika hello|"]);
  // Behind a name there is one space, also where it was there before.
  assertEquals(tab('"@be hello" home right right right tab'), ["@Bernd |hello"]);
});

Deno.test("`onKey()` with Tab goes as far as it is clear, and then lists the words", () => {
  assertEquals(tab('"@a" tab'), ["@ann|"]);
  assertEquals(tab('"@a" tab tab'), ["@ann|", { kind: "list", words: ["anna", "annika"] }]);
  assertEquals(tab('"@a" tab "i" tab'), ["@annika |"]);
  assertEquals(tab('"@世" tab'), ["@世界|"]);
});

Deno.test("`onKey()` with Tab rings where no word fits", () => {
  assertEquals(tab('"@x" tab'), ["@x|", { kind: "bell" }]);
  assertEquals(tab('"@" tab', assistOf()), ["@|", { kind: "bell" }]);
});

Deno.test("`onKey()` with Tab heeds capitals only where that helps", () => {
  assertEquals(tab('"@BERN" tab'), ["@Bernd |"]);
  assertEquals(tab('"@A" tab'), ["@ann|"]);
  assertEquals(tab('"@an" tab', assistOf("Anna", "ANTON")), [
    "@an|",
    { kind: "list", words: ["Anna", "ANTON"] },
  ]);
  assertEquals(tab('"@An" tab', assistOf("Anna", "anton")), ["@Anna |"]);
});

Deno.test("`onKey()` with Tab inserts a tab where there is nothing to complete", () => {
  assertEquals(tab('"a" tab "b"'), ["a\tb|"]);
  assertEquals(run('"a" tab').state.text, "a\t");
});

Deno.test("`onKey()` with Tab parts no grapheme", () => {
  const [girl, boy] = ["👨‍👩‍👧", "👨‍👩‍👦"];
  assertEquals(commonStart([`x${girl}`, `x${boy}`]), "x");
  assertEquals(commonStart(["e\u0301a", "ea"]), "");
  assertEquals(commonStart([]), "");
  assertEquals(tab('"@x" tab', assistOf(`x${girl}`, `x${boy}`)).length, 2);
});

Deno.test("`onKey()` tells a line that was pasted whole from one that was typed", () => {
  const submitted = (script: string) =>
    run(script).actions.map((action) => action.kind === "submit" && [action.text, action.pasted]);
  assertEquals(submitted('<"one" enter "" enter "two" enter "thr"> "ee" enter'), [
    ["one", true],
    ["", true],
    ["two", true],
    ["three", undefined],
  ]);
  assertEquals(submitted('"o" <"ne" enter "two" enter>'), [["one", undefined], ["two", true]]);
  assertEquals(submitted('<"one"> backspace <"e" enter>'), [["one", undefined]]);
  // Enter was pressed by somebody who saw the line.
  assertEquals(submitted('<"one"> enter'), [["one", undefined]]);
});

Deno.test("`onKey()` sends all lines of a paste to whom its first line is for", () => {
  const texts = (script: string) =>
    run(script, PROMPT_START, WORDS).actions.map((action) =>
      action.kind === "submit" && action.text
    );
  assertEquals(texts('"to anna " <"one" enter "  two" enter enter "three"> enter'), [
    "to anna one",
    "to anna   two",
    "to anna ",
    "to anna three",
  ]);
  // What comes behind the paste is for everybody again, also if it is pasted.
  assertEquals(texts('"to anna " <"one" enter> <"two" enter> "three" enter'), [
    "to anna one",
    "two",
    "three",
  ]);
  assertEquals(texts('"to all" enter <"one" enter "to anna x" enter "two" enter>'), [
    "to all",
    "one",
    "to anna x",
    "two",
  ]);
});

Deno.test("`onKey()` leaves nothing on the line of what a paste carries", () => {
  const { state } = run('"to anna " <"one" enter>', PROMPT_START, WORDS);
  assertEquals([state.text, state.carried], ["", ""]);
  const start = { ...PROMPT_START, history: ["to anna one"], recalled: 1 };
  assertEquals(state, start);
  assertStrictEquals(onKey(start, { kind: "paste-end" }).state, start);
});

Deno.test("`choiceRows()` puts as many words in a row as fit", () => {
  assertEquals(choiceRows(["anna", "ben", "cleo"], 16), ["anna  ben   cleo"]);
  assertEquals(choiceRows(["anna", "ben", "cleo"], 15), ["anna  ben", "cleo"]);
  assertEquals(choiceRows(["世界", "ben"], 80), ["世界  ben"]);
  assertEquals(choiceRows(["a word that is too long", "ben"], 5), [
    "a word that is too long",
    "ben",
  ]);
});

Deno.test("`choiceRows()` shows a hundred words and counts the rest", () => {
  const words = Array.from({ length: 150 }, (_, index) => `n${index}`);
  const rows = choiceRows(words, 40);
  assertEquals([rows.at(-1), rows.join(" ").includes("n99"), rows.join(" ").includes("n100")], [
    "... and 50 more",
    true,
    false,
  ]);
});

Deno.test("`oneWord()` and `choiceRows()` give a terminal nothing to obey", () => {
  assertEquals(oneWord("a\tb\x1b[2J\u202e"), "a\\tb\\x1b[2J\\u202e");
  assertEquals(choiceRows(["a\x1b]0;x\x07", "b\t"], 80), ["a\\x1b]0;x\\x07  b\\t"]);
});

Deno.test("`widthOf()` counts columns as terminals do", () => {
  const wide = ["世", "한", "👋", "👨‍👩‍👧", "🇩🇪", "❤️", "1️⃣", "👍🏽", "Ａ"];
  for (const text of wide) assertEquals(widthOf(text), 2, text);
  for (const text of ["a", "ä", "e\u0301", "❤", "…", "ｱ", "🇩"]) {
    assertEquals(widthOf(text), 1, text);
  }
  for (const text of ["\u0301", "\u200d", "\ufe0f"]) assertEquals(widthOf(text), 0);
  assertEquals(widthOf("世界 👨‍👩‍👧!"), 8);
});
