/** The voting machine, with somebody who talks to it and a chain that does what the test says. */

import { assertEquals } from "@std/assert";
import type { Json } from "../../../src/core/types.ts";
import { askNode, type NodeState } from "../../../src/core/node.ts";
import { runMachine } from "../../../src/apps/votes/commands/machine.ts";
import type { Reply, TalkDesk } from "../../../src/cli/node/talking.ts";
import { hand, poll } from "./poll.ts";

const OPTION = "Enter option ('a' add record, 'd' display tally, 'q' quit):";
const VOTER = "Enter voter id:", CHOICE = "Enter choice:", REFUSED = "Invalid/duplicate Vote!";

interface Set {
  readonly replies: readonly Reply[];
  readonly node: () => NodeState;
  /** What becomes of a vote. */
  readonly cast?: (item: Json) => Promise<string | null>;
  readonly onNewest?: () => void;
  readonly json?: boolean;
  readonly timeout_ms?: number;
}

/** Lets the machine talk; gives what it printed, told, and how it ended. */
async function talk({ replies, node, cast, onNewest, json = false, timeout_ms = 60_000 }: Set) {
  const lines: string[] = [], told: string[] = [], codes: number[] = [], items: Json[] = [];
  const open = [...replies];
  const desk: TalkDesk = {
    ask: (question) => {
      lines.push(question);
      return Promise.resolve(open.shift() ?? null);
    },
    print: (text) => {
      lines.push(...text.split("\n").slice(0, -1));
      return Promise.resolve();
    },
    tell: (text) => told.push(text),
    complain: (text, code) => {
      told.push(text);
      codes.push(code);
    },
    node,
    request: (_app, request) => {
      const { item } = request as { readonly item?: Json };
      if (item === undefined) onNewest?.();
      if (item === undefined) return Promise.resolve(null);
      items.push(item);
      return cast?.(item) ?? Promise.resolve("nobody counts");
    },
  };
  const options = { election: "", format: { json, shown: false }, block_time_ms: 20, timeout_ms };
  const quits = await runMachine(desk, options);
  return { quits, lines, told, codes, items };
}

/** A node in whose chain ann voted. */
function voted(): NodeState {
  const { sim, nodes: [node] } = poll(21, ["a"]);
  hand(node, { k: "vote", voter: "ann", choice: "dark red" });
  sim.pass(60_000);
  return node.state;
}

const after = voted();

Deno.test("`runMachine()` asks for votes, casts them in one spelling, and shows the tally", async () => {
  const replies = ["a", " ann", "dark red ", "d", "A", "", "q", "d"];
  const done = await talk({ replies, node: () => after, cast: () => Promise.resolve(null) });
  assertEquals(done.quits, true);
  assertEquals(done.items, [{ k: "vote", voter: "ann", choice: "dark red" }]);
  const block = done.lines[3].match(/^Counted in block (\d+)\.$/)?.[1];
  const unknown = "this is no option; there are a, d and q";
  assertEquals(done.lines, [
    ...[OPTION, VOTER, CHOICE, `Counted in block ${block}.`],
    ...[OPTION, "dark\\x20red 1", OPTION, unknown, OPTION, unknown, OPTION],
  ]);
});

Deno.test("`runMachine()` refuses what is no vote, and what the chain refuses", async () => {
  const replies = [
    ...["a", "", "red", "a", "ann", "", "a", "a\x01b", "red"],
    ...["a", { fault: "line 11: bad" }, "red", "a", "x".repeat(256), "red", "a", "ann", "red"],
  ];
  const done = await talk({ replies, node: () => after, cast: () => Promise.resolve("twice") });
  assertEquals(done.quits, false);
  assertEquals(done.items.length, 1);
  assertEquals(done.lines, [
    ...Array(6).fill([OPTION, VOTER, CHOICE, REFUSED]).flat(),
    OPTION,
  ]);
  assertEquals(done.told, [
    "the voter id is empty",
    "the choice is empty",
    "the voter id has control characters",
    "line 11: bad",
    "the voter id is no text",
    "the voter id has more than 255 bytes",
    "twice",
  ]);
});

