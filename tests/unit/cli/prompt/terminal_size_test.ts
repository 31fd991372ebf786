/** A terminal that becomes wider or narrower while somebody types. */

import { assertEquals } from "@std/assert";
import fc from "fast-check";
import { Terminal } from "../../../../src/cli/prompt/terminal.ts";
import { Desk, settle } from "../../../helpers/screen.ts";

/** A pasted escape character, which is shown in reverse. */
const ESCAPE = "\x1b[200~\x1b\x1b[201~";

/** Starts to listen; nobody cares for the lines. */
function open(desk: Desk): Terminal {
  const terminal = new Terminal(desk, { color: true });
  (async () => {
    for await (const _event of terminal.lines()) { /* It is the screen that matters. */ }
  })();
  return terminal;
}

Deno.test("`Terminal` paints the line anew as soon as the terminal has another size", async () => {
  const desk = new Desk(12);
  const terminal = open(desk);
  terminal.printAbove(() => desk.screen.write("hello\n"));
  await desk.type("a line of 世界");
  assertEquals(desk.screen.lines(), ["hello", "> a line of", "世界"]);
  desk.resize(40);
  assertEquals(desk.screen.lines(), ["hello", "> a line of 世界"]);
  assertEquals(desk.screen.cursor, { row: 1, column: 16 });
  desk.resize(7);
  assertEquals(desk.screen.lines(), ["hello", "> a lin", "e of 世", "界"]);
  assertEquals(desk.screen.cursor, { row: 3, column: 2 });
  terminal.close();
  assertEquals(desk.screen.lines(), ["hello", ""]);
});

Deno.test("`Terminal` keeps messages, line and cursor intact through any sizes", async () => {
  const text = fc.array(
    fc.constantFrom("a", "b ", ESCAPE, "世", "👋", "e\u0301", "👨‍👩‍👧", "🇩🇪", "❤️"),
    {
      maxLength: 50,
    },
  ).map((parts) => parts.join(""));
  const sizes = fc.array(fc.integer({ min: 4, max: 60 }), { minLength: 1, maxLength: 5 });
  const property = fc.asyncProperty(
    text,
    fc.nat({ max: 20 }),
    sizes,
    async (text, left, widths) => {
      const keys = text + "\x1b[D".repeat(left);
      const desk = new Desk(30, 200);
      const terminal = open(desk);
      terminal.printAbove(() => desk.screen.write("hi\n"));
      await desk.type(keys);
      for (const width of widths) desk.resize(width);
      const fresh = new Desk(widths.at(-1)!, 200);
      const other = open(fresh);
      other.printAbove(() => fresh.screen.write("hi\n"));
      await fresh.type(keys);
      assertEquals(desk.screen.lines(), fresh.screen.lines());
      assertEquals(desk.screen.cursor, fresh.screen.cursor);
      terminal.close();
      other.close();
      await settle();
    },
  );
  await fc.assert(property, { numRuns: 150 });
});

Deno.test("`Terminal` asks its question anew in another size, and writes nothing once closed", async () => {
  const desk = new Desk(20);
  const terminal = new Terminal(desk);
  const answer = terminal.ask("Whom to join? ");
  await desk.type("10.0.0.5:7000");
  desk.resize(10);
  assertEquals(desk.screen.lines(), ["Whom to jo", "in? 10.0.0", ".5:7000"]);
  await desk.type("\r");
  assertEquals(await answer, "10.0.0.5:7000");
  assertEquals(desk.watched, true);
  terminal.close();
  assertEquals(desk.watched, false);
  const { writes } = desk;
  desk.resize(30);
  assertEquals(desk.writes, writes);
});
