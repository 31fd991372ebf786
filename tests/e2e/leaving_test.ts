/** How `rumor` ends: interrupted, interrupted again, or with nobody to print to. */

import { assertEquals, assertLess } from "@std/assert";
import { allPrint, endAll, Nodes, WINDOWS } from "../helpers/network.ts";

/** "Politely within 2 s", and some time for a busy machine to end a process. */
const POLITE_MS = 3_000;

Deno.test("`rumor` leaves politely with 130 at an interrupt", { ignore: WINDOWS }, async () => {
  await using network = new Nodes();
  const [first, second, third] = await network.star(3);
  await second.send("my last words");
  const began = performance.now();
  await second.waitForStdout("my last words");
  second.signal("SIGINT");
  const { code, signal } = await second.status();
  assertEquals({ code, signal }, { code: 130, signal: null }, second.report());
  assertLess(performance.now() - began, POLITE_MS);
  await allPrint([first, third], "my last words");
  await first.send("we go on");
  await allPrint([first, third], "we go on");
  for (const { stdout } of await endAll([first, third])) {
    assertEquals(stdout, ["my last words", "we go on"]);
  }
});

Deno.test("`rumor` leaves within 2 s when its peer hangs", { ignore: WINDOWS }, async () => {
  await using network = new Nodes();
  const [first, second] = await network.star(2);
  await second.send("hello");
  await first.waitForStdout("hello");
  first.signal("SIGSTOP");
  await second.send("nobody will say that this arrived");
  await second.waitForStdout(2);
  const began = performance.now();
  second.signal("SIGINT");
  const { code, signal } = await second.status();
  assertEquals({ code, signal }, { code: 130, signal: null }, second.report());
  assertLess(performance.now() - began, POLITE_MS);
});

Deno.test("`rumor` exits at once at the second interrupt", { ignore: WINDOWS }, async () => {
  await using network = new Nodes();
  const [first, second] = await network.star(2);
  await second.send("hello");
  await first.waitForStdout("hello");
  first.signal("SIGSTOP");
  await second.send("nobody will say that this arrived");
  await second.waitForStdout(2);
  const began = performance.now();
  second.signal("SIGINT");
  // Signals that are pending together are one: the first has to be seen before the second counts.
  await new Promise((resolve) => setTimeout(resolve, 300));
  try {
    second.signal("SIGINT");
  } catch {
    // It had left already.
  }
  assertEquals((await second.status()).code, 130, second.report());
  assertLess(performance.now() - began, 1_200);
});

Deno.test("`rumor` ends with 0 when its stdout is closed", { ignore: WINDOWS }, async (t) => {
  await using network = new Nodes();
  const [first, busy, idle] = await network.star(3);
  await first.send("hello");
  await allPrint([first, busy, idle], "hello");

  await t.step("`rumor` ends when there is nothing to print", async () => {
    await idle.closeStdout();
    const { code, signal } = await idle.status({ timeout_ms: 10_000 });
    assertEquals({ code, signal }, { code: 0, signal: null }, idle.report());
  });

  await t.step("`rumor` ends when there is something to print", async () => {
    await busy.closeStdout();
    await first.send("hello?");
    const { code, signal } = await busy.status({ timeout_ms: 10_000 });
    assertEquals({ code, signal }, { code: 0, signal: null }, busy.report());
    assertEquals(busy.stderr.filter((line) => /error|panic|broken/i.test(line)), []);
  });

  assertEquals((await endAll([first]))[0].stdout, ["hello", "hello?"]);
});
