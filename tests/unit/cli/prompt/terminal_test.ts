import { assert, assertEquals, assertLessOrEqual, assertRejects } from "@std/assert";
import fc from "fast-check";
import {
  Terminal,
  type TerminalEvent,
  type TerminalOptions,
} from "../../../../src/cli/prompt/terminal.ts";
import { ITEM_BYTES_MAX } from "../../../../src/core/data/limits.ts";
import { Desk, Screen, settle } from "../../../helpers/screen.ts";

/** Collects what `lines()` yields. */
function listen(terminal: Terminal): { events: TerminalEvent[]; ended: Promise<void> } {
  const events: TerminalEvent[] = [];
  const ended = (async () => {
    for await (const event of terminal.lines()) events.push(event);
  })();
  return { events, ended };
}

function open(desk: Desk, options?: TerminalOptions) {
  const terminal = new Terminal(desk, options);
  return { terminal, ...listen(terminal) };
}

function line(text: string): TerminalEvent {
  return { kind: "line", text };
}

Deno.test("`lines()` yields typed lines and erases them from the screen", async () => {
  const desk = new Desk();
  const { terminal, events } = open(desk);
  await desk.type("hel");
  assertEquals(desk.screen.lines(), ["> hel"]);
  await desk.type("lo\rsecond\r\rhalf");
  assertEquals(events, [line("hello"), line("second"), line("")]);
  assertEquals(desk.screen.lines(), ["> half"]);
  terminal.close();
});

Deno.test("`lines()` leaves typed lines with `keepTyped`", async () => {
  const desk = new Desk(8);
  const { terminal, events } = open(desk, { keepTyped: true });
  await desk.type("a longer line\x1b[D\x1b[D\rnext\rhalf");
  assertEquals(events, [line("a longer line"), line("next")]);
  assertEquals(desk.screen.lines(), ["> a long", "er line", "> next", "> half"]);
  terminal.close();
});

Deno.test("`lines()` ends with Ctrl-D, and with a terminal that is gone", async () => {
  for (const end of ["\x04", null, new Error("Input/output error (os error 5)")]) {
    const desk = new Desk();
    const { events, ended } = open(desk);
    await desk.type("one\r");
    await desk.type(end);
    await ended;
    assertEquals(events, [line("one"), { kind: "eof" }]);
    assertEquals([desk.raw, desk.screen.modes.bracketedPaste], [false, false]);
    assertEquals(desk.screen.lines(), [""]);
  }
});

Deno.test("`lines()` yields an interrupt before lines that wait", async () => {
  const desk = new Desk();
  const { terminal, events } = open(desk);
  await desk.type("one\rtwo\r\x03");
  assertEquals(events, [{ kind: "interrupt" }, line("one"), line("two")]);
  terminal.close();
});

Deno.test("`lines()` yields each line of a paste, painting once a chunk", async () => {
  const desk = new Desk();
  const { terminal, events } = open(desk);
  const pasted = Array.from({ length: 1_000 }, (_, index) => `line ${index}`);
  await desk.type("\x1b[200~");
  const before = desk.writes;
  await desk.type(`${pasted.join("\r\n")}\r\nlast`);
  await desk.type("\x1b[201~");
  assertEquals(events, pasted.map((text) => ({ kind: "line", text, pasted: true })));
  assertEquals(desk.writes, before + 2);
  assertEquals(desk.screen.lines(), ["> last"]);
  terminal.close();
});

Deno.test("`lines()` yields a line that is too long as refused, and goes on", async () => {
  const desk = new Desk();
  const { terminal, events } = open(desk);
  await desk.type("x".repeat(ITEM_BYTES_MAX));
  assertEquals(desk.screen.bells, 0);
  await desk.type("yy");
  assertEquals(desk.screen.bells, 1);
  await desk.type("\rnext\r");
  assertEquals(events, [{ kind: "refused", bytes: ITEM_BYTES_MAX + 2 }, line("next")]);
  assertEquals(desk.screen.lines().at(-1), ">");
  terminal.close();
});

Deno.test("`lines()` stops reading while the program does not keep up", async () => {
  const desk = new Desk();
  const terminal = new Terminal(desk);
  const lines = terminal.lines();
  const first = lines.next();
  await desk.type("\r".repeat(1_500));
  await desk.type("\x04");
  assertEquals(desk.reads, 1);
  assertEquals((await first).value, line(""));
  let rest = 0;
  for await (const _event of lines) rest++;
  assertEquals(rest, 1_500);
});

Deno.test("`printAbove()` prints above the half-typed line", async () => {
  const desk = new Desk(12);
  const { terminal, events } = open(desk);
  terminal.printAbove(() => desk.screen.write("first\n"));
  await desk.type("half a typed line\x1b[D\x1b[D");
  terminal.printAbove(() => desk.screen.write("second, which is longer\n"));
  assertEquals(desk.screen.lines(), [
    "first",
    "second, whic",
    "h is longer",
    "> half a typ",
    "ed line",
  ]);
  assertEquals(desk.screen.atCursor(), "n");
  await desk.type("X\r");
  assertEquals(events, [line("half a typed liXne")]);
  terminal.close();
});

