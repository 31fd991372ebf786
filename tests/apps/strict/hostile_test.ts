/** Wrong words and flags of the strict ledger's commands, nodes that lie, and what a terminal obeys. */

import { assert, assertEquals, assertMatch } from "@std/assert";
import { recordLine } from "../../../src/apps/strict/commands/text.ts";
import { EvilNode } from "../../helpers/evil_node.ts";
import { deadAddress, LOCAL } from "../../helpers/network.ts";
import { runRumor } from "../../helpers/process.ts";

// deno-lint-ignore no-control-regex -- what a terminal obeys is what is looked for
const UNSAFE = /[\x00-\x1f\x7f-\x9f\u202e]/;
const JOIN = ["--join", deadAddress()];
const ID = "b".repeat(42) + "A";
const PAY = ["pay", "--strict"], ISSUE = ["issue"], BALANCES = ["balances", "--strict"];
const AMOUNT = /the amount must be an integer from 1 to 9007199254740991/;

/** Arguments, and what is said of them. */
const WRONG: readonly (readonly [args: readonly string[], why: RegExp])[] = [
  [[...PAY, ...JOIN], /FROM TO AMOUNT is expected, not 0 words/],
  [[...PAY, "me", ID, "1", "x", ...JOIN], /FROM TO AMOUNT is expected, not 4 words/],
  ...["0", "-1", "1.5", "1e3", "0x10", "9007199254740992", "", "ten", "\u0661"].map((amount) =>
    [[...PAY, "me", ID, amount, ...JOIN], AMOUNT] as const
  ),
  ...["__proto__", "anna", `${ID}x`, `${ID}/`, `${ID}/a/b`, `${ID}/a b`, `${ID}/\x1b[2J`, "me/"]
    .flatMap((account) =>
      [
        [[...PAY, account, ID, "1", ...JOIN], /FROM: /],
        [[...ISSUE, account, "1", ...JOIN], /TO: /],
        [[...BALANCES, account, ...JOIN], /account/],
      ] as const
    ),
  [[...PAY, "me", ID, "1", "--id", "a b", ...JOIN], /ID is one word/],
  [[...PAY, "me", ID, "1", "--id", "a\x1b[2J\u202e", ...JOIN], /ID is one word/],
  [[...PAY, "me", ID, "1", "--id", "", ...JOIN], /--id needs a value/],
  [[...PAY, "me", ID, "1", "--id", "\u00e4".repeat(128), ...JOIN], /255 bytes/],
  [[...PAY, "me", ID, "1", "--confirm", "0", ...JOIN], /--confirm/],
  [[...PAY, "me", ID, "1", "--ack", "2", ...JOIN], /--ack is not a flag/],
  [["pay", "me", ID, "1", "--confirm", "2", ...JOIN], /--confirm is not a flag/],
  [[...ISSUE, "me", ...JOIN], /ACCOUNT AMOUNT is expected, not 1 words/],
  [[...ISSUE, "me", "1", "--strict", ...JOIN], /--strict is not a flag/],
  [["ledger", "--strict", "me", ...LOCAL], /me is not expected; payments come from stdin/],
  [["ledger", "--strict", "--strict", ...LOCAL], /--strict is given twice/],
  [["ledger", "--strict=1", ...LOCAL], /--strict takes no value/],
  [["ledger", "--confirm", "2", ...LOCAL], /--confirm is not a flag/],
  [["ledger", "--strict", "--confirm", "x", ...LOCAL], /--confirm/],
];

Deno.test("wrong words and flags are named in one line, with 2", async (t) => {
  for (let at = 0; at < WRONG.length; at += 3) {
    const some = WRONG.slice(at, at + 3);
    const runs = await Promise.all(some.map(([args]) => runRumor(args)));
    for (const [index, { code, stdout, stderr }] of runs.entries()) {
      const [args, why] = some[index];
      await t.step(JSON.stringify(args.join(" ").slice(0, 100)), () => {
        assertEquals({ code, stdout }, { code: 2, stdout: [] }, stderr.join("\n"));
        assertEquals(stderr.length, 1, stderr.join("\n"));
        assertMatch(stderr[0], why);
        assert(!UNSAFE.test(stderr[0]), JSON.stringify(stderr[0]));
      });
    }
  }
});

Deno.test("`rumor balances --strict` prints nothing of an answer that makes no sense", async () => {
  const rows: readonly unknown[][] = [
    [[ID]],
    [[ID, "-1"]],
    [[ID, "1\x1b[2J"]],
    [["\x1b[2J", "1"]],
    [["__proto__", "1"]],
    [[ID, "5"], [`${ID}/a b`, "1"]],
  ];
  for (const bad of rows) {
    await using node = new EvilNode((peer) => {
      peer.onLine = (line) => {
        const { k, i, q } = JSON.parse(line);
        if (k === "ask") {
          peer.send(
            JSON.stringify({ k: "answer", i, r: q === "chain" ? [["1", "1", "", "0"]] : bad }),
          );
        }
      };
      peer.send(peer.hello());
    });
    const { code, stdout, stderr } = await runRumor([...BALANCES, "--join", node.address]);
    assertEquals([code, stdout], [1, []], JSON.stringify(bad));
    assertEquals(stderr, ["rumor: the node's answer makes no sense"]);
  }
});

Deno.test("`recordLine()` shows no terminal what it would obey", () => {
  const item = { k: "pay", from: ID, to: `${ID}/\u202e`, amount: 1, at: 0, id: "\u202ex" } as const;
  const record = { index: 1, item, is_taken_back: true };
  for (const json of [false, true]) {
    const line = recordLine(record, { json, shown: true });
    assert(line.endsWith("\n") && !UNSAFE.test(line.slice(0, -1)), JSON.stringify(line));
  }
  assertEquals(
    recordLine(record, { json: false, shown: false }),
    `taken back \u202ex ${ID} ${ID}/\u202e 1\n`,
  );
  assertEquals(
    recordLine(record, { json: true, shown: false }),
    `{"index":1,"id":"\u202ex","from":"${ID}","to":"${ID}/\u202e","amount":1,"taken_back":true}\n`,
  );
});
