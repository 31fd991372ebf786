/** `rumor name` and `rumor names` through real nodes with `--chain`. */

import { assert, assertEquals, assertMatch } from "@std/assert";
import { deadAddress, endAll, LEAVE_MS, Nodes } from "../../helpers/network.ts";
import { type Process, type Result, runRumor } from "../../helpers/process.ts";
import { Proxy } from "../../helpers/proxy.ts";

const FOLLOWS = ["--chain", "--block-time", "0.2"];
/** How long a network may take to agree. */
const AGREE_MS = 60_000;

/** A node, or where it listens when it says otherwise. */
type Asked = Process | string;

/** Runs `rumor` as a guest of a node. */
async function guest(node: Asked, ...args: string[]): Promise<Result> {
  const join = typeof node === "string" ? node : await node.address();
  const [words, rest] = [args.slice(0, 1), args.slice(1)];
  return await runRumor([...words, "--join", join, ...rest], { timeout_ms: AGREE_MS });
}

/** Claims a name; `rumor name claim` has its flags behind it. */
async function claim(node: Asked, ...args: string[]): Promise<Result> {
  const join = typeof node === "string" ? node : await node.address();
  return await runRumor(["name", "claim", "--join", join, ...args], { timeout_ms: AGREE_MS });
}

/** Asks a node again until it says these lines: each question waits for its answer. */
async function says(
  node: Asked,
  args: readonly string[],
  expected: readonly string[],
): Promise<void> {
  const end = performance.now() + AGREE_MS;
  for (;;) {
    const { stdout, stderr } = await guest(node, ...args);
    if (stdout.join("\n") === expected.join("\n")) return;
    assert(performance.now() < end, `${args.join(" ")} says\n${[...stdout, ...stderr].join("\n")}`);
  }
}

function assertDone({ code, stdout, stderr }: Result): void {
  assertEquals({ code, stdout, stderr }, { code: 0, stdout: [], stderr: [] });
}

/** A command failed in one line. */
function assertFails({ code, stdout, stderr }: Result, expected: number, line: string): void {
  assertEquals({ code, stdout, stderr }, { code: expected, stdout: [], stderr: [line] });
}

async function idOf(node: Asked): Promise<string> {
  const { stdout } = await guest(node, "peers", "--json");
  return stdout.map((line) => JSON.parse(line)).find(({ self }) => self).id;
}

