import { assertEquals } from "@std/assert";
import { FETCHES_MAX } from "../../../src/apps/files/limits.ts";
import { assertIdle, stageOf } from "./app_stage.ts";
import { linkOf } from "./searching.ts";

const LINK = linkOf("report", 100);

Deno.test("`get` of a directory brings each of its files, equal ones and empty ones, too", () => {
  const { stage, nodes: [ann, ben] } = stageOf("ann", "ben");
  const files = Array.from({ length: 3 * FETCHES_MAX }, (_, at) => {
    const link = at % 3 === 0
      ? linkOf("same", 3)
      : at % 3 === 1
      ? linkOf("", 0)
      : linkOf(`${at}`, 2);
    return { path: `d/${at}`, link, is_executable: at === 5 };
  });
  const all = [{ path: "void/", link: "", is_executable: false }, ...files];
  stage.manifests.set(LINK, all);
  ann.share(ann.hands.put("photos", LINK, files));
  stage.run();
  for (const dials of ["direct", "refused"] as const) {
    stage.dials = () => dials;
    ben.get(LINK, { directory: `/${dials}`, key: dials });
    stage.pass(10_000);
    for (const { path, link } of files) {
      assertEquals(ben.hands.written.get(`/${dials}/photos/${path}`), link);
    }
    const [row] = ben.ask("transfer", dials);
    assertEquals(row.slice(0, 5), ["done", "", LINK, "photos", `/${dials}/photos`]);
    assertEquals(row.slice(7, 9), [`${files.length}`, `${files.length}`]);
    assertIdle(ben);
    ben.hands.served.clear();
  }
  assertEquals(ben.done("begin").filter(({ target }) => target.is_executable).length, 2);
});

Deno.test("a directory is served as one when all of it is here, and found before", () => {
  const { stage, nodes: [ann, ben, cyd] } = stageOf("ann", "ben", "cyd");
  const files = [{ path: "a", link: linkOf("a"), is_executable: false }];
  stage.manifests.set(LINK, files);
  ann.share(ann.hands.put("photos", LINK, files));
  stage.run();
  ben.hands.holds.add("begin");
  ben.get(LINK);
  stage.run();
  ben.hands.held.shift()!();
  stage.run();
  assertEquals([...ben.kept.keys()], [], "its files are missing");
  cyd.want({ k: "search", key: "k", words: ["photos"], budget: 8 });
  stage.run();
  assertEquals(
    cyd.ask("found", "k", "0").slice(1).map((row) => row[3]).sort(),
    [ann.id, ben.id].sort(),
  );
  ben.hands.release();
  stage.run();
  assertEquals([...ben.kept.keys()], [LINK]);
  assertEquals(ben.ask("files")[0].slice(0, 3), ["shared", LINK, "photos"]);
});

Deno.test("what a holder only calls a directory is fetched as a file", () => {
  const { stage, nodes: [ann, ben] } = stageOf("ann", "ben");
  for (const link of [LINK, linkOf("too long for a list", 5_000)]) {
    ann.hands.put("it", link);
    ann.hands.disk.set(link, { ...ann.hands.disk.get("/shared/it")!, is_directory: true });
    ann.share(link);
    stage.run();
    if (link !== LINK) ben.hands.holds.add("ask");
    ben.get(link, { name: link });
    stage.pass(1_000);
  }
  assertEquals([...ben.hands.written], [[`/here/${LINK}`, LINK]]);
  const targets = ben.done("begin").map(({ target }) => target.name.endsWith("/"));
  assertEquals(targets, [true, false]);
});
