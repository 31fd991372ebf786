import {
  assert,
  assertEquals,
  assertLess,
  assertLessOrEqual,
  assertStrictEquals,
} from "@std/assert";
import fc from "fast-check";
import stringWidth from "string-width";
import type { Key, KeyName } from "../../../../src/cli/prompt/keys.ts";
import {
  HISTORY_LINES_MAX,
  onKey,
  PROMPT_START,
  type PromptState,
} from "../../../../src/cli/prompt/editor.ts";
import { render } from "../../../../src/cli/prompt/render.ts";
import { ITEM_BYTES_MAX } from "../../../../src/core/data/limits.ts";
import { anyText } from "../../../helpers/any_text.ts";
import { run, shown } from "../../../helpers/keyboard.ts";
import { Screen } from "../../../helpers/screen.ts";

const VIEW = { label: "> ", columns: 20, rows: 10 };

/** Presses the keys of a script. */
function press(script: string, start: PromptState = PROMPT_START): PromptState {
  return run(script, start).state;
}

Deno.test("`onKey()` inserts text at the cursor", () => {
  assertEquals(shown(press('"hello"')), "hello|");
  assertEquals(shown(press('"held" left "lo wor"')), "hello wor|d");
});

Deno.test("`onKey()` submits the line on Enter", () => {
  const { state, actions } = run('"hello" left enter');
  assertEquals(actions, [{ kind: "submit", text: "hello" }]);
  assertEquals(shown(state), "|");
  assertEquals(run("enter").actions, [{ kind: "submit", text: "" }]);
});

Deno.test("`onKey()` reports Ctrl-C always, and Ctrl-D on an empty line", () => {
  assertEquals(run("ctrl-c").actions, [{ kind: "interrupt" }]);
  assertEquals(run('"half" ctrl-c').actions, [{ kind: "interrupt" }]);
  assertEquals(run("ctrl-d").actions, [{ kind: "eof" }]);
  const { state, actions } = run('"ab" home ctrl-d');
  assertEquals([shown(state), actions], ["|b", []]);
});

Deno.test("`onKey()` moves by characters and words, and to both ends", () => {
  assertEquals(shown(press('"ab" left left left')), "|ab");
  assertEquals(shown(press('"ab" home right right right')), "ab|");
  assertEquals(shown(press('"ab" ctrl-a "x" ctrl-e "y"')), "xaby|");
  assertEquals(shown(press('"one two  three " word-left word-left')), "one |two  three ");
  assertEquals(shown(press('"one two" home word-right')), "one| two");
  assertEquals(shown(press('"one two" home word-right word-right word-right')), "one two|");
});

Deno.test("`onKey()` deletes characters, words and both halves of the line", () => {
  assertEquals(shown(press('"abc" backspace')), "ab|");
  assertEquals(shown(press('"abc" home delete delete backspace')), "|c");
  assertEquals(shown(press('"abc" delete')), "abc|");
  assertEquals(shown(press('"one two " ctrl-w')), "one |");
  assertEquals(shown(press('"one two" word-left ctrl-u')), "|two");
  assertEquals(shown(press('"one two" word-left ctrl-k')), "one |");
});

Deno.test("`onKey()` edits whole graphemes", () => {
  const family = "👨‍👩‍👧";
  for (const grapheme of [family, "e\u0301", "🇩🇪", "世", "❤️"]) {
    const line = press(JSON.stringify(`a${grapheme}b`));
    assertEquals(shown(press("left left", line)), `a|${grapheme}b`);
    assertEquals(shown(press("left backspace", line)), "a|b");
    assertEquals(shown(press("home right delete", line)), "a|b");
  }
  // What is typed may join what is there; the cursor stays out of the middle.
  assertEquals(shown(press('"\u0301x" home "e"')), "e\u0301|x");
  assertEquals(shown(press('"ae\u0301" home right "b"')), "ab|e\u0301");
});

Deno.test("`onKey()` recalls lines and keeps the draft", () => {
  const start = press('"one" enter "two" enter "two" enter enter "draft"');
  assertEquals(start.history, ["one", "two"]);
  assertEquals(shown(press("up", start)), "two|");
  assertEquals(shown(press("up up up up", start)), "one|");
  assertEquals(shown(press("up up down down down", start)), "draft|");
  assertEquals(run('up up "!" enter', start).actions, [{ kind: "submit", text: "one!" }]);
  assertEquals(shown(press("ctrl-p ctrl-p ctrl-n", start)), "two|");
});

