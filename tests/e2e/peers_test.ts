/** `rumor peers`: who is there, and what became of them; and how soon nodes miss each other. */

import { assert, assertEquals, assertMatch } from "@std/assert";
import { atOnce } from "../helpers/at_once.ts";
import {
  allPrint,
  assertPrintsOnce,
  deadAddress,
  endAll,
  LOCAL,
  Nodes,
  typeEverywhere,
  WINDOWS,
} from "../helpers/network.ts";
import { Process, runRumor, startRumor } from "../helpers/process.ts";

/** A line of `rumor peers --json`. */
interface Peer {
  readonly id: string;
  readonly name: string;
  readonly address: string;
  readonly state: string;
  readonly since: string;
  readonly direct: boolean;
  readonly self: boolean;
}

/** Three nodes with names; the first is linked to both others, and knows their names. */
async function trio(network: Nodes, ...args: string[]): Promise<Process[]> {
  const anna = network.start(["--name", "anna", ...args]);
  const join = ["--join", await anna.address(), ...args];
  const nodes = [anna, ...["ben", "carl"].map((name) => network.start(["--name", name, ...join]))];
  await using watch = await watching(anna);
  for (const name of ["ben", "carl"]) {
    await watch.waitForStdout((line) => {
      const peer = JSON.parse(line) as Peer;
      return peer.name === name && peer.state === "alive" && peer.direct;
    });
  }
  return nodes;
}

function parse(lines: readonly string[]): Peer[] {
  return lines.map((line) => JSON.parse(line) as Peer);
}

/** The arguments that ask a node. */
async function asking(node: Process, ...args: string[]): Promise<string[]> {
  return ["peers", "--join", await node.address(), ...args];
}

/** Goes on asking; ends with the test. */
async function watching(node: Process, ...args: string[]): Promise<Process> {
  return startRumor(await asking(node, "--watch", "--json", ...args), { stdin: "null" });
}

Deno.test("`rumor peers` prints a table, or JSON, the node itself first", async (t) => {
  await using network = new Nodes();
  const [anna, ben, carl] = await trio(network);
  const addresses = await Promise.all([anna, ben, carl].map((node) => node.address()));
  const ask = await asking(anna);
  let ids: string[] = [];

  await t.step("with `--json`", async () => {
    const { code, stdout, stderr } = await runRumor([...ask, "--json"]);
    assertEquals([code, stderr], [0, []]);
    const peers = parse(stdout);
    ids = peers.map(({ id }) => id);
    assert(ids.every((id) => /^[\w-]{43}$/.test(id)) && new Set(ids).size === 3, stdout.join());
    const { since, ...own } = peers[0];
    assertEquals([own, since], [{
      id: ids[0],
      name: "anna",
      address: addresses[0],
      state: "alive",
      direct: false,
      self: true,
    }, ""]);
    const others = peers.slice(1).toSorted((one, two) => one.name < two.name ? -1 : 1);
    for (const [at, { id: _, since, ...rest }] of others.entries()) {
      const name = ["ben", "carl"][at], address = addresses[at + 1];
      assertEquals(rest, { name, address, state: "alive", direct: true, self: false });
      assertEquals(new Date(since).toISOString(), since);
    }
  });
  await t.step("as a table, with - for what is not known", async () => {
    const { code, stdout, stderr } = await runRumor(ask);
    assertEquals([code, stderr], [0, []]);
    assertEquals(stdout[0], `${ids[0]} anna ${addresses[0]} alive - self`);
    const names = stdout.slice(1).map((line, at) => {
      assert(line.startsWith(`${ids[at + 1]} `), line);
      assertMatch(line, / (ben|carl) 127\.0\.0\.1:\d+ alive \d{4}-\d\d-\d\dT[\d:.]+Z direct$/);
      return line.split(" ")[1];
    });
    assertEquals(names.sort(), ["ben", "carl"]);
  });
  await t.step("with `--status` only those", async () => {
    for (const [states, count] of [["alive", 3], ["failed", 0], ["left alive", 3]] as const) {
      const flags = states.split(" ").flatMap((state) => ["--status", state]);
      const { code, stdout } = await runRumor([...ask, ...flags]);
      assertEquals([code, stdout.length], [0, count], states);
    }
  });
});

Deno.test("`rumor peers --watch`", (t) =>
  atOnce(t, {
    "tells who left and who was killed, and only them": tellsWhoIsGone,
    "prints whoever changed, and nobody else again": printsChanges,
    "ends with its reader, though nothing changes, or with its node": WINDOWS ? null : endsInTime,
  }));

async function tellsWhoIsGone(): Promise<void> {
  await using network = new Nodes();
  const [anna, ben, carl] = await trio(network, "--fast");
  await using watch = await watching(anna, "--status", "left", "--status", "failed");
  const isTold = (name: string, state: string) =>
    watch.waitForStdout((line) => line.includes(`"${name}"`) && line.includes(`"${state}"`));
  await endAll([ben]);
  await isTold("ben", "left");
  carl.signal("SIGKILL");
  await isTold("carl", "failed");
  const { stdout } = await runRumor(await asking(anna, "--json"));
  const states = parse(stdout).map(({ name, state, direct }) => [name, state, direct]);
  assertEquals(states.sort(), [
    ["anna", "alive", false],
    ["ben", "left", false],
    ["carl", "failed", false],
  ]);
  // Whoever left is told again when its link is gone, too.
  assert(parse(watch.stdout).every(({ state }) => state === "left" || state === "failed"));
}

