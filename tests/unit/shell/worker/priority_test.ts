import { assert, assertEquals } from "@std/assert";
import { yieldToOthers } from "../../../../src/shell/worker/priority.ts";

Deno.test({
  name: "`yieldToOthers()` lets all threads go before the one that calls it, and no other",
  ignore: Deno.build.os !== "linux",
  fn: async () => {
    const own = () => Deno.readTextFileSync("/proc/thread-self/stat").split(") ")[1].split(" ")[16];
    const before = own();
    const thread = new Worker(new URL("./yielding_thread.ts", import.meta.url), { type: "module" });
    const said = await new Promise<{ before: number; done: boolean; after: number }>((resolve) => {
      thread.onmessage = ({ data }) => resolve(data);
    });
    thread.terminate();
    assert(said.done, JSON.stringify(said));
    assertEquals([said.before, said.after], [Number(before), Math.min(19, Number(before) + 10)]);
    assertEquals(own(), before);
  },
});

Deno.test({
  name: "`yieldToOthers()` says where there is no such thing",
  ignore: Deno.build.os === "linux",
  fn: () => assertEquals(yieldToOthers(), false),
});
