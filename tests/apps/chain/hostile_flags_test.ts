/** Wrong words and flags of all `rumor chain` commands. */

import { assert, assertEquals, assertMatch } from "@std/assert";
import { deadAddress, LOCAL } from "../../helpers/network.ts";
import { runRumor } from "../../helpers/process.ts";
import { LONG_ONLY } from "../../helpers/long.ts";

// deno-lint-ignore no-control-regex -- what a terminal obeys is what is looked for
const UNSAFE = /[\x00-\x1f\x7f-\x9f\u202e]/;
const JOIN = ["--join", deadAddress()];
const ASKING = ["length", "data", "blocks", "export"];

/** Arguments behind `rumor chain`, and what is said of them. */
const WRONG: readonly (readonly [args: readonly string[], why: RegExp])[] = [
  [["hello"], /hello is not expected/],
  [["verifY"], /verifY is not expected/],
  [["__proto__"], /__proto__ is not expected/],
  [["constructor"], /constructor is not expected/],
  [["x\x1b[2J\u202e"], /is not expected/],
  [["--nothing"], /--nothing is not a flag/],
  [["--mine"], /--mine needs a value/],
  [["--mine", "sometimes"], /--mine: .*auto or always or never/],
  [["--mine-threads", "0"], /--mine-threads: .*from 1 to/],
  [["--mine-threads", "-1"], /--mine-threads/],
  [["--mine-threads", "1000000"], /--mine-threads: .*from 1 to/],
  [["--block-time", "0"], /--block-time: .*seconds/],
  [["--block-time", "-5"], /--block-time/],
  [["--block-time", "1e3"], /--block-time: .*seconds/],
  [["--block-time", "soon"], /--block-time: .*seconds/],
  [["--block-time", "5", "--block-time", "6"], /--block-time is given twice/],
  [["add", ...JOIN], /TEXT is expected/],
  [["add", "x", ...JOIN, "--confirm", "0"], /--confirm: .*from 1 to/],
  [["add", "x", ...JOIN, "--confirm", "1.5"], /--confirm/],
  [["add", "x", ...JOIN, "--id", ""], /--id needs a value/],
  [["add", "x", ...JOIN, "--id", "i".repeat(257)], /--id: .*256/],
  [["add", "x", ...JOIN, "--timeout", "0"], /--timeout/],
  [["add", "x".repeat(8_193), ...JOIN], /8192 bytes/],
  [["add", "\u00e4".repeat(4_097), ...JOIN], /8192 bytes/],
  [["add", "x", ...JOIN, "--json"], /--json is not a flag/],
  [["add", "x", ...JOIN, "--mine", "never"], /--mine is not a flag/],
  [["add", "x", "--join", "nowhere"], /--join: .*HOST:PORT/],
  ...ASKING.flatMap((word) =>
    [
      [[word, "more", ...JOIN], /more is not expected/],
      [[word, ...JOIN, "--nothing"], /--nothing is not a flag/],
      [[word, ...JOIN, "--timeout", "x"], /--timeout/],
      [[word, "--join", "nowhere"], /--join: .*HOST:PORT/],
    ] as const
  ),
  [["export", ...JOIN, "--json"], /--json is not a flag/],
  [["length", ...JOIN, "--json=yes"], /--json takes no value/],
  [["data", ...JOIN, "--from", "-1"], /--from/],
  [["data", ...JOIN, "--from", "4294967296"], /--from: .*from 0 to 4294967295/],
  [["blocks", ...JOIN, "--from", "x\x1b[2J"], /--from: /],
  [["verify"], /one FILE is expected/],
  [["verify", "a", "b"], /one FILE is expected/],
  [["verify", "a", "--json"], /--json is not a flag/],
  [["verify", "a", "--join", "x:1"], /--join is not a flag/],
];

Deno.test(
  "`rumor chain` names wrong words and flags in one line, and ends with 2",
  LONG_ONLY,
  async (t) => {
    for (let at = 0; at < WRONG.length; at += 3) {
      const some = WRONG.slice(at, at + 3);
      const runs = some.map(([args]) => {
        const is_node = !["add", "verify", ...ASKING].includes(args[0]);
        return runRumor(["chain", ...args, ...(is_node ? LOCAL : [])]);
      });
      for (const [index, { code, stdout, stderr }] of (await Promise.all(runs)).entries()) {
        const [args, why] = some[index];
        await t.step(JSON.stringify(args.join(" ").slice(0, 80)), () => {
          assertEquals({ code, stdout }, { code: 2, stdout: [] }, stderr.join("\n"));
          assertEquals(stderr.length, 1, stderr.join("\n"));
          assertMatch(stderr[0], /^rumor: /);
          assertMatch(stderr[0], why);
          assert(!UNSAFE.test(stderr[0]), JSON.stringify(stderr[0]));
        });
      }
    }
  },
);
