/** Wrong words and flags of `rumor vote`. */

import { LOCAL } from "../../helpers/network.ts";
import { runRumor } from "../../helpers/process.ts";
import { assertFails } from "./guests.ts";

/** Arguments behind `rumor vote`, and what is said of them. */
const WRONG: readonly (readonly [args: readonly string[], why: RegExp])[] = [
  [["hello"], /hello is not expected; allowed are cast, tally, audit and open/],
  [["__proto__"], /__proto__ is not expected/],
  [["--election", "\x1b"], /--election: an election has control characters/],
  [["cast", "ann"], /VOTER CHOICE is expected, not 1 word/],
  [["cast", "ann", "red", "blue"], /VOTER CHOICE is expected, not 3 words/],
  [["cast", "ann", "red", "--confirm", "0"], /--confirm/],
  [["cast", "ann", "red", "--election", "x".repeat(256)], /--election: .*255 bytes/],
  [["tally", "board"], /board is not expected; see --election/],
  [["audit", "--chain", "x", "--join", "127.0.0.1:9"], /--chain and --join exclude each other/],
  [["audit", "chain.json"], /chain.json is not expected; see --chain/],
  [["open", "--choices", "a"], /one ELECTION is expected/],
  [["open", "e"], /--choices A,B,C is expected/],
  [["open", " ", "--choices", "a"], /the election is empty/],
  [["open", "e", "--choices", "a,,b"], /a choice is empty/],
  [["open", "e", "--choices", "a,b, a"], /the choice a is there twice/],
];

Deno.test("`rumor vote` names wrong words and flags in one line, and ends with 2", async () => {
  const runs = WRONG.map(async ([args, why]) => {
    const where = ["cast", "tally", "audit", "open"].includes(args[0]) ? [] : LOCAL;
    assertFails(await runRumor(["vote", ...args, ...where]), 2, why);
  });
  await Promise.all(runs);
});
