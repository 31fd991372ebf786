/** `rumor vote cast`, `tally` and `audit`: short visits to real nodes that follow the chain. */

import { assertEquals, assertMatch } from "@std/assert";
import { deadAddress, endAll, LOCAL, Nodes } from "../../helpers/network.ts";
import { runRumor } from "../../helpers/process.ts";
import { answer, assertFails, TIMES, vote } from "./guests.ts";

const LATIN = "Ju\u0308rgen", CYRILLIC = "\u0430nn";

Deno.test("`rumor vote cast` counts once, `tally` and `audit` say the same at all nodes", async (t) => {
  await using network = new Nodes();
  const first = network.start(["chain", ...TIMES]);
  const join = ["--join", await first.address()];
  const second = network.start(["chain", ...TIMES, "--mine", "never", ...join]);
  await second.address();

  await t.step("nobody voted yet", async () => {
    assertEquals(await answer(first, "tally"), []);
    assertEquals(await answer(first, "audit"), []);
  });
  await t.step("a vote, and the same again", async () => {
    await answer(second, "cast", "ann", "red", "--confirm", "2");
    await answer(second, "cast", " ann", "red\t");
    assertFails(await vote(second, "cast", "ann", "blue"), 1, /a vote of ann was cast already by/);
    assertFails(await vote(first, "cast", "ann", "red"), 1, /a vote of ann was cast already by/);
  });
  await t.step("what is no vote", async () => {
    assertFails(await vote(first, "cast", "", "red"), 1, /voter id is empty/);
    assertFails(await vote(first, "cast", "ann\x1b[2J", "red"), 1, /control characters/);
    assertFails(await vote(first, "cast", "zoe", "x".repeat(256)), 1, /255 bytes/);
  });
  await t.step("words that programs and people mistake", async () => {
    await answer(first, "cast", "__proto__", "constructor");
    await answer(first, "cast", CYRILLIC, "red");
    await answer(first, "cast", LATIN, "a \u202eb\\", "--confirm", "2");
    const escaped = "a\\x20\\u202eb\\x5c";
    const tally = ["red 2", `${escaped} 1`, "constructor 1"];
    for (const node of [first, second]) {
      while ((await answer(node, "tally")).length < 3) { /* each answer is waited for */ }
      assertEquals(await answer(node, "tally"), tally);
      const objects = (await answer(node, "tally", "--json")).map((line) => JSON.parse(line));
      assertEquals(objects.map(({ choice }) => choice), ["red", "a \u202eb\\", "constructor"]);
    }
    const lines = (await answer(second, "audit")).map((line) => line.split(" "));
    assertEquals(lines.map(([, , ...words]) => words), [
      ["ann", "red"],
      ["__proto__", "constructor"],
      [CYRILLIC, "red"],
      [LATIN.normalize("NFC"), escaped],
    ]);
    for (const [index, hash] of lines) assertMatch(`${index} ${hash}`, /^\d+ [0-9a-f]{64}$/);
  });
  await t.step("the audit of a file, and of one that was changed", async () => {
    const exported = await runRumor(["chain", "export", ...join]);
    const audit = async (input: string, ...more: string[]) =>
      await runRumor(["vote", "audit", "--chain", "-", ...more], { input });
    const [text] = exported.stdout, here = await audit(text, "--json");
    assertEquals([here.code, here.stderr], [0, []]);
    assertEquals(here.stdout, await answer(first, "audit", "--json"));
    const objects = here.stdout.map((line) => JSON.parse(line));
    assertEquals(objects.map(({ voter }) => voter).slice(0, 2), ["ann", "__proto__"]);
    for (const { from, hash } of objects) assertEquals([from.length, hash.length], [43, 64]);
    assertEquals((await audit(text, "--election", "other")).stdout, []);
    const index = objects[2].index;
    assertFails(await audit(text.replace(CYRILLIC, "ann")), 1, new RegExp(`block ${index}: `));
    assertFails(await audit(text.slice(1)), 1, /^rumor: this is no JSON$/);
    assertFails(await audit(text, "--network", "other"), 1, /of the network rumor, not other/);
  });
  await endAll([first, second]);
});

Deno.test("`rumor vote` ends with 75 where nobody mines, 69 where nobody is, 1 without a chain", async () => {
  await using network = new Nodes();
  const idle = network.start(["chain", ...TIMES, "--mine", "never"]);
  const chat = network.start(["chat"]);
  assertFails(await vote(idle, "cast", "ann", "red", "--timeout", "0.5"), 75, /within 0.5 s/);
  const machine = await runRumor(
    ["vote", ...TIMES, ...LOCAL, "--mine", "never", "--timeout", "0.2"],
    { input: "a\nann\nred\nq\n" },
  );
  assertEquals(machine.code, 75, machine.stderr.join("\n"));
  assertEquals(machine.stdout[3], "Not counted yet, but it may still be.");
  assertEquals(machine.stderr.at(-1), "rumor: a vote is not counted yet");
  const words = [["cast", "ann", "red"], ["tally"], ["audit"], ["open", "e", "--choices", "a"]];
  for (const args of words) {
    assertFails(await vote(chat, ...args), 1, /follows no chain/);
    const nobody = await runRumor(["vote", ...args, "--join", deadAddress()]);
    assertEquals([nobody.code, nobody.stdout], [69, []], nobody.stderr.join("\n"));
  }
  await endAll([idle, chat]);
});