Deno.test("`rumor name claim` gives a name to the first, and `rumor name` and `names` say so", async (t) => {
  await using network = new Nodes();
  const anna = network.start([...FOLLOWS, "--name", "anna"]);
  const join = ["--join", await anna.address()];
  const ben = network.start([...FOLLOWS, "--mine", "never", "--name", "ben", ...join]);
  const plain = network.start(join);
  const [anna_id, ben_id] = [await idOf(anna), await idOf(ben)];
  const taken =
    `rumor: refused: the name printer has been claimed for 10.0.0.9:631 by ${anna_id} (anna)`;

  await t.step("claimed once, it is everywhere", async () => {
    assertDone(await claim(anna, "printer", "10.0.0.9:631"));
    for (const node of [anna, ben]) await says(node, ["name", "printer"], ["10.0.0.9:631"]);
  });
  await t.step("the same again by the same node is done already", async () => {
    assertDone(await claim(anna, "printer", "10.0.0.9:631"));
  });
  await t.step("a second claimer is told who has it, and so is the owner", async () => {
    assertFails(await claim(ben, "printer", "10.0.0.9:631"), 1, taken);
    assertFails(await claim(ben, "printer", "elsewhere"), 1, taken);
    assertFails(await claim(anna, "printer", "elsewhere"), 1, taken);
  });
  await t.step("hostile names are names, in their normal form", async () => {
    const link = `${"0a".repeat(32)}.17`;
    assertDone(await claim(ben, "--confirm", "2", "--", "-x \\", link));
    assertDone(await claim(ben, "__proto__", "a\u202eb"));
    assertDone(await claim(ben, "claim", "$(id)"));
    assertDone(await claim(ben, "cafe\u0301", "x"));
    for (const form of ["caf\u00e9", "cafe\u0301"]) await says(anna, ["name", form], ["x"]);
    await says(anna, ["name", "--", "claim"], ["$(id)"]);
    await says(anna, ["name", "--", "-x \\"], [link]);
    await says(anna, ["names"], [
      `-x\\x20\\x5c ${link} ${ben_id}`,
      `__proto__ a\u202eb ${ben_id}`,
      `caf\u00e9 x ${ben_id}`,
      `claim $(id) ${ben_id}`,
      `printer 10.0.0.9:631 ${anna_id}`,
    ]);
  });
  await t.step("--json says all of it", async () => {
    const { stdout } = await guest(ben, "name", "printer", "--json");
    const { index, ...named } = JSON.parse(stdout.join());
    const owner = { owner: anna_id, owner_name: "anna" };
    assertEquals(named, { name: "printer", link: "10.0.0.9:631", ...owner });
    assert(index >= 1, `${index}`);
    const all = (await guest(ben, "names", "--json")).stdout.map((line) => JSON.parse(line));
    assertEquals(all.map(({ name }) => name), [
      "-x \\",
      "__proto__",
      "caf\u00e9",
      "claim",
      "printer",
    ]);
    assertEquals(all[4], { ...named, index });
    assertEquals(all[0].owner_name, "ben");
  });
  await t.step("nobody has what nobody claimed", async () => {
    const line = "rumor: nobody has the name Printer";
    assertFails(await guest(anna, "name", "Printer"), 1, line);
    assertFails(await guest(anna, "name", "Printer", "--json"), 1, line);
  });
  await t.step("a node that follows no chain says so", async () => {
    const why = "this node follows no chain; rumor chain starts one that does";
    assertFails(await claim(plain, "printer", "x"), 1, `rumor: refused: ${why}`);
    assertFails(await guest(plain, "name", "printer"), 1, `rumor: ${why}`);
    assertFails(await guest(plain, "names"), 1, `rumor: ${why}`);
  });
  await t.step("all leave with 0, and printed nothing of it", async () => {
    for (const { stdout } of await endAll([plain, ben, anna])) assertEquals(stdout, []);
  });
});

Deno.test("when a cut heals, a name has one owner, and the other is told who that is", async () => {
  await using network = new Nodes();
  const addresses = [deadAddress(), deadAddress()], [one, two] = addresses;
  await using left = new Proxy(one);
  await using right = new Proxy(two);
  const start = (name: string, listen: string, proxy: Proxy, join: readonly string[]) => {
    const places = ["--listen", listen, "--advertise", proxy.address, ...join];
    return network.start([...FOLLOWS, "--name", name, ...places]);
  };
  const anna = start("anna", one, left, []);
  await anna.address();
  const ben = start("ben", two, right, ["--join", left.address]);
  await ben.address();
  // Guests go past the relays.
  assertDone(await claim(one, "before", "x"));
  await says(two, ["name", "before"], ["x"]);
  for (const proxy of [left, right]) proxy.hold();
  // Nobody mines for a claim that is 6 deep, so both wait until there is more to mine for.
  const claims = [one, two].map(async (at, side) => {
    return { side, ...await claim(at, "rome", `side${side}`, "--confirm", "7") };
  });
  await Promise.all([one, two].map((at, side) => says(at, ["name", "rome"], [`side${side}`])));
  for (const proxy of [left, right]) proxy.release();
  const { side: loser, ...end } = await Promise.race(claims), winner = 1 - loser;
  const nodes = [anna, ben], names = ["anna", "ben"];
  const owner = `${await idOf(addresses[winner])} (${names[winner]})`;
  const why = `the name rome has been claimed for side${winner} by ${owner}`;
  assertFails(end, 1, `rumor: refused: ${why}`);
  assertDone(await claim(addresses[loser], "after", "x"));
  assertDone(await claims[winner]);
  for (const at of addresses) await says(at, ["name", "rome"], [`side${winner}`]);
  const loss = `the claim of the name rome does not count: ${why}`;
  assertMatch(
    await nodes[loser].waitForStderr((line) => line.includes("does not count")),
    new RegExp(`^(rumor: )?${RegExp.escape(loss)}$`),
  );
  assert(!nodes[winner].stderr.some((line) => line.includes("does not count")));
  for (const node of nodes) await node.closeStdin();
  for (const node of nodes) assertEquals((await node.result({ timeout_ms: LEAVE_MS })).code, 0);
});