async function printsChanges(): Promise<void> {
  await using network = new Nodes();
  const [anna] = await trio(network);
  await using watch = await watching(anna);
  await watch.waitForStdout(3);
  const join = ["--join", await anna.address()];
  const dora = network.start(["--name", "dora", ...join]);
  await watch.waitForStdout((line) => line.includes('"dora"') && line.includes('"alive"'));
  await endAll([dora]);
  await watch.waitForStdout((line) => line.includes('"dora"') && line.includes('"left"'));
  const last = new Map<string, string>();
  for (const line of watch.stdout) {
    const { id } = JSON.parse(line) as Peer;
    assert(last.get(id) !== line, `${line} is printed again`);
    last.set(id, line);
  }
  assertEquals(last.size, 4);
}

async function endsInTime(): Promise<void> {
  await using network = new Nodes();
  const [anna] = await trio(network);
  await using unread = await watching(anna);
  await using watch = await watching(anna);
  await Promise.all([unread, watch].map((one) => one.waitForStdout(3)));
  await unread.closeStdout();
  const { code, stderr } = await unread.result();
  assertEquals([code, stderr], [0, []]);
  await endAll([anna]);
  const other = await watch.result();
  assertEquals([other.code, other.stderr.length], [1, 1]);
}

Deno.test("`rumor peers` says in one line what is wrong with its flags", async () => {
  const dead = deadAddress();
  const join = ["--join", dead];
  const cases: readonly (readonly [readonly string[], number, RegExp])[] = [
    [[], 69, /^rumor: no node of yours runs here; .*--join HOST:PORT$/],
    [[...join, "alive"], 2, /^rumor: alive is not expected; see --status/],
    [[...join, "--status", "dead"], 2, /--status.*dead.*alive.*suspect.*failed.*left.*named/],
    [[...join, "--fast"], 2, /--fast/],
    [join, 69, new RegExp(`^rumor: ${dead}: connection refused\nrumor: no node reachable$`)],
  ];
  for (const [args, wanted, text] of cases) {
    const { code, stdout, stderr } = await runRumor(["peers", ...args]);
    assertEquals([code, stdout], [wanted, []], args.join(" "));
    if (wanted === 2) assertEquals(stderr.length, 1);
    assertMatch(stderr.join("\n"), text);
  }
});

Deno.test("nodes with other overlays and other times exchange lines", async () => {
  await using network = new Nodes();
  const first = network.start(["--overlay", "ring"]);
  const join = ["--join", await first.address()];
  for (
    const flags of [
      ["--overlay", "fingers"],
      ["--overlay", "ring", "--wan"],
      ["--overlay", "fingers", "--wan"],
      ["--overlay", "ring", "--fast"],
      ["--wan"],
    ]
  ) network.start([...flags, ...join]);
  await Promise.all(network.all.map((node) => node.address()));
  const typed = (await typeEverywhere(network.all, 5)).flat();
  await allPrint(network.all, typed.length);
  for (const { stdout } of await endAll(network.all)) assertPrintsOnce(stdout, typed);
});

Deno.test("nodes with `--overlay given` make a chain, in which all know each other", async () => {
  await using network = new Nodes();
  const nodes: Process[] = [];
  for (const name of ["anna", "ben", "carl"]) {
    const join = nodes.length === 0 ? [] : ["--join", await nodes.at(-1)!.address()];
    nodes.push(network.start(["--overlay", "given", "--name", name, ...join]));
  }
  const [anna, , carl] = nodes;
  for (const [node, far] of [[anna, "carl"], [carl, "anna"]] as const) {
    await using watch = await watching(node);
    await watch.waitForStdout((line) => line.includes(`"${far}"`) && line.includes('"alive"'));
    await watch.waitForStdout((line) => line.includes('"ben"') && line.includes('"direct":true'));
  }
  const typed = (await typeEverywhere(nodes, 5)).flat();
  await allPrint(nodes, typed.length);
  const { stdout } = await runRumor(await asking(carl, "--json"));
  const told = parse(stdout).map(({ name, state, direct }) => [name, state, direct]);
  assertEquals(told.sort(), [
    ["anna", "alive", false],
    ["ben", "alive", true],
    ["carl", "alive", false],
  ]);
  for (const { stdout } of await endAll(nodes)) assertPrintsOnce(stdout, typed);
});

Deno.test("flags that contradict each other are usage errors", async () => {
  const exclude = "rumor: --fast and --wan exclude each other";
  const twice = "rumor: --silence must be at least twice --ping, or an idle link would be closed";
  const cases: readonly (readonly [string, string])[] = [
    ["--fast --wan", exclude],
    ["--ping 2 --silence 3.9", twice],
    ["--fast --ping 0.6", twice],
    ["--wan --silence 9", twice],
    [
      "--overlay given --tracker 127.0.0.1:9",
      "rumor: --overlay given links to the nodes of --join",
    ],
  ];
  for (const [flags, wanted] of cases) {
    const { code, stdout, stderr } = await runRumor([...LOCAL, ...flags.split(" ")], { input: "" });
    assertEquals([code, stdout, stderr.length], [2, [], 1], flags);
    assert(stderr[0].startsWith(wanted), stderr[0]);
  }
  const { code } = await runRumor([...LOCAL, "--ping", "2", "--silence", "4"], { input: "" });
  assertEquals(code, 0);
});
