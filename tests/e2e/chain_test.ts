/** Private messages through a chain of real nodes, of which each links to those beside it only. */

import { assert, assertEquals, assertGreater } from "@std/assert";
import { Chain, FAIR } from "../helpers/chain.ts";
import { Letters, NO_FAULTS } from "../helpers/letters.ts";
import { LONG_ONLY } from "../helpers/long.ts";
import { allPrint, endAll, WINDOWS } from "../helpers/network.ts";
import { assertDelivered, known, pm } from "../helpers/private.ts";
import { runRumor } from "../helpers/process.ts";
import { disguisesOf, filesWith } from "../helpers/wiretap.ts";

const NAMES = ["anna", "ben", "carl", "dora", "eve"];
const CARL = 2;
/** Neither base64 of it is found where another text is. */
const CANARY = "the canary sings >at noon?< in the old oak";
const PUBLIC = "for everybody to read";
const BAD = { drop: 0.2, duplicate: 0.1, reorder: 0.2 };

/** Messages each way: most of one input, and some one by one, with whatever happens meanwhile. */
const TOTAL = 200, SINGLES = 4, BEFORE = 60, BATCH = 10;

/** Both ways between the ends. */
function bothWays({ nodes }: Chain, label: string): [Letters, Letters] {
  const [anna, eve] = [nodes[0], nodes[nodes.length - 1]];
  return [
    new Letters(anna, eve, "eve", `${label} a`),
    new Letters(eve, anna, "anna", `${label} e`),
  ];
}

/** The node in the middle dies while messages go both ways, and another takes its place. */
async function talkWhileOneDies(chain: Chain): Promise<void> {
  const ways = bothWays(chain, "written"), singles = bothWays(chain, "posted");
  await Promise.all([
    writeWhileOneDies(chain, ways),
    ...singles.map((way) => way.post(SINGLES)),
  ]);
  for (const way of [...ways, ...singles]) assertEquals(way.faults(), NO_FAULTS);
  assertEquals(ways.map((way) => way.sent + SINGLES), [TOTAL, TOTAL]);
}

async function writeWhileOneDies(chain: Chain, ways: readonly Letters[]): Promise<void> {
  const both = (act: (way: Letters) => Promise<void>) => Promise.all(ways.map(act));
  for (let here = 0; here < BEFORE; here += BATCH) {
    await both((way) => way.write(BATCH));
    await both((way) => way.arrive(here + BATCH));
  }
  // These are under way when it dies, or come after that.
  await both((way) => way.write(BATCH));
  await chain.kill(CARL);
  await both((way) => way.write(BATCH));
  const began_ms = performance.now();
  await chain.replace(CARL, "carla");
  await both((way) => way.write(TOTAL - SINGLES - way.sent));
  await both((way) => way.arrive());
  const took_ms = Math.max(...ways.map((way) => way.newest_ms)) - began_ms;
  await both((way) => way.end());
  const said = `    all there ${Math.round(took_ms)} ms after the other node was started\n`;
  Deno.stderr.writeSync(new TextEncoder().encode(said));
}

/** Says the canary, and looks for it everywhere between, and on the disks. */
async function assertSecret({ nodes, taps, folder }: Chain): Promise<void> {
  assertDelivered(await pm(nodes[0], ["eve", CANARY]));
  await nodes[4].waitForStdout(`[pm from anna] ${CANARY}`);
  for (const tap of taps) {
    assert(tap.heard(['"k":"route"']));
    assert(!tap.heard(disguisesOf(CANARY)));
  }
  // There, nobody else may read the files of a node that runs.
  if (!WINDOWS) assertEquals(filesWith(folder, disguisesOf(CANARY)), []);
}

Deno.test("private messages through a chain of five", LONG_ONLY, async (t) => {
  const own = { anna: ["--json"] };
  await using chain = await Chain.start(NAMES, { own });
  const { nodes, taps, folder } = chain;
  await t.step("are read by nobody between, and stored by nobody", async () => {
    await assertSecret(chain);
    // What everybody may read is found: nobody looked in the wrong place.
    await nodes[1].send(PUBLIC);
    await allPrint(nodes.slice(1), PUBLIC);
    await nodes[0].waitForStdout((line) => line.includes(PUBLIC));
    for (const tap of taps) assert(tap.heard([PUBLIC]));
  });
  await t.step("take the way that `rumor routes` shows", async () => {
    const others = NAMES.slice(1);
    const [[ben]] = await Promise.all(others.map((name) => known(nodes[0], name)));
    const ask = ["routes", "--json", "--join", await nodes[0].address()];
    const { code, stdout } = await runRumor(ask);
    const rows = stdout.map((line) => JSON.parse(line));
    assertEquals(code, 0);
    assertEquals(
      rows.map(({ name, next, direct }) => [name, next, direct]).sort(),
      others.map((name) => [name, ben, name === "ben"]),
    );
  });
  await t.step("stay in order, a thousand each way at once", async () => {
    const ways = bothWays(chain, `thousand ${"x".repeat(200)}`);
    await Promise.all(ways.map(async (way) => {
      await way.write(1_000);
      await way.end();
      await way.arrive();
    }));
    for (const way of ways) assertEquals(way.faults(), NO_FAULTS);
  });
  await t.step("all arrive, once and in order, when one between dies and is replaced", async () => {
    await talkWhileOneDies(chain);
  });
  await t.step("are not stored when the nodes leave, either", async () => {
    await endAll(nodes);
    assertEquals(filesWith(folder, disguisesOf(CANARY)), []);
    assert(taps.every((tap) => !tap.heard(disguisesOf(CANARY))));
    const holders = filesWith(folder, [PUBLIC]).map((path) => path.split("/").at(-2)!);
    assert(NAMES.every((name) => holders.includes(name)));
  });
});

Deno.test(
  "private messages through a chain over datagrams, of which many get lost",
  LONG_ONLY,
  async (t) => {
    const links = [FAIR, BAD, FAIR, FAIR];
    await using chain = await Chain.start(NAMES, { links, args: ["--fast"] });
    await t.step("are read by nobody between, and stored by nobody", async () => {
      await assertSecret(chain);
    });
    await t.step(
      "all arrive, once and in order, when one between dies and is replaced",
      async () => {
        await talkWhileOneDies(chain);
      },
    );
    assertGreater(chain.dropped, 0);
  },
);

Deno.test(
  "private messages through a chain of streams and datagrams stay in order",
  LONG_ONLY,
  async () => {
    await using chain = await Chain.start(NAMES, { links: ["tcp", FAIR, "tcp", BAD] });
    const ways = bothWays(chain, "mixed");
    await Promise.all(ways.map(async (way) => {
      await way.write(1_000);
      await way.end();
      await way.arrive();
    }));
    for (const way of ways) assertEquals(way.faults(), NO_FAULTS);
  },
);
