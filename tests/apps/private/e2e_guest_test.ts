/** `rumor pm` and `rumor routes`, which ask a node, beside a node that answers as a test likes. */

import { assert, assertEquals, assertMatch } from "@std/assert";
import { deadAddress } from "../../helpers/network.ts";
import { EvilNode } from "../../helpers/evil_node.ts";
import { runRumor } from "../../helpers/process.ts";
import type { PrivateRequest } from "../../../src/apps/private/app.ts";

const ID = "a".repeat(43), HOP = "b".repeat(43);

/** A request as it came. */
interface Request {
  readonly k: string;
  readonly i: number;
  readonly app?: string;
  readonly r?: PrivateRequest;
}

/** What a node says to a request, perhaps nothing yet. */
type Answer = (request: Request, all: readonly Request[]) => readonly unknown[];

/** Runs a guest beside such a node; gives how it ended, and what it asked for. */
async function visit(
  args: readonly string[],
  answer: Answer,
  options: { readonly input?: string } = {},
) {
  const asked: Request[] = [];
  await using node = new EvilNode((peer) => {
    peer.onLine = (line) => {
      const request = JSON.parse(line) as Request;
      if (request.k !== "request" && request.k !== "ask") return;
      asked.push(request);
      for (const said of answer(request, asked)) peer.send(JSON.stringify(said));
    };
    peer.send(peer.hello());
  });
  return { ...await runRumor([...args, "--join", node.address], options), asked };
}

const deliver: Answer = ({ i }) => [{ k: "delivered", i }];

Deno.test("`rumor pm` sends its words as one message, and ends with 0 when it is there", async () => {
  const { code, stdout, stderr, asked } = await visit(["pm", "anna", "see", "you  soon"], deliver);
  assertEquals([code, stdout, stderr], [0, [], []]);
  const r = { to: "anna", items: ["see you  soon"], within_ms: 10_000 };
  assertEquals(asked, [{ k: "request", i: 1, app: "private", r }]);
});

Deno.test("`rumor pm` takes an id that begins with a dash for no flag", async () => {
  for (const id of [`-${ID.slice(1)}`, "-P1aB_-9", `--${"a".repeat(40)}A`, "--bb-hOr"]) {
    const { code, asked } = await visit(["pm", id, "--timeout", "5", "hello"], deliver);
    assertEquals([code, asked.map(({ r }) => [r!.to, r!.items])], [0, [[id, ["hello"]]]]);
  }
  for (const typo of ["-timeout", "--time-out", "--timeuot"]) {
    const { code, asked } = await visit(["pm", "anna", typo, "5", "hello"], deliver);
    assertEquals([code, asked.length], [2, 0]);
  }
});

Deno.test("`rumor pm` sends each line of its input, some requests at a time, in order", async () => {
  const lines = Array.from({ length: 2_000 }, (_, at) => `${at} ${"x".repeat(200)}`);
  // The first is answered when as many wait as may.
  const answer: Answer = ({ i }, all) =>
    i < 8 ? [] : i === 8 ? all.map(({ i }) => ({ k: "delivered", i })) : [{ k: "delivered", i }];
  const input = lines.join("\n");
  const { code, stderr, asked } = await visit(["pm", ID, "--timeout", "30"], answer, { input });
  assertEquals([code, stderr], [0, []]);
  assertEquals(asked.flatMap(({ r }) => r!.items), lines);
  assertEquals(asked.map(({ i }) => i), asked.map((_, at) => at + 1));
  assert(asked.every(({ r }) => r!.to === ID && r!.within_ms === 30_000));
  // Each fits into one line, even when it is sealed.
  assert(asked.every(({ r }) => JSON.stringify(r!.items).length < 65_536));
});

Deno.test("`rumor pm --encoding base64` sends any bytes", async () => {
  const args = ["pm", "anna", "--encoding", "base64"];
  const { code, asked } = await visit(args, deliver, { input: "caf\u00e9\n" });
  assertEquals([code, asked[0].r!.items], [0, [{ base64: "Y2Fmw6k=" }]]);
});