Deno.test("`onKey()` keeps a bounded history", () => {
  let state = PROMPT_START;
  for (let line = 0; line < HISTORY_LINES_MAX + 5; line++) state = press(`"${line}" enter`, state);
  assertEquals(state.history.length, HISTORY_LINES_MAX);
  assertEquals(state.history[0], "5");
  assertEquals(press(`"${"x".repeat(5_000)}" enter`, state).history, state.history);
});

Deno.test("`onKey()` accepts a line of 131,072 bytes and refuses a longer one whole", () => {
  const full = press(`"${"é".repeat(ITEM_BYTES_MAX / 2)}"`);
  assertEquals(run("enter", full).actions[0].kind, "submit");
  const spilt = run('"a" "bc" enter "next" enter', full);
  assertEquals(spilt.actions, [
    { kind: "bell" },
    { kind: "refused", bytes: ITEM_BYTES_MAX + 3 },
    { kind: "submit", text: "next" },
  ]);
  // Somebody who edits the line afterwards sees what is sent.
  assertEquals(run('"abc" backspace "abc" enter', full).actions.map(({ kind }) => kind), [
    "bell",
    "bell",
    "refused",
  ]);
  assertEquals(run('"a" backspace enter', full).actions.map(({ kind }) => kind), [
    "bell",
    "submit",
  ]);
});

Deno.test("`render()` puts the label and the text on one row", () => {
  assertEquals(render(press('"hello"'), VIEW), {
    rows: ["> hello"],
    cursor: { row: 0, column: 7 },
    beforeCursor: "> hello",
  });
  assertEquals(render(press('"世x" home right'), VIEW).cursor, { row: 0, column: 4 });
});

Deno.test("`render()` wraps, and gives the cursor a row of its own at the edge", () => {
  const view = { ...VIEW, columns: 6 };
  assertEquals(render(press('"abcd"'), view).rows, ["> abcd", ""]);
  assertEquals(render(press('"abcd"'), view).cursor, { row: 1, column: 0 });
  assertEquals(render(press('"abcd" left'), view).rows, ["> abcd"]);
  // A wide character does not fit into the last column.
  assertEquals(render(press('"abc世"'), view).rows, ["> abc", "世"]);
  assertEquals(render(press('"abc世" left'), view).cursor, { row: 1, column: 0 });
});

Deno.test("`render()` wraps within a grapheme that is wider than the screen", () => {
  // Leading consonants of Hangul without a vowel are one grapheme, however many there are.
  const { rows } = render(press(`"${"ᄀ".repeat(20)}"`), { ...VIEW, columns: 6 });
  assertEquals(rows.map((row) => stringWidth(row)), [6, 6, 6, 6, 6, 6, 6, 0]);
});

Deno.test("`render()` shows control characters as escapes and keeps them in the text", () => {
  const line = press('"a\\u001b[2Jb\\t\\u202e"');
  assertEquals(line.text, "a\x1b[2Jb\t\u202e");
  assertEquals(render(line, { ...VIEW, columns: 40 }).rows, ["> a\\x1b[2Jb\\t\\u202e"]);
  assertEquals(render(line, { ...VIEW, columns: 40, color: true }).rows, [
    "\x1b[1m> \x1b[22ma\x1b[7m\\x1b\x1b[27m[2Jb\x1b[7m\\t\x1b[27m\x1b[7m\\u202e\x1b[27m",
  ]);
});

Deno.test("`render()` shows the rows around the cursor when there are too many", () => {
  const line = press(`"${"0123456789".repeat(10)}"`);
  const view = { label: "> ", columns: 10, rows: 3 };
  const atEnd = render(line, view);
  assertEquals(atEnd.rows.length, 3);
  assertEquals([atEnd.cursor.row, atEnd.beforeCursor], [2, "89"]);
  const atStart = render(press("home", line), view);
  assertEquals([atStart.rows[0], atStart.cursor.row], ["> 01234567", 0]);
  const between = render(press("home" + " right".repeat(53), line), view);
  assertEquals([between.rows.length, between.cursor.row], [3, 1]);
});

