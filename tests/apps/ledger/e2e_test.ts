/** `rumor ledger`: each payment applied once everywhere, whatever the order and the crowd. */

import { assert, assertEquals } from "@std/assert";
import { allPrint, deadAddress, endAll, LEAVE_MS, LOCAL, Nodes } from "../../helpers/network.ts";
import { Proxy } from "../../helpers/proxy.ts";
import { type Result, runRumor } from "../../helpers/process.ts";

const LEDGER = ["ledger", "--balances"];
const TRANSACTION = /^\S+ \S+ \S+ \d+$/;

/** The lines of transactions, sorted, and of balances, as they were printed. */
function split({ stdout }: Result): { applied: string[]; balances: string[] } {
  const applied = stdout.filter((line) => TRANSACTION.test(line)).sort();
  const balances = stdout.filter((line) => !TRANSACTION.test(line));
  return { applied, balances };
}

function total(balances: readonly string[]): number {
  return balances.reduce((sum, line) => sum + Number(line.split(" ")[1]), 0);
}

Deno.test("`rumor ledger` applies each transaction once on each node, late or not", async () => {
  await using network = new Nodes();
  const [first, second] = await network.star(2, LEDGER);
  await first.send(
    "alice bob 10 t1",
    '{"id":"t2","from":"bob","to":"carol","amount":5}',
    '{"ID":"t3","From":"carol","To":"alice","Amount":2}',
    "alice bob 10 t1",
  );
  await allPrint([first, second], "t3 carol alice 2");
  await second.send('{"id":"t1","from":"alice","to":"bob","amount":10}', "dave erin 3");
  await first.waitForStdout(4);
  const late = network.start([...LEDGER, "--join", await second.address()]);
  await late.waitForStdout(4);
  const results = (await endAll([first, second, late])).map(split);
  const unnamed = results[0].applied.find((line) => line.endsWith(" dave erin 3"));
  assert(unnamed !== undefined, "an id is made where none was given");
  const applied = ["t1 alice bob 10", "t2 bob carol 5", "t3 carol alice 2", unnamed].sort();
  const balances = ["alice -8", "bob 5", "carol 3", "dave -3", "erin 3"];
  for (const result of results) assertEquals(result, { applied, balances });
});

Deno.test("`rumor ledger` ends with equal balances when all pay at once", async () => {
  await using network = new Nodes();
  const nodes = await network.star(3, LEDGER);
  await Promise.all(nodes.map((node, index) => {
    const own = Array.from(
      { length: 50 },
      (_, n) => `a${n % 7} b${index} ${n + 1} own-${index}-${n}`,
    );
    const shared = Array.from({ length: 20 }, (_, n) => `bank a${n % 7} 9 shared-${n}`);
    return node.send(...own, ...shared);
  }));
  await allPrint(nodes, 170);
  const [first, ...others] = (await endAll(nodes)).map(split);
  assertEquals(first.applied.length, 170);
  assertEquals(total(first.balances), 0);
  for (const other of others) assertEquals(other, first);
});

Deno.test("`rumor ledger` names bad lines by number, applies the rest and ends with 1", async () => {
  const input = [
    "alice bob 10 t1",
    "alice bob 10 t1",
    "alice bob 11 t1",
    "alice bob",
    "alice bob 0 t5",
    "alice bob -1 t6",
    "alice bob 1.5 t7",
    "alice bob 10abc t8",
    "alice bob 9007199254740992 t9",
    "alice alice 1 t10",
    '{"id":"t11","from":"alice"',
    "carol alice 9007199254740991 t12",
  ].join("\n");
  const { code, stdout, stderr } = await runRumor(["ledger", ...LOCAL], { input });
  assertEquals({ code, stdout }, {
    code: 1,
    stdout: ["t1 alice bob 10", "t12 carol alice 9007199254740991"],
  });
  const complaints = stderr.filter((line) => !line.startsWith("listening on "));
  const numbers = complaints.map((line) => Number(/\d+/.exec(line)?.[0]));
  assertEquals(numbers.sort((a, b) => a - b), [3, 4, 5, 6, 7, 8, 9, 10, 11], stderr.join("\n"));
});

Deno.test("`rumor ledger` refuses an id that another node used for something else", async () => {
  await using network = new Nodes();
  const [first, second] = await network.star(2, LEDGER);
  await first.send("alice bob 10 t1");
  await second.waitForStdout("t1 alice bob 10");
  await second.send("alice bob 11 t1", "alice bob 1 t2");
  await first.waitForStdout("t2 alice bob 1");
  assertEquals(split((await endAll([second], 1))[0]).balances, ["alice -11", "bob 11"]);
  assert(second.stderr.some((line) => /\b1\b/.test(line) && line.includes("t1")), second.report());
  assertEquals(split((await endAll([first]))[0]).balances, ["alice -11", "bob 11"]);
});

