/** `rumor ledger --strict` and its guests: real nodes that refuse the same payments. */

import { assert, assertEquals, assertMatch } from "@std/assert";
import { endAll, Nodes } from "../../helpers/network.ts";
import { type Process, type Result, runRumor } from "../../helpers/process.ts";
import { RawPeer } from "../../helpers/raw_peer.ts";

const NODE = ["ledger", "--strict", "--block-time", "0.2"];
const NOBODY = "A".repeat(43);
const AGREE_MS = 60_000;

/** Runs a command as a guest of a node. */
async function guest(node: Process, args: readonly string[], env = {}): Promise<Result> {
  const join = ["--join", await node.address()];
  return await runRumor([...args, ...join], { timeout_ms: AGREE_MS, env });
}

async function done(node: Process, ...args: string[]): Promise<readonly string[]> {
  const { code, stdout, stderr } = await guest(node, args);
  assertEquals({ code, stderr }, { code: 0, stderr: [] }, node.report());
  return stdout;
}

async function fails(node: Process, args: readonly string[], code: number, why: RegExp, env = {}) {
  const result = await guest(node, args, env);
  assertEquals([result.code, result.stdout], [code, []], result.stderr.join("\n"));
  assertEquals(result.stderr.length, 1, result.stderr.join("\n"));
  assertMatch(result.stderr[0], why);
}

async function idOf(node: Process): Promise<string> {
  const lines = await done(node, "balances", "--strict", "me");
  return lines[0].split(" ")[0];
}

/** Asks a node until it has so many accounts; gives its balances. */
async function balances(node: Process, count: number): Promise<readonly string[]> {
  const end = performance.now() + AGREE_MS;
  for (;;) {
    const lines = await done(node, "balances", "--strict");
    if (lines.length === count) return lines;
    assert(performance.now() < end, lines.join("\n"));
  }
}

Deno.test("`rumor pay --strict` moves what `rumor issue` brought in, and no more", async (t) => {
  await using network = new Nodes();
  const [bank, shop] = await network.star(2, NODE);
  const bank_id = await idOf(bank), shop_id = await idOf(shop);

  await t.step("nothing is there before", async () => {
    assertEquals(await done(shop, "balances", "--strict"), []);
    assertEquals(await done(shop, "balances", "--strict", bank_id), [`${bank_id} 0`]);
    await fails(
      bank,
      ["pay", "--strict", "me", shop_id, "1"],
      1,
      /^rumor: refused: .* has 0, not 1$/,
    );
  });
  await t.step("the first issuer is the only one", async () => {
    await done(bank, "issue", "me", "100", "--id", "june", "--confirm", "2");
    await balances(shop, 1);
    await fails(shop, ["issue", "me", "1"], 1, /all money is issued by [\w-]{43}$/);
  });
  await t.step("a payment is 6 blocks deep, and counts once with --id", async () => {
    const pay = ["pay", "--strict", "me", shop_id, "30", "--id", "rent-6"];
    for (let time = 0; time < 2; time++) assertEquals(await done(bank, ...pay), []);
    await fails(bank, [...pay.with(4, "31")], 1, /the id rent-6 is used already for .* 30$/);
    assertEquals(await balances(shop, 2), [`${bank_id} 70`, `${shop_id} 30`].sort());
  });
  await t.step("overdrafts are refused at once, and what is not the node's own", async () => {
    await fails(bank, ["pay", "--strict", "me", shop_id, "71"], 1, /has 70, not 71$/);
    await fails(shop, ["pay", "--strict", bank_id, "me", "1"], 1, /only its owner can spend/);
    await fails(bank, ["pay", "--strict", "me/tea", "me", "1"], 1, /\/tea has 0, not 1$/);
  });
  await t.step("names under an id have balances of their own", async () => {
    await done(shop, "pay", "--strict", "me", "me/petty-cash", "5", "--confirm", "1");
    const petty = `${shop_id}/petty-cash`;
    assertEquals(await done(shop, "balances", "--strict", "me/petty-cash", "--json"), [
      `{"account":"${petty}","amount":5}`,
    ]);
    await done(
      shop,
      "pay",
      "--strict",
      "me/petty-cash",
      `-${NOBODY.slice(1)}`,
      "2",
      "--confirm",
      "1",
    );
    assertEquals(await done(shop, "balances", "--strict", petty), [`${petty} 3`]);
  });
  await t.step("only the node's user pays, others may look", async () => {
    const env = { RUMOR_RUNTIME_DIR: Deno.makeTempDirSync() };
    const right = /only the node's own user, on its machine, may do that$/;
    await fails(bank, ["pay", "--strict", "me", shop_id, "1"], 1, right, env);
    await fails(bank, ["issue", "me", "1"], 1, right, env);
    assertEquals((await guest(bank, ["balances", "--strict", "me"], env)).code, 0);
    const item = `{"k":"pay","from":"${bank_id}","to":"${shop_id}","amount":1,"at":0,"id":"x"}`;
    const guarded = /^such records are handed over by the app strict only$/;
    await using port = await RawPeer.guest(await bank.address());
    port.send(`{"k":"request","i":1,"app":"chain","r":{"item":${item},"depth":1}}`);
    assertMatch((await port.control("refused")).why, guarded);
    port.send(`{"k":"publish","i":2,"t":"records","b":[${item}]}`);
    const line = await port.wait((line) => line.startsWith(`{"k":"refused","i":2,`));
    assertMatch(JSON.parse(line).why, guarded);
    Deno.removeSync(env.RUMOR_RUNTIME_DIR);
  });
  await t.step("both nodes print all payments in one order", async () => {
    const [one, two] = await endAll([bank, shop]);
    assertEquals(one.stdout.length, 4);
    assertEquals(one.stdout.slice(0, 2), [
      `june issued ${bank_id} 100`,
      `rent-6 ${bank_id} ${shop_id} 30`,
    ]);
    assertEquals(two.stdout, one.stdout);
  });
});