Deno.test("`render()` lays out only what is near the cursor of a very long line", () => {
  const line = press(`"${"世 x".repeat(20_000)}"`);
  const view = { label: "> ", columns: 80, rows: 12 };
  for (const cursor of [0, 1, 1_023, 1_024, 2_048, 30_000, 59_999, 60_000]) {
    const picture = render({ ...line, cursor }, view);
    assertEquals(picture.rows.length, 12);
    assertEquals(picture.rows[0].startsWith("> "), cursor < 480);
    assert(picture.rows[picture.cursor.row].startsWith(picture.beforeCursor));
    const after = picture.rows[picture.cursor.row].slice(picture.beforeCursor.length);
    assertEquals(after[0], line.text[cursor]);
  }
});

const NAMES: KeyName[] = [
  ...["enter", "backspace", "delete", "left", "right", "up", "down", "home", "end"] as const,
  ...["word-left", "word-right", "escape", "tab", "paste-end"] as const,
  ...[..."abcdefknpuwz"].map((letter): KeyName => `ctrl-${letter}`),
];
const anyKey: fc.Arbitrary<Key> = fc.oneof(
  { weight: 2, arbitrary: fc.constantFrom(...NAMES).map((kind): Key => ({ kind })) },
  anyText({ maxLength: 12 }).map((text): Key => ({ kind: "text", text })),
  fc.constantFrom("a b", "世界", "👨‍👩‍👧", "e\u0301", "\u0301", "🇩", "🇪", "\x1b[A", "\ud800", "\t")
    .map((text): Key => ({ kind: "text", text })),
  fc.constantFrom<Key>(
    { kind: "text", text: "pasted", pasted: true },
    { kind: "enter", pasted: true },
  ),
);
const anyKeys = fc.array(anyKey, { maxLength: 40 });

Deno.test("`onKey()` never throws, changes no state, and keeps the cursor between graphemes", () => {
  fc.assert(
    fc.property(anyKeys, (keys) => {
      let state = PROMPT_START;
      for (const key of keys) {
        state = onKey(Object.freeze(state), key).state;
        Object.freeze(state.history);
        const starts = [...new Intl.Segmenter().segment(state.text)].map(({ index }) => index);
        assert([...starts, state.text.length].includes(state.cursor), JSON.stringify(state));
        assertLessOrEqual(state.recalled, state.history.length);
      }
    }),
    { numRuns: 500 },
  );
});

Deno.test("`onKey()` returns the same state for a key that does nothing", () => {
  const line = press('"a"');
  for (const kind of ["right", "end", "escape", "ctrl-z", "down", "up"] as const) {
    assertStrictEquals(onKey(line, { kind }).state, line);
  }
});

/** Characters about whose width nobody argues. */
const plainText = fc.array(
  fc.constantFrom(
    "a",
    "b",
    " ",
    "~",
    "世",
    "界",
    "👋",
    "é",
    "e\u0301",
    "\x1b",
    "\u202e",
    "\t",
    "\x7f",
  ),
  { maxLength: 80 },
).map((parts) => parts.join(""));

Deno.test("`render()` takes as many rows and columns as a terminal shows", () => {
  const view = fc.record({
    columns: fc.integer({ min: 2, max: 30 }),
    label: fc.constantFrom("> ", "", "peer? ", "世界> "),
    color: fc.boolean(),
  });
  fc.assert(
    fc.property(plainText, view, fc.nat(), (text, look, at) => {
      const starts = [...new Intl.Segmenter().segment(text)].map(({ index }) => index);
      const cursor = [...starts, text.length][at % (starts.length + 1)];
      const picture = render({ ...PROMPT_START, text, cursor }, { ...look, rows: 1_000 });
      for (const row of picture.rows) assertLessOrEqual(stringWidth(row), look.columns);
      assertEquals(stringWidth(picture.beforeCursor), picture.cursor.column);
      assert(picture.rows[picture.cursor.row].startsWith(picture.beforeCursor));
      assertLess(picture.cursor.column, look.columns);
      // Written without any row break, a terminal wraps at the very same places.
      const screen = new Screen(look.columns);
      screen.write(picture.rows.join(""));
      const rows = picture.rows.at(-1) === "" ? picture.rows.slice(0, -1) : picture.rows;
      assertEquals(screen.lines(), plain(rows));
    }),
    { numRuns: 500 },
  );
});

function plain(rows: readonly string[]): string[] {
  const screen = new Screen(1_000);
  screen.write(rows.join("\n"));
  return screen.lines();
}