Deno.test("`printAbove()` only prints when there is no prompt", () => {
  const desk = new Desk();
  const terminal = new Terminal(desk);
  terminal.printAbove(() => desk.screen.write("before\n"));
  terminal.close();
  terminal.printAbove(() => desk.screen.write("after\n"));
  assertEquals(desk.screen.lines(), ["before", "after", ""]);
  assertEquals(desk.writes, 0);
});

Deno.test("`printAbove()` erases and paints once for 10,000 messages, also when nested", async () => {
  const desk = new Desk();
  const { terminal } = open(desk);
  await desk.type("half");
  const before = desk.writes;
  terminal.printAbove(() => {
    for (let index = 0; index < 10_000; index++) {
      terminal.printAbove(() => desk.screen.write(`message ${index}\n`));
    }
  });
  assertEquals(desk.writes, before + 2);
  assertEquals(desk.screen.lines().length, 10_001);
  assertEquals(desk.screen.lines().at(-1), "> half");
  terminal.close();
});

Deno.test("`printAbove()` paints the prompt again when printing throws", async () => {
  const desk = new Desk();
  const { terminal } = open(desk);
  await desk.type("half");
  await assertRejects(async () => {
    await settle();
    terminal.printAbove(() => {
      throw new Error("disk full");
    });
  });
  assertEquals(desk.screen.lines(), ["> half"]);
  terminal.close();
});

const someText = fc.array(
  fc.constantFrom("a", "b", " ", "世", "👋", "e\u0301", "\x1b[200~\x1b\x1b[201~", "👨‍👩‍👧"),
  { maxLength: 60 },
).map((parts) => parts.join(""));
const someMove = fc.constantFrom(
  "",
  "\x01",
  "\x1b[D",
  "\x1b[D\x1b[D\x1b[D",
  "\x1bb",
  "\x1b[D".repeat(20),
);

/** What the screen shows without messages: the line alone. */
async function alone(columns: number, height: number, keys: string): Promise<Screen> {
  const desk = new Desk(columns, height);
  const { terminal } = open(desk);
  await desk.type(keys);
  const { screen } = desk;
  // Closing erases the prompt, and that is not to be seen here.
  desk.write = () => {};
  terminal.close();
  return screen;
}

Deno.test("`printAbove()` keeps the line and the cursor intact at any width", async () => {
  const size = fc.record({
    columns: fc.integer({ min: 4, max: 50 }),
    height: fc.integer({ min: 2, max: 12 }),
  });
  const messages = fc.array(fc.constantFrom("hi", "世界", "x".repeat(70), ""), {
    minLength: 1,
    maxLength: 5,
  });
  const property = fc.asyncProperty(
    someText,
    someMove,
    size,
    messages,
    async (text, move, { columns, height }, said) => {
      const desk = new Desk(columns, height);
      const { terminal } = open(desk);
      await desk.type(text + move);
      for (const message of said) terminal.printAbove(() => desk.screen.write(`${message}\n`));
      const above = new Screen(columns, height);
      for (const message of said) above.write(`${message}\n`);
      const expected = await alone(columns, height, text + move);
      const top = above.lines().length - 1;
      assertEquals(desk.screen.lines(), [...above.lines().slice(0, -1), ...expected.lines()]);
      assertEquals(desk.screen.cursor, {
        row: expected.cursor.row + top,
        column: expected.cursor.column,
      });
      terminal.close();
      assertEquals(desk.screen.lines(), above.lines());
    },
  );
  await fc.assert(property, { numRuns: 150 });
});

Deno.test("`printAbove()` follows a terminal that becomes wider or narrower", async () => {
  const sizes = fc.array(fc.integer({ min: 4, max: 50 }), { minLength: 1, maxLength: 4 });
  const property = fc.asyncProperty(
    fc.nat({ max: 60 }),
    someMove,
    sizes,
    async (length, move, widths) => {
      const desk = new Desk(30, 100);
      const { terminal } = open(desk);
      await desk.type("x".repeat(length) + move);
      for (const width of widths) {
        desk.screen.resize(width);
        terminal.printAbove(() => desk.screen.write("hi\n"));
      }
      const expected = await alone(widths.at(-1)!, 100, "x".repeat(length) + move);
      assertEquals(desk.screen.lines(), [...widths.map(() => "hi"), ...expected.lines()]);
      terminal.close();
    },
  );
  await fc.assert(property, { numRuns: 100 });
});

Deno.test("`printAbove()` counts rows right where the terminal thinks characters wider", async () => {
  const wide = (grapheme: string): number => grapheme >= "~" ? 6 : 1;
  for (const columns of [7, 10, 13, 29]) {
    const desk = new Desk(columns, 20, wide);
    const { terminal } = open(desk);
    await desk.type("a👨‍👩‍👧b".repeat(9) + "\x1b[D\x1b[D");
    for (const text of ["one\n", "two\n"]) terminal.printAbove(() => desk.screen.write(text));
    assertEquals(desk.screen.lines().slice(0, 2), ["one", "two"]);
    assert(desk.screen.lines()[2].startsWith(">"));
    await desk.type("\x15\x0b");
    assertEquals(desk.screen.lines(), ["one", "two", ">"]);
    terminal.close();
  }
});

