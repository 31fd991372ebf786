/** Whatever comes on stdin arrives byte for byte or is refused by the number of its line. */

import { assert, assertEquals, assertGreater, assertLess, assertMatch } from "@std/assert";
import { createHash } from "node:crypto";
import { LINUX } from "../helpers/arena.ts";
import { LONG } from "../helpers/long.ts";
import { allPrint, LOCAL, Nodes } from "../helpers/network.ts";
import { Process, rumorCommand, runRumor } from "../helpers/process.ts";
import { concatBytes } from "../helpers/raw_peer.ts";
import { bytesOf, runBytes } from "../helpers/run_bytes.ts";
import { withDeadline } from "../../tools/lines.ts";

const LINE_MAX = 131_072;
const DEADLINE_MS = 30_000;
/** A program that takes nothing for so long has had enough. */
const STALL_MS = 1_000;
/** What a node may need in all, whatever it is fed with. */
const MEMORY_MB = 400;
const FEED_BYTES = LONG ? 200_000_000 : 40_000_000;

/** The ways in; each hands the input to a node that somebody watches. */
const WAYS: Readonly<Record<string, readonly string[]>> = {
  chat: ["chat", ...LOCAL],
  pub: ["pub"],
};

/** A node, and the bytes that it printed. */
class Watcher implements AsyncDisposable {
  readonly #network = new Nodes();
  readonly #node: Process = this.#network.start();
  #taken = 0;
  #bytes: Uint8Array = new Uint8Array();
  #changed = Promise.withResolvers<void>();