Deno.test("`runMachine()` casts no half vote at the end of the input", async () => {
  for (const replies of [["a"], ["a", "ann"], ["a", "ann", null], []]) {
    const { quits, items, lines } = await talk({ replies, node: () => after });
    assertEquals([quits, items], [false, []]);
    const asked = Math.min(replies.length, 2);
    assertEquals(lines, [OPTION, VOTER, CHOICE].slice(0, asked + 1).concat(asked ? [OPTION] : []));
  }
});

Deno.test("`runMachine()` prints objects with json", async () => {
  const replies = ["a", "ann", "dark red", "a", "ann", "\x1b", "d", "?", "q"];
  const cast = () => Promise.resolve(null);
  const { lines, told } = await talk({ replies, node: () => after, cast, json: true });
  const [option, voter, choice] = ["option", "voter", "choice"].map((ask) => ({ ask }));
  const objects = lines.map((line) => JSON.parse(line));
  const { block } = objects[3].counted;
  assertEquals(objects, [
    ...[option, voter, choice, { counted: { voter: "ann", choice: "dark red", block } }],
    ...[option, voter, choice, { refused: "the choice has control characters" }],
    ...[option, { tally: [{ choice: "dark red", count: 1 }] }],
    ...[option, { refused: "this is no option; there are a, d and q" }, option],
  ]);
  assertEquals(told, []);
});

Deno.test("`runMachine()` waits for the newest chain, and again while another vote waits", async () => {
  const { sim, nodes: [node] } = poll(22, ["a"]);
  hand(node, { k: "vote", voter: "ben", choice: "red" });
  sim.run(() => askNode(node.state, "votes_waiting")!.length > 0);
  let asked = 0;
  const order: string[] = [];
  const onNewest = () => {
    order.push("newest");
    if (++asked === 3) sim.pass(60_000);
  };
  const cast = () => {
    order.push("cast");
    return Promise.resolve("no");
  };
  const replies = ["a", "ann", "red", "q"];
  await talk({ replies, node: () => node.state, cast, onNewest });
  assertEquals(order, ["newest", "newest", "newest", "cast"]);
});

Deno.test("`runMachine()` waits for others for a few block times only", async () => {
  const { sim, nodes: [node] } = poll(23, ["a"]);
  hand(node, { k: "vote", voter: "ben", choice: "red" });
  sim.run(() => askNode(node.state, "votes_waiting")!.length > 0);
  const { items } = await talk({ replies: ["a", "ann", "red", "q"], node: () => node.state });
  assertEquals(items.length, 1);
});

Deno.test("`runMachine()` says when a vote is not counted in time, and later what became of it", async () => {
  const replies = ["a", "ann", "dark red", "q"];
  const never = new Promise<null>(() => {});
  const late = await talk({ replies, node: () => after, cast: () => never, timeout_ms: 1 });
  assertEquals(late.lines, [
    ...[OPTION, VOTER, CHOICE, "Not counted yet, but it may still be.", OPTION],
  ]);
  assertEquals([late.told, late.codes], [["a vote is not counted yet"], [75]]);
  const counted = Promise.withResolvers<null>();
  let is_cast = false;
  const done = await talk({
    replies: ["a", "ann", "dark red", "d", "q"],
    // It looks for the tally when the vote is late already.
    node: () => {
      if (is_cast) counted.resolve(null);
      return after;
    },
    cast: () => {
      is_cast = true;
      return counted.promise;
    },
    timeout_ms: 1,
  });
  assertEquals(done.lines.filter((line) => line.startsWith("Counted in block")).length, 1);
  assertEquals([done.told, done.codes], [[], []]);
});

Deno.test("`runMachine()` takes a vote that another branch took back meanwhile for one that waits", async () => {
  const replies = ["a", "zoe", "red", "q"], cast = () => Promise.resolve(null);
  const { lines, told, codes } = await talk({ replies, node: () => after, cast });
  const waits = "Not counted yet, but it may still be.";
  assertEquals(lines, [OPTION, VOTER, CHOICE, waits, OPTION]);
  assertEquals([told, codes], [["a vote is not counted yet"], [75]]);
});

Deno.test("`runMachine()` says that nobody has voted", async () => {
  const config = poll(24, ["a"]).nodes[0].state;
  const { lines } = await talk({ replies: ["d", "q"], node: () => config });
  assertEquals(lines, [OPTION, "Nobody has voted yet.", OPTION]);
});