Deno.test("`rumor pm` ends with 1 when the node refuses, and says why", async () => {
  const why = "nobody here is called zoe; rumor peers lists who is there";
  const refuse: Answer = ({ i }) => [{ k: "refused", i, why }];
  const { code, stdout, stderr } = await visit(["pm", "zoe", "hello"], refuse);
  assertEquals([code, stdout, stderr], [1, [], [`rumor: refused: ${why}`]]);
});

Deno.test("`rumor pm` ends with 75 when it is not acknowledged in time, and says so once", async () => {
  const input = Array.from({ length: 2_000 }, () => "x".repeat(100)).join("\n");
  const late: Answer = ({ i }, all) =>
    i < 4 ? [] : all.map(({ i }) => ({ k: "refused", i, why: "it is away", late: true }));
  for (const answer of [late, () => []]) {
    const args = ["pm", "anna", "--timeout", "0.2"];
    const { code, stdout, stderr } = await visit(args, answer, { input });
    assertEquals([code, stdout], [75, []]);
    assertEquals(stderr, ["rumor: not acknowledged by anna within 0.2 s"]);
  }
});

Deno.test("`rumor pm` says in one line what is wrong with its words", async () => {
  const join = ["--join", deadAddress()];
  const cases: readonly (readonly [readonly string[], number, RegExp])[] = [
    [["anna", "hello"], 69, /^rumor: no node of yours runs here; .*--join HOST:PORT$/],
    [join, 2, /^rumor: NAME TEXT is expected$/],
    [[...join, "an na", "hello"], 2, /^rumor: an na is neither a name nor an id/],
    [[...join, "anna", "a\nb"], 2, /newline/],
    [[...join, "anna", "--timeout", "86401", "x"], 2, /--timeout.*seconds up to 86400/],
    [[...join, "anna", "--timeout", "86400", "x"], 69, /connection refused.*no node reachable$/],
  ];
  for (const [args, wanted, text] of cases) {
    const { code, stdout, stderr } = await runRumor(["pm", ...args]);
    assertEquals([code, stdout], [wanted, []], args.join(" "));
    if (wanted === 2) assertEquals(stderr.length, 1);
    assertMatch(stderr.join(" "), text);
  }
});

Deno.test("`rumor routes` prints a line for each origin, or an object", async () => {
  const since_ms = Date.now() - 12_000;
  const rows = [[ID, "anna", HOP, String(since_ms)], [HOP, "", HOP, String(since_ms + 1e7)]];
  const answer: Answer = ({ i }) => [{ k: "answer", i, r: rows }];
  const plain = await visit(["routes"], answer);
  assertEquals([plain.code, plain.stderr, plain.asked[0]], [0, [], {
    k: "ask",
    i: 1,
    q: "routes",
  } as Request]);
  const [first, second] = plain.stdout;
  assertMatch(first, new RegExp(`^${ID} anna ${HOP} \\d+s$`));
  assert(parseInt(first.split(" ")[3]) >= 12, first);
  // The clock of the node may be ahead.
  assertEquals(second, `${HOP} - direct 0s`);
  const json = await visit(["routes", "--json"], answer);
  assertEquals(json.stdout.map((line) => JSON.parse(line)), [
    { origin: ID, name: "anna", next: HOP, direct: false, since: new Date(since_ms).toISOString() },
    {
      origin: HOP,
      name: "",
      next: HOP,
      direct: true,
      since: new Date(since_ms + 1e7).toISOString(),
    },
  ]);
});

Deno.test("`rumor routes` ends with 1 where the answer makes no sense", async () => {
  const { code, stdout, stderr } = await visit(["routes"], ({ i }) => [
    { k: "answer", i, r: [["a", "b"]] },
  ]);
  assertEquals([code, stdout, stderr], [1, [], ["rumor: the node's answer makes no sense"]]);
});