Deno.test("`printAbove()` does not garble a line longer than the screen", async () => {
  const desk = new Desk(10, 6);
  const { terminal } = open(desk);
  await desk.type("0123456789".repeat(30));
  terminal.printAbove(() => desk.screen.write("hi\n"));
  const rows = desk.screen.lines();
  assertEquals(rows, ["hi", "8901234567", "8901234567", "89"]);
  await desk.type("\x01");
  assertEquals(desk.screen.lines(), ["hi", "> 01234567", "8901234567", "8901234567"]);
  terminal.close();
});

Deno.test("`ask()` returns the answer and leaves it on the screen", async () => {
  const desk = new Desk(24);
  const terminal = new Terminal(desk);
  const answer = terminal.ask("Peer to join (empty: none): ");
  await desk.type("10.0.0.5:7000\rearly");
  assertEquals(await answer, "10.0.0.5:7000");
  const transcript = ["Peer to join (empty: non", "e): 10.0.0.5:7000"];
  assertEquals(desk.screen.lines(), [...transcript, ""]);
  terminal.printAbove(() => desk.screen.write("joined\n"));
  const { events } = listen(terminal);
  await settle();
  assertEquals(desk.screen.lines(), [...transcript, "joined", "> early"]);
  // The answer is not one of the lines that can be recalled.
  await desk.type("\x15\x1b[A\r");
  assertEquals(events, [line("")]);
  terminal.close();
});

Deno.test("`ask()` returns null without an answer, and `lines()` says why", async () => {
  for (const [keys, reason] of [["\x03", "interrupt"], ["\x04", "eof"], [null, "eof"]] as const) {
    const desk = new Desk();
    const terminal = new Terminal(desk);
    const answer = terminal.ask("Peer? ");
    await desk.type(keys);
    assertEquals(await answer, null);
    assertEquals(desk.screen.lines(), [""]);
    assertEquals((await terminal.lines().next()).value, { kind: reason });
    terminal.close();
  }
});

Deno.test("`ask()` asks on after an answer that is too long", async () => {
  const desk = new Desk();
  const terminal = new Terminal(desk);
  const answer = terminal.ask("Peer? ");
  await desk.type(`${"x".repeat(ITEM_BYTES_MAX + 1)}\r`);
  await desk.type("host:1\r");
  assertEquals(await answer, "host:1");
  terminal.close();
});

Deno.test("`close()` restores the terminal, once", async () => {
  const desk = new Desk();
  const { terminal, ended } = open(desk);
  await desk.type("half");
  assertEquals([desk.raw, desk.screen.modes.bracketedPaste], [true, true]);
  terminal.close();
  terminal.close();
  await ended;
  assertEquals([desk.raw, desk.screen.modes.bracketedPaste], [false, false]);
  assertEquals(desk.screen.lines(), [""]);
  const { writes } = desk;
  await desk.type("after\r");
  assertEquals([desk.writes, await terminal.ask("Peer? ")], [writes, null]);
});

Deno.test("`close()` is called when the loop over `lines()` is left", async () => {
  const desk = new Desk();
  const terminal = new Terminal(desk);
  const failing = (async () => {
    for await (const event of terminal.lines()) throw new Error(event.kind);
  })();
  const failed = assertRejects(() => failing, Error, "line");
  await desk.type("one\r");
  await failed;
  assertEquals([desk.raw, desk.screen.modes.bracketedPaste], [false, false]);
});

Deno.test("`close()` restores the terminal when writing fails, and when the program exits", () => {
  const desk = new Desk();
  const { terminal } = open(desk);
  const write = desk.write;
  desk.write = () => {
    throw new Error("Input/output error (os error 5)");
  };
  try {
    terminal.close();
  } catch { /* It is the mode that matters. */ }
  assertEquals(desk.raw, false);

  desk.write = write;
  open(desk);
  assertEquals(desk.raw, true);
  globalThis.dispatchEvent(new Event("unload"));
  assertEquals([desk.raw, desk.screen.modes.bracketedPaste], [false, false]);
});

Deno.test("`Terminal` uses colours only when it is told to", async () => {
  for (const color of [false, true]) {
    const desk = new Desk();
    let written = "";
    desk.write = (bytes) => void (written += new TextDecoder().decode(bytes));
    const { terminal } = open(desk, { color });
    await desk.type("a\x1b[200~\x1b\x1b[201~");
    terminal.close();
    // deno-lint-ignore no-control-regex -- SGR is what is looked for
    assertEquals(/\x1b\[\d*m/.test(written), color);
    assertLessOrEqual(written.split("\x1b[?2004l").length, 2);
  }
});