Deno.test("`rumor ledger --strict` pays what its input says, and waits for how that ends", async (t) => {
  await using network = new Nodes();
  const directory = Deno.makeTempDirSync();
  const keep = ["--data", directory];
  try {
    const before = network.start([...NODE, ...keep]);
    const id = await idOf(before);
    await done(before, "issue", "me/tea", "3", "--confirm", "1");
    await endAll([before]);
    const other = network.start([...NODE, "--json"]);
    const join = [...keep, "--listen", "127.0.0.1:0", "--join", await other.address()];
    const run = (input: string, ...more: string[]) =>
      runRumor([...NODE, "--mine", "never", ...join, ...more], { input, timeout_ms: AGREE_MS });

    await t.step("each line once, and no line that is not covered", async () => {
      const lines = ["me/tea me 2 a", "me/tea me 2 a", "me/tea me 2 b", "", "me me", "me you 1"];
      const { code, stdout, stderr } = await run(lines.join("\n"), "--balances", "--history", "0");
      const said = stderr.filter((line) => !line.startsWith("listening on "));
      assertEquals(said.toSorted(), [
        `rumor: line 3: ${id}/tea has 1, not 2`,
        "rumor: line 4: FROM TO AMOUNT [ID] is expected, not 0 words",
        "rumor: line 5: FROM TO AMOUNT [ID] is expected, not 2 words",
        "rumor: line 6: TO: an account is the id of a node, or ID/NAME",
      ]);
      assertEquals(code, 1);
      assertEquals(stdout, [`a ${id}/tea ${id} 2`, `${id} 2`, `${id}/tea 1`]);
    });
    await t.step("and ends with 75 while that is open", async () => {
      const { code, stderr } = await run("me me/x 1 c", "--confirm", "50", "--timeout", "0.5");
      assertEquals([code, stderr.at(-1)], [75, "rumor: 1 line is not decided yet"]);
    });
    await t.step("what others print of it", async () => {
      await other.waitForStdout(3);
      const [issued, paid] = (await endAll([other]))[0].stdout.map((line) => JSON.parse(line));
      const { index: _, id: __, ...rest } = issued;
      assertEquals(rest, { from: null, to: `${id}/tea`, amount: 3 });
      const { index, ...more } = paid;
      assertEquals(more, { id: "a", from: `${id}/tea`, to: id, amount: 2 });
      assert(index > issued.index);
    });
  } finally {
    Deno.removeSync(directory, { recursive: true });
  }
});

Deno.test("commands of the strict ledger say where no chain is followed, or nobody mines", async () => {
  await using network = new Nodes();
  const chat = network.start(["chat"]), none = /follows no chain/;
  await fails(chat, ["pay", "--strict", "me", NOBODY, "1"], 1, none);
  await fails(chat, ["issue", "me", "1"], 1, none);
  await fails(chat, ["balances", "--strict"], 1, none);
  const idle = network.start(["chat", "--chain", "--mine", "never"]);
  await fails(idle, ["issue", "me", "1", "--id", "x", "--timeout", "0.5"], 75, /within 0.5 s$/);
  await fails(idle, ["issue", "me", "2", "--id", "x"], 1, /the id x is used already for issued/);
  // The plain ledger is another one, and the default.
  await done(idle, "pay", "anna", "ben", "5");
  assertEquals(await done(idle, "balances"), ["anna -5", "ben 5"]);
  assertEquals(await done(idle, "balances", "--strict"), []);
});
