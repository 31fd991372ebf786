import { assert, assertEquals } from "@std/assert";
import { parseLcov, percent, ranges, startsProcesses, table } from "../../../tools/coverage.ts";

const REPORT = `SF:/p/src/core/b.ts
FN:1,f
FNDA:3,f
DA:1,3
DA:2,0
DA:3,0
DA:5,0
LH:1
LF:4
end_of_record
SF:/p/src/core/a.ts
DA:1,1
end_of_record
SF:/p/src/core/b.ts
DA:2,7
end_of_record
`;

const FILES = [
  { path: "/p/src/core/a.ts", lines: 1, missed: [] },
  { path: "/p/src/core/b.ts", lines: 4, missed: [3, 5] },
];

Deno.test("parseLcov() merges the records of one file", () => {
  assertEquals(parseLcov(REPORT), FILES);
  assertEquals(parseLcov(REPORT.replaceAll("\n", "\r\n")), FILES);
  assertEquals(parseLcov(""), []);
});

Deno.test("percent() weighs files by their lines", () => {
  assertEquals(percent(FILES), 60);
  assertEquals(percent([]), 100);
});

Deno.test("ranges() joins neighbours", () => {
  assertEquals(ranges([1, 2, 3, 5, 8, 9]), "1-3, 5, 8-9");
  assertEquals(ranges([]), "");
});

Deno.test("table() ends with the total, never rounded up", () => {
  const files = [{ path: "src/core/a.ts", lines: 10_000, missed: [7] }];
  assertEquals(table(files), [
    "src/core/a.ts     99.9 %  missed: 7",
    "src/core/ total   99.9 %",
  ]);
});

Deno.test("`startsProcesses()` tells by their names which tests of apps start processes", () => {
  const folder = new URL("../../apps/", import.meta.url);
  const found = [...Deno.readDirSync(folder)].flatMap(({ name: app }) =>
    [...Deno.readDirSync(new URL(app, folder))].map(({ name }) => `${app}/${name}`)
  ).filter((path) => path.endsWith("_test.ts"));
  assert(found.some(startsProcesses));
  for (const path of found) {
    const source = Deno.readTextFileSync(new URL(path, folder));
    const starts = /\/helpers\/(process|network)\.ts"/.test(source);
    assertEquals(startsProcesses(path), starts, path);
  }
});