Deno.test("`rumor ledger` agrees on one of two payments that used one id at once", async () => {
  await using network = new Nodes();
  const addresses = [deadAddress(), deadAddress()];
  await using left = new Proxy(addresses[0]);
  await using right = new Proxy(addresses[1]);
  const start = (listen: string, proxy: Proxy, join: readonly string[]) =>
    network.start([...LEDGER, "--listen", listen, "--advertise", proxy.address, ...join]);
  const first = start(addresses[0], left, []);
  await first.address();
  const second = start(addresses[1], right, ["--join", left.address]);
  await first.send("alice bob 1 t1");
  await second.waitForStdout("t1 alice bob 1");
  for (const proxy of [left, right]) proxy.hold();
  await first.send("alice bob 10 same");
  await second.send("alice bob 20 same");
  await first.waitForStdout("same alice bob 10");
  await second.waitForStdout("same alice bob 20");
  for (const proxy of [left, right]) proxy.release();
  await first.send("alice bob 2 t2");
  await second.send("alice bob 3 t3");
  await allPrint([first, second], "t2 alice bob 2");
  await allPrint([first, second], "t3 alice bob 3");
  await Promise.all([first.closeStdin(), second.closeStdin()]);
  const soon = { timeout_ms: LEAVE_MS };
  const balances = [await first.result(soon), await second.result(soon)].map(finalBalances);
  assertEquals(balances[0], balances[1]);
  assert(["alice -16", "alice -26"].includes(balances[0][0]), balances[0].join(", "));
  assertEquals(total(balances[0]), 0);
});

/** The balances at the end, whatever was printed before them about the conflict. */
function finalBalances({ stdout }: Result): readonly string[] {
  return stdout.filter((line) => /^\S+ -?\d+$/.test(line)).slice(-2);
}

Deno.test("`rumor ledger --json` prints an object for each applied transaction", async () => {
  const input = "alice bob 10 t1\nbob carol 3\n";
  const { code, stdout } = await runRumor(["ledger", "--json", ...LOCAL], { input });
  assertEquals(code, 0);
  const [one, two] = stdout.map((line) => JSON.parse(line));
  const fields = ({ id, from, to, amount }: Record<string, unknown>) => ({ id, from, to, amount });
  assertEquals(fields(one), { id: "t1", from: "alice", to: "bob", amount: 10 });
  assertEquals(fields(two), { id: two.id, from: "bob", to: "carol", amount: 3 });
  assert(typeof two.id === "string" && two.id !== "", "an id is made where none was given");
});

Deno.test("`rumor pay` and `rumor balances` visit a running ledger", async (t) => {
  await using network = new Nodes();
  const [first, second] = await network.star(2, ["ledger"]);
  await second.send("alice bob 10 t1");
  await first.waitForStdout(1);
  const join = ["--join", await first.address()];
  const balances = async (...args: string[]) => {
    const { code, stdout, stderr } = await runRumor(["balances", ...args, ...join]);
    assertEquals(code, 0, stderr.join("\n"));
    return stdout;
  };

  await t.step("`rumor pay` is applied on every node", async () => {
    const { code, stderr } = await runRumor(["pay", "bob", "carol", "4", "--id", "t2", ...join]);
    assertEquals(code, 0, stderr.join("\n"));
    await allPrint([first, second], "t2 bob carol 4");
  });

  await t.step("`rumor pay --ack 2` ends when two nodes hold it", async () => {
    const { code, stderr } = await runRumor(["pay", "bob", "dan", "1", "--ack", "2", ...join]);
    assertEquals(code, 0, stderr.join("\n"));
    await allPrint([first, second], 3);
  });

  await t.step("`rumor pay` with a bad amount or a used id ends with an error", async () => {
    const bad = await runRumor(["pay", "bob", "carol", "0", ...join]);
    assert(bad.code === 1 || bad.code === 2, `code ${bad.code}`);
    const used = await runRumor(["pay", "bob", "carol", "5", "--id", "t2", ...join]);
    assertEquals(used.code, 1, used.stderr.join("\n"));
  });

  await t.step("`rumor balances` prints all accounts, sorted by name", async () => {
    assertEquals(await balances(), ["alice -10", "bob 5", "carol 4", "dan 1"]);
  });

  await t.step("`rumor balances ACCOUNT...` prints those", async () => {
    assertEquals(await balances("carol", "alice"), ["alice -10", "carol 4"]);
  });

  await t.step("`rumor balances --json` prints the same as JSON", async () => {
    const printed = (await balances("--json")).join("\n");
    for (const [account, amount] of [["alice", -10], ["carol", 4]]) {
      assert(printed.includes(`"${account}"`) && printed.includes(`:${amount}`), printed);
    }
    for (const line of printed.split("\n")) JSON.parse(line);
  });

  await t.step("`rumor pay` and `rumor balances` end with 69 when nobody is there", async () => {
    const dead = ["--join", deadAddress()];
    const pay = await runRumor(["pay", "bob", "carol", "1", ...dead]);
    assertEquals([pay.code, (await runRumor(["balances", ...dead])).code], [69, 69]);
  });
});
