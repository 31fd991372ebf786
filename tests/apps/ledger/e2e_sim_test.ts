/** `rumor sim ledger`, as a user starts it. */

import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { runRumor } from "../../helpers/process.ts";

/** What the command prints, which says nothing on stderr. */
async function printed(...args: string[]): Promise<readonly string[]> {
  const { code, stdout, stderr } = await runRumor(["sim", "ledger", ...args]);
  assertEquals({ code, stderr }, { code: 0, stderr: [] });
  return stdout;
}

Deno.test("`rumor sim ledger --reject-overdraft` shows two nodes that end different", async () => {
  const [line] = await printed("--reject-overdraft", "--json");
  const { payments, nodes, searched } = JSON.parse(line);
  assertEquals([payments.length, searched.length, nodes.length], [3, 3, 2]);
  assert(searched.slice(0, 2).every((count: number) => count > 0));
  // Both have all payments, add up to 0, and yet differ.
  const ids = payments.map(({ id }: { id: string }) => id).sort();
  for (const { order, balances } of nodes) {
    assertEquals(order.toSorted(), ids);
    assertEquals(Object.values<number>(balances).reduce((sum, one) => sum + one), 0);
  }
  assert(JSON.stringify(nodes[0].balances) !== JSON.stringify(nodes[1].balances));
  const text = (await printed("--reject-overdraft")).join("\n");
  assertStringIncludes(text, "without knowing of each other");
});

Deno.test("`rumor sim ledger` shows that the ledger ends the same in all orders", async () => {
  const [line] = await printed("--json");
  const { payments, orders, searched, same } = JSON.parse(line);
  const [rejecting] = await printed("--reject-overdraft", "--json");
  assertEquals(payments, JSON.parse(rejecting).payments);
  assertEquals([same, orders.length, searched.length], [true, 2, 3]);
  assertEquals(orders[0].balances, orders[1].balances);
  const text = (await printed()).join("\n");
  assertStringIncludes(text, "all end the same");
});
