/** Tab and commands on a terminal: what is listed, what stays on the screen. */

import { assertEquals } from "@std/assert";
import type { Assist } from "../../../../src/cli/prompt/complete.ts";
import { Terminal, type TerminalEvent } from "../../../../src/cli/prompt/terminal.ts";
import { Desk, settle } from "../../../helpers/screen.ts";

const NAMES = ["anna", "annika", "an\x1b[2Ja", "世界"];
const ASSIST: Assist = {
  complete: (text, cursor) => {
    if (!text.startsWith("/")) return null;
    const typed = text.slice(1, cursor);
    return { from: 1, words: NAMES.filter((name) => name.startsWith(typed)) };
  },
  isCommand: (text, pasted) => text.startsWith("/") && !pasted,
};

function open(desk: Desk, terminal = new Terminal(desk, { assist: ASSIST })) {
  const events: TerminalEvent[] = [];
  (async () => {
    for await (const event of terminal.lines()) events.push(event);
  })();
  return { terminal, events };
}

Deno.test("`Terminal` completes with Tab, in the middle of a chunk too", async () => {
  const desk = new Desk();
  const { terminal, events } = open(desk);
  await desk.type("/世\thello\r");
  assertEquals(events, [{ kind: "line", text: "/世界 hello" }]);
  terminal.close();
});

Deno.test("`Terminal` lists the choices above the line, safe to show", async () => {
  const desk = new Desk(30);
  const { terminal } = open(desk);
  await desk.type("/a");
  await desk.type("\t\t");
  assertEquals(desk.screen.lines(), ["anna        annika", "an\\x1b[2Ja", "> /an"]);
  assertEquals(desk.screen.cursor, { row: 2, column: 5 });
  await desk.type("ni\t!");
  assertEquals(desk.screen.lines().slice(2), ["> /annika !"]);
  assertEquals(desk.screen.bells, 0);
  await desk.type("\x15/x\t");
  assertEquals(desk.screen.bells, 1);
  terminal.close();
});

Deno.test("`Terminal` leaves commands on the screen, where nothing else shows them", async () => {
  const desk = new Desk();
  const { terminal, events } = open(desk);
  await desk.type("/one\x1b[D\rtwo\r\x1b[200~/three\r\x1b[201~half");
  assertEquals(events.map((event) => event.kind === "line" && event.text), [
    "/one",
    "two",
    "/three",
  ]);
  assertEquals(desk.screen.lines(), ["> /one", "> half"]);
  terminal.close();
});

Deno.test("`Terminal` shows in full what a paste added to a command", async () => {
  const desk = new Desk();
  const assist = { isCommand: () => true, carry: () => "/pm " };
  const { terminal } = open(desk, new Terminal(desk, { assist }));
  await desk.type("/pm \x1b[200~one\r\r\x1b[201~");
  assertEquals(desk.screen.lines(), ["> /pm one", "> /pm", ">"]);
  terminal.close();
});

Deno.test("`Terminal` completes nothing in an answer", async () => {
  const desk = new Desk();
  const terminal = new Terminal(desk, { assist: ASSIST });
  const answer = terminal.ask("Peer? ");
  await desk.type("/世\t\r");
  assertEquals(await answer, "/世\t");
  const { events } = open(desk, terminal);
  await settle();
  assertEquals(events, []);
  terminal.close();
});