  constructor() {
    this.#node.onStdout = (bytes) => {
      this.#bytes = concatBytes(this.#bytes, bytes);
      this.#changed.resolve();
      this.#changed = Promise.withResolvers();
    };
  }

  async join(): Promise<string[]> {
    return ["--join", await this.#node.address()];
  }

  /** The bytes that came since the last call, once there are so many of them. */
  async next(count: number): Promise<Uint8Array> {
    const wait = async () => {
      while (this.#bytes.length - this.#taken < count) await this.#changed.promise;
    };
    const explain = () => `${this.#bytes.length - this.#taken} of ${count} bytes were printed`;
    await withDeadline(wait(), DEADLINE_MS, explain);
    const next = this.#bytes.slice(this.#taken);
    this.#taken += next.length;
    return next;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#network[Symbol.asyncDispose]();
  }
}

/** One input: what is printed of it, and the numbers of the lines that are not. */
interface Case {
  readonly input: Uint8Array | string;
  /** Default: the input, and a newline where it has none. */
  readonly printed?: Uint8Array | string;
  readonly refused?: readonly (readonly [number: number, why: RegExp])[];
  readonly args?: readonly string[];
}

const UTF8 = /UTF-8/;
const TOO_LONG = /131073 bytes.*131072/;
const REST = "the rest\n";
/** All bytes but the newline, in two orders, so that no pair of them makes sense for long. */
const ANY_BYTES = concatBytes(
  Uint8Array.from({ length: 255 }, (_, at) => at < 10 ? at : at + 1),
  Uint8Array.from({ length: 255 }, (_, at) => 255 - at < 11 ? 9 - (254 - at) % 10 : 255 - at)
    .filter((byte) => byte !== 10),
);

const CASES: Readonly<Record<string, Case>> = {
  "no final newline": { input: "first\nlast", printed: "first\nlast\n" },
  "one character": { input: "x", printed: "x\n" },
  "nothing at all": { input: "", printed: "" },
  "an empty line": { input: "\n" },
  "empty lines": { input: "\n\nx\n\n" },
  "spaces and tabs": { input: "  \n\tx\t\n x \n" },
  "CRLF": { input: "dos\r\n\r\nlast\r" },
  "NUL": { input: "a\0b\n\0\n\0\0" },
  "a BOM": { input: "\ufeffx\n\ufeff\n\ufeffx" },
  "separators that are no newlines": { input: "a\u2028b\u2029c\u0085d\u000be\u000cf\n" },
  "text that looks like code": { input: '%c%s %d\n{"k":"bye"}\n[]\n"\\u0000"\n\\n\n__proto__\n' },
  "what is no character": { input: "\ufffe\uffff\u{10ffff}\u{fdd0}\ufffd\n" },
  "invalid UTF-8": {
    input: latin1(`ok 1\n\xff\nok 3\nx\xc0\xafx\n\xed\xa0\x80\n\xf5\x80\x80\x80\nok 7\n\xe2\x82\n`),
    printed: "ok 1\nok 3\nok 7\n",
    refused: [[2, UTF8], [4, UTF8], [5, UTF8], [6, UTF8], [8, UTF8]],
  },
  "invalid UTF-8 at the end of all": {
    input: latin1("ok\ncut \xe2\x82"),
    printed: "ok\n",
    refused: [[2, UTF8]],
  },
  "a character that is cut by a read": {
    input: `${"x".repeat(65_535)}\u00e4\n${"y".repeat(65_530)}\u{1f600}\u{1f600}\u{1f600}\n${REST}`,
  },
  "a program": {
    input: concatBytes(bytesOf("ok\n\x7fELF\x02\x01\x01\0\0\n"), ANY_BYTES, bytesOf(`\n${REST}`)),
    printed: `ok\n\x7fELF\x02\x01\x01\0\0\n${REST}`,
    refused: [[3, UTF8]],
  },
  "any bytes as base64": {
    input: concatBytes(ANY_BYTES, bytesOf("\n\n"), ANY_BYTES.toReversed(), bytesOf("\n\r\n\0")),
    args: ["--encoding", "base64"],
  },
  "text as base64": { input: "text\n\u{1f600}\n\n\ufeff\n", args: ["--encoding", "base64"] },
  "64 KiB of noise as base64": {
    input: Uint8Array.from({ length: 65_536 }, (_, at) => (at * at * 31 + at * 7) >> 3 & 0xff),
    args: ["--encoding", "base64"],
  },
  "131,072 bytes": { input: `${"x".repeat(LINE_MAX)}\n${REST}` },
  "131,072 bytes at the end of all": { input: `${REST}${"x".repeat(LINE_MAX)}` },
  "131,072 bytes of two-byte characters": { input: `${"\u00e4".repeat(LINE_MAX / 2)}\n${REST}` },
  "131,072 bytes of four-byte characters": { input: `${"\u{1f600}".repeat(LINE_MAX / 4)}\n` },
  "131,072 control characters": { input: `${"\x01".repeat(LINE_MAX)}\n${REST}` },
  "131,072 NULs": { input: `${"\0".repeat(LINE_MAX)}\n${REST}` },
  "131,072 quotes": { input: `${'"'.repeat(LINE_MAX)}\n${REST}` },
  "131,072 backslashes": { input: `${"\\".repeat(LINE_MAX)}\n${REST}` },
  "131,072 bytes as base64": {
    input: concatBytes(new Uint8Array(LINE_MAX).fill(0xff), bytesOf(`\n${REST}`)),
    args: ["--encoding", "base64"],
  },
  "131,073 bytes": {
    input: `${"x".repeat(LINE_MAX + 1)}\n${REST}`,
    printed: REST,
    refused: [[1, TOO_LONG]],
  },
  "131,073 bytes at the end of all": {
    input: `${REST}${"x".repeat(LINE_MAX + 1)}`,
    printed: REST,
    refused: [[2, TOO_LONG]],
  },
  "131,073 bytes, though fewer characters": {
    input: `${"\u00e4".repeat(LINE_MAX / 2)}x\n${REST}`,
    printed: REST,
    refused: [[1, TOO_LONG]],
  },
  "131,073 control characters": {
    input: `${REST}${"\x01".repeat(LINE_MAX + 1)}\n${REST}`,
    printed: REST + REST,
    refused: [[2, TOO_LONG]],
  },
  "131,073 bytes as base64": {
    input: concatBytes(new Uint8Array(LINE_MAX + 1).fill(0xff), bytesOf(`\n${REST}`)),
    printed: REST,
    refused: [[1, TOO_LONG]],
    args: ["--encoding", "base64"],
  },
  "CRLF counts as a byte": {
    input: `${"x".repeat(LINE_MAX)}\r\n${REST}`,
    printed: REST,
    refused: [[1, TOO_LONG]],
  },
  "8 MB without a newline": {
    input: `${REST}${"x".repeat(8_000_000)}\n${REST}`,
    printed: REST + REST,
    refused: [[2, /8000000 bytes.*131072/]],
  },
  "good and bad lines by turns": {
    input: `${`${"x".repeat(LINE_MAX + 1)}\nok\n`.repeat(10)}`,
    printed: "ok\n".repeat(10),
    refused: Array.from({ length: 10 }, (_, at) => [at * 2 + 1, TOO_LONG] as const),
  },
};

/** The bytes of a text of which each character is one. */
function latin1(text: string): Uint8Array {
  return Uint8Array.from(text, (character) => character.charCodeAt(0));
}

function withNewline(input: Uint8Array | string): Uint8Array {
  const bytes = bytesOf(input);
  return bytes.at(-1) === 10 ? bytes : concatBytes(bytes, new Uint8Array([10]));
}

/** Long texts are not shown in full. */
function assertSame(actual: Uint8Array, expected: Uint8Array, what: string): void {
  const length = Math.max(actual.length, expected.length);
  let at = 0;
  while (at < length && actual[at] === expected[at]) at++;
  const near = (bytes: Uint8Array) =>
    JSON.stringify(new TextDecoder().decode(bytes.slice(Math.max(0, at - 40), at + 40)));
  assert(at === length, `${what}: byte ${at} differs: ${near(actual)} is not ${near(expected)}`);
}

for (const [way, command] of Object.entries(WAYS)) {
  // Both ways end in one reader.
  const options = { ignore: way !== "pub" && !LONG };
  Deno.test(
    `lines on the stdin of \`rumor ${way}\` arrive as they are, or not at all`,
    options,
    async (t) => {
      // A node that joins prints what was said before, so it needs a network of its own; a guest does not.
      await using shared = way === "pub" ? new Watcher() : null;
      for (const [name, { input, printed, refused = [], args = [] }] of Object.entries(CASES)) {
        await t.step(name, async () => {
          await using own = shared === null ? new Watcher() : null;
          const watcher = shared ?? own!;
          const join = await watcher.join();
          const expected = printed === undefined ? withNewline(input) : bytesOf(printed);
          const { code, stdout, stderr } = await runBytes([...command, ...args, ...join], input);
          assertSame(await watcher.next(expected.length), expected, "on the other node");
          assertSame(stdout, way === "chat" ? expected : new Uint8Array(), "on stdout");
          const complaints = stderr.filter((line) => !line.startsWith("listening on "));
          assertEquals(complaints.length, refused.length, complaints.join("\n"));
          for (const [index, [number, why]] of refused.entries()) {
            assert(complaints[index].startsWith(`rumor: line ${number}: `), complaints[index]);
            assertMatch(complaints[index], why);
          }
          assertEquals(code, refused.length > 0 ? 1 : 0);
        });
      }
    },
  );
}

Deno.test("words of `rumor pub` arrive as they are, or not at all", async (t) => {
  await using watcher = new Watcher();
  const join = await watcher.join();
  const words: Readonly<Record<string, readonly string[]>> = {
    "an empty word": [""],
    "escapes": ["\x1b[31m\x07", "\u202e%c%s"],
    "a CR": ["a\rb"],
    "a word that looks like a flag": ["--", "--json", "-x", "--"],
    "131,072 bytes": ["x".repeat(65_536), "y".repeat(65_535)],
    "131,072 bytes of control characters": ["\x01".repeat(65_536), "\x01".repeat(65_535)],
  };
  for (const [name, args] of Object.entries(words)) {
    await t.step(name, async () => {
      const { code, stderr } = await runRumor(["pub", ...join, ...args]);
      assertEquals({ code, stderr }, { code: 0, stderr: [] });
      const line = (args[0] === "--" ? args.slice(1) : args).join(" ");
      const expected = bytesOf(`${line}\n`);
      assertSame(await watcher.next(expected.length), expected, "on the other node");
    });
  }
  const bad: Readonly<Record<string, readonly [args: readonly string[], why: RegExp]>> = {
    "a newline": [["a\nb"], /newline/],
    "131,073 bytes": [["x".repeat(65_536), "y".repeat(65_536)], TOO_LONG],
  };
  for (const [name, [args, why]] of Object.entries(bad)) {
    await t.step(`${name} is refused`, async () => {
      const { code, stdout, stderr } = await runRumor(["pub", ...join, ...args]);
      assertEquals({ code, stdout, lines: stderr.length }, { code: 2, stdout: [], lines: 1 });
      assertMatch(stderr[0], why);
    });
  }
  await t.step("nothing of it was published", async () => {
    await runRumor(["pub", ...join, "the end"]);
    assertSame(await watcher.next(8), bytesOf("the end\n"), "on the other node");
  });
});

Deno.test("bad lines of `rumor ledger` have their numbers, too", async () => {
  const input = concatBytes(
    bytesOf("a b 1 t1\n"),
    latin1("a \xff 1 t2\n"),
    bytesOf(`a b 1 ${"x".repeat(LINE_MAX)}\na b 1 t4\r\n\n\0\n`),
    latin1("\xff\0\n"),
    bytesOf("c d 2 t8"),
  );
  const { code, stdout, stderr } = await runBytes(["ledger", ...LOCAL], input);
  assertEquals(new TextDecoder().decode(stdout), "t1 a b 1\nt4 a b 1\nt8 c d 2\n");
  const numbers = stderr.filter((line) => !line.startsWith("listening on "))
    .map((line) => Number(/^rumor: line (\d+): /.exec(line)?.[1]));
  assertEquals(numbers.sort(), [2, 3, 5, 6, 7]);
  assertEquals(code, 1);
});

/** A process whose output goes to a program of the shell; its number is that of `rumor` itself. */
function startInto(sink: string, args: readonly string[], env = {}): Process {
  const command = ["bash", "-c", `exec "$@" > >(${sink})`, "bash", ...rumorCommand(), ...args];
  return new Process(command, { name: `rumor ${args.join(" ")}`, env });
}

/** Lines of all lengths up to some kilobytes, cut into pieces that are written one by one. */
function* feed(bytes: number): Generator<string> {
  for (let sent = 0, number = 0; sent < bytes;) {
    const lines: string[] = [];
    for (let size = 0; size < 1_000_000;) {
      const line = `${number} ${"x".repeat(number * 37 % 4_000)}`;
      number++;
      size += line.length + 1;
      lines.push(line);
    }
    const piece = `${lines.join("\n")}\n`;
    sent += piece.length;
    yield piece;
  }
}

function peakMb(process: Process): number {
  const status = Deno.readTextFileSync(`/proc/${process.pid}/status`);
  return Number(/^VmHWM:\s+(\d+) kB/m.exec(status)?.[1]) / 1024;
}

function show(text: string): void {
  Deno.stderr.writeSync(new TextEncoder().encode(`    ${text}\n`));
}

/** Says on stderr when a mark comes by, and at the end a hash of everything. */
const HASH = 'tee >(grep -a --line-buffered -x "mark [0-9]" >&2) | sha256sum >&2';
const isHash = (line: string) => /^[0-9a-f]{64} /.test(line);

Deno.test(
  `${FEED_BYTES / 1e6} MB on stdin pass through without filling the memory`,
  { ignore: !LINUX },
  async (t) => {
    const hash = createHash("sha256");
    await using first = startInto(HASH, ["--keep-open", ...LOCAL]);
    const join = ["--join", await first.address()];
    await using second = startInto(HASH, ["--keep-open", ...LOCAL, ...join]);
    await using third = startInto(HASH, ["--keep-open", ...LOCAL, ...join]);
    const nodes = { "the node that is fed": first, "the second": second, "the third": third };
    const all = Object.values(nodes);
    await Promise.all(all.map((node) => node.address()));
    const pour = async (into: Process, bytes: number, mark: string) => {
      for (const piece of [...feed(bytes), `${mark}\n`]) {
        hash.update(piece);
        await into.write(piece);
      }
      // What `rumor pub` sends must not overtake what is still on its way in.
      await Promise.all(all.map((node) => node.waitForStderr(mark)));
    };

    await t.step("to a node", () => pour(first, FEED_BYTES, "mark 1"));
    await t.step("to `rumor pub`", async () => {
      await using pub = startInto("cat >&2", ["pub", ...join]);
      await pour(pub, FEED_BYTES / 4, "mark 2");
      const peak = peakMb(pub);
      await pub.closeStdin();
      assertEquals((await pub.result()).code, 0, pub.report());
      show(`rumor pub needed ${peak.toFixed(0)} MB at most`);
      assertLess(peak, MEMORY_MB);
    });
    await t.step("all nodes keep their memory", () => {
      const peaks = Object.entries(nodes).map(([name, node]) => [name, peakMb(node)] as const);
      for (const [name, peak] of peaks) show(`${name} needed ${peak.toFixed(0)} MB at most`);
      for (const [name, peak] of peaks) assertLess(peak, MEMORY_MB, name);
    });
    await t.step("all nodes print it byte for byte", async () => {
      const expected = hash.digest("hex");
      for (const node of all.toReversed()) {
        node.signal("SIGINT");
        const { code, stderr } = await node.result();
        assertEquals({ code, hash: stderr.find(isHash) }, { code: 130, hash: `${expected}  -` });
      }
    });
  },
);

Deno.test("a node whose output nobody takes takes no more input", { ignore: !LINUX }, async () => {
  const directory = await Deno.makeTempDir();
  try {
    const gate = `${directory}/gate`;
    assertEquals(new Deno.Command("mkfifo", { args: [gate] }).outputSync().code, 0);
    const hash = createHash("sha256");
    await using node = startInto(`read -r _ < "$GATE"; ${HASH}`, LOCAL, { GATE: gate });
    await node.address();
    let taken = 0, stalled = 0, opened = false;
    for (const piece of feed(FEED_BYTES)) {
      hash.update(piece);
      const writing = node.write(piece);
      let timer: ReturnType<typeof setTimeout> | undefined;
      const late = new Promise<boolean>((resolve) => {
        timer = setTimeout(() => resolve(true), STALL_MS);
      });
      if (!opened && await Promise.race([writing.then(() => false), late])) {
        stalled = taken;
        opened = true;
        await Deno.writeTextFile(gate, "go\n");
      }
      clearTimeout(timer);
      await writing;
      taken += piece.length;
    }
    assert(opened, `all ${taken} bytes were taken, although nobody reads`);
    assertGreater(taken, stalled);
    const peak = peakMb(node);
    show(`it took ${(stalled / 1e6).toFixed(0)} MB of input, and needed ${peak.toFixed(0)} MB`);
    assertLess(stalled, 32_000_000);
    assertLess(peak, MEMORY_MB);
    await node.closeStdin();
    const found = await node.waitForStderr(isHash);
    assertEquals(found.split(" ")[0], hash.digest("hex"));
    assertEquals((await node.result()).code, 0);
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
});

Deno.test("stdin that is a directory, or closed, is an error or an end, and no crash", {
  ignore: !LINUX,
}, async (t) => {
  const shell = (redirect: string, args: readonly string[]) =>
    new Process(["sh", "-c", `exec "$@" ${redirect}`, "sh", ...rumorCommand(), ...args]);
  await using network = new Nodes();
  const node = network.start();
  const join = ["--join", await node.address()];
  for (const args of [[...LOCAL], ["ledger", ...LOCAL], ["pub", ...join]]) {
    await t.step(`a directory for rumor ${args[0]}`, async () => {
      await using process = shell("< /", args);
      const { code, stdout, stderr } = await process.result();
      const said = stderr.filter((line) => !line.startsWith("listening on "));
      assertEquals({ code, stdout, lines: said.length }, { code: 1, stdout: [], lines: 1 });
      assertMatch(said[0], /^rumor: cannot read/);
    });
    await t.step(`a closed one for rumor ${args[0]}`, async () => {
      await using process = shell("<&-", args);
      const { code, stdout, stderr } = await process.result();
      assert(code === 0 || code === 1, process.report());
      assertEquals(stdout, []);
      assert(stderr.every((line) => /^(rumor: |listening on )/.test(line)), process.report());
    });
  }
  await node.send("still here");
  await allPrint([node], "still here");
});
