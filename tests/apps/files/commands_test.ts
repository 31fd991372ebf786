import { assertEquals } from "@std/assert";
import fc from "fast-check";
import { join } from "node:path";
import { placeOf } from "../../../src/apps/files/commands/place.ts";
import {
  bytesText,
  durationText,
  progressText,
} from "../../../src/apps/files/commands/progress.ts";
import {
  askTransfer,
  readCounts,
  readTransfer,
  type TransferRow,
} from "../../../src/apps/files/commands/transfer_row.ts";

const ROW: TransferRow = {
  how: "",
  why: "",
  link: "LINK",
  name: "a.txt",
  path: "/here/a.txt",
  bytes_here: 1_500_000,
  bytes: 6_000_000,
  files_here: 0,
  files: 1,
  bytes_per_s: 1_000_000,
  holders: 2,
};
const TEXTS = ["", "", "LINK", "a.txt", "/here/a.txt"];
const NUMBERS = ["1500000", "6000000", "0", "1", "1000000", "2"];

Deno.test("`bytesText()` has three digits and the unit that fits", () => {
  const texts = [
    [0, "0 B"],
    [999, "999 B"],
    [1_000, "1.00 kB"],
    [9_994, "9.99 kB"],
    [9_995, "10.0 kB"],
    [99_949, "99.9 kB"],
    [99_950, "100 kB"],
    [999_499, "999 kB"],
    [999_500, "1.00 MB"],
    [123_456_789, "123 MB"],
    [1.5e9, "1.50 GB"],
    [2e12, "2.00 TB"],
    [Number.MAX_SAFE_INTEGER, "9007 TB"],
  ] as const;
  for (const [bytes, text] of texts) assertEquals(bytesText(bytes), text);
  fc.assert(fc.property(fc.nat({ max: 999_000_000_000_000 }), (bytes) => {
    const [value, unit] = bytesText(bytes).split(" ");
    const of_unit = 1_000 ** ["B", "kB", "MB", "GB", "TB"].indexOf(unit);
    return value.replace(".", "").length <= 3 &&
        Math.abs(Number(value) * of_unit / bytes - 1) < 0.006 ||
      bytes === 0;
  }));
});

Deno.test("`durationText()` says minutes and seconds, and hours where there are some", () => {
  const texts = [
    [-3, "0:00"],
    [0, "0:00"],
    [0.1, "0:01"],
    [59, "0:59"],
    [59.5, "1:00"],
    [61, "1:01"],
    [3_599, "59:59"],
    [3_600, "1:00:00"],
    [90_061, "25:01:01"],
  ] as const;
  for (const [seconds, text] of texts) assertEquals(durationText(seconds), text);
});

Deno.test("`progressText()` says what is known, and nothing else", () => {
  const text = (row: Partial<TransferRow>) => progressText("getting", { ...ROW, ...row });
  assertEquals(
    text({}),
    "getting a.txt [#####               ] 25%, 1.50 MB of 6.00 MB, 1.00 MB/s, 2 holders, 0:05 left",
  );
  assertEquals(
    text({ files: 3, files_here: 1, bytes_per_s: 0, holders: 1 }),
    "getting a.txt [#####               ] 25%, 1.50 MB of 6.00 MB, 1 of 3 files, 1 holder",
  );
  assertEquals(text({ bytes: 0, name: "" }), "getting LINK");
  assertEquals(text({ bytes: 0, name: "", link: "" }), "getting ...");
  const rest = { bytes_per_s: 0, holders: 0 };
  assertEquals(
    text({ ...rest, bytes_here: 5_999_999 }),
    `getting a.txt [${"#".repeat(19)} ] 99%, 6.00 MB of 6.00 MB`,
  );
  assertEquals(
    text({ ...rest, bytes_here: 7_000_000 }),
    `getting a.txt [${"#".repeat(20)}] 100%, 7.00 MB of 6.00 MB`,
  );
});

Deno.test("`readTransfer()` takes a row with eleven fields, and none that makes no sense", async () => {
  assertEquals(readTransfer([...TEXTS, ...NUMBERS]), ROW);
  assertEquals(readTransfer([...TEXTS, ...NUMBERS, "of a later version"]), ROW);
  assertEquals(readTransfer([...TEXTS, ...NUMBERS.slice(1)]), null);
  for (const [at] of NUMBERS.entries()) {
    for (const bad of ["", " ", "-1", "1.5", "1e3", "0x1", "NaN", "Infinity", "9".repeat(17)]) {
      assertEquals(readTransfer([...TEXTS, ...NUMBERS.with(at, bad)]), null, `${at} ${bad}`);
    }
  }
  assertEquals(readCounts(["0", "007", "12"]), [0, 7, 12]);
  for (
    const [rows, row] of [[[], null], [[["done"]], null], [[[...TEXTS, ...NUMBERS]], ROW]] as const
  ) {
    assertEquals(await askTransfer(() => Promise.resolve(rows), "key"), row);
  }
});

Deno.test("`placeOf()` takes a directory for one, and else the last name for a new one", async () => {
  const root = await Deno.makeTempDir();
  try {
    await Deno.writeTextFile(join(root, "file"), "");
    assertEquals(placeOf(undefined), { directory: Deno.cwd(), name: null });
    assertEquals(placeOf("."), { directory: Deno.cwd(), name: null });
    assertEquals(placeOf("new"), { directory: Deno.cwd(), name: "new" });
    assertEquals(placeOf("a/../b/new"), { directory: join(Deno.cwd(), "b"), name: "new" });
    assertEquals(placeOf(root), { directory: root, name: null });
    assertEquals(placeOf(`${root}/`), { directory: root, name: null });
    assertEquals(placeOf(`${root}/file`), { directory: root, name: "file" });
    assertEquals(placeOf(`${root}/none/`), { directory: join(root, "none"), name: null });
    assertEquals(placeOf(`${root}/file/new`), { directory: join(root, "file"), name: "new" });
  } finally {
    await Deno.remove(root, { recursive: true });
  }
});
