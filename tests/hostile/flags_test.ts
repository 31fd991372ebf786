/**
 * Every flag of every command, given wrong: one line that says what is allowed, and exit code 2. All
 * are tried inside this process, and one of each command and of each kind in a process of its own; in
 * the long version, and of a binary, one of each kind of each command.
 */

import { assert, assertEquals, assertMatch } from "@std/assert";
import { MORE_STARTED, runInside } from "../helpers/inside.ts";
import { endAll, LOCAL, Nodes, WINDOWS } from "../helpers/network.ts";
import { Process, type Result, rumorCommand, runRumor } from "../helpers/process.ts";

const NOBODY = "127.0.0.1:9";

/** What makes a command complete but for the flag that is tried; the flag itself is left out. */
const COMMANDS: Readonly<Record<string, readonly (readonly string[])[]>> = {
  chat: [],
  ledger: [],
  vote: [],
  pub: [["--join", NOBODY], ["x"]],
  sub: [["--join", NOBODY]],
  pay: [["--join", NOBODY], ["a", "b", "1"]],
  pm: [["--join", NOBODY], ["a", "x"]],
  peers: [["--join", NOBODY]],
  routes: [["--join", NOBODY]],
  balances: [["--join", NOBODY]],
  chain: [],
  name: [["--join", NOBODY], ["x"]],
  names: [["--join", NOBODY]],
  share: [["--join", NOBODY], ["x"]],
  search: [["--join", NOBODY], ["x"]],
  files: [["--join", NOBODY]],
  unshare: [["--join", NOBODY], ["x"]],
  tracker: [],
  export: [["--data", "/nowhere/at/all"]],
  verify: [["--data", "/nowhere/at/all"]],
  sim: [],
};

/** A flag as `--help` describes it. */
interface Flag {
  readonly name: string;
  readonly short: string | null;
  /** Null for a switch. */
  readonly value: string | null;
}

/** Values that are never right, whatever the flag. */
const NEVER = ["\x1b[31m", "a\nb", "\u202e\x07", "\x9b2J", "x\ry\u2028"];
const NUMBERS = ["-1", "x", "1e3", "0x10", " 1", "1\n", "+1", "NaN"];
const ADDRESSES = [
  "nonsense",
  ":1",
  "a:",
  "127.0.0.1:-1",
  "127.0.0.1:65536",
  "127.0.0.1:NaN",
  "127.0.0.1:1.5",
  "a b:1",
  "[::1:80",
  "x:1\n",
  "a\x1b[31m:1",
  `${"h".repeat(5_000)}:1`,
];

/** What is wrong for a flag, and what the error has to say of what is right. */
const VALUES: Readonly<Record<string, { bad: readonly string[]; allowed: RegExp }>> = {
  join: {
    bad: [...ADDRESSES, "127.0.0.1:0", "udp:127.0.0.1:0", "udp:", "tcp:h:1"],
    allowed: /HOST:PORT.*65535/,
  },
  advertise: { bad: [...ADDRESSES, "127.0.0.1:0"], allowed: /HOST:PORT.*65535/ },
  tracker: { bad: [...ADDRESSES, "127.0.0.1:0"], allowed: /HOST:PORT.*65535/ },
  listen: { bad: ADDRESSES, allowed: /HOST:PORT.*65535/ },
  history: { bad: [...NUMBERS, "1.5", "1000000001", "9".repeat(400)], allowed: /0 to 1000000000/ },
  count: { bad: [...NUMBERS, "0", "1.5", "1000000001"], allowed: /1 to 1000000000/ },
  ack: { bad: [...NUMBERS, "0", "1.5", "1001"], allowed: /1 to 1000\b/ },
  timeout: { bad: [...NUMBERS, "0", "0.0", "9".repeat(400)], allowed: /seconds/ },
  wait: { bad: [...NUMBERS, "0", "1000001"], allowed: /seconds/ },
  "keep-bytes": {
    bad: [...NUMBERS, "1.5", "64m", "64T", "9".repeat(20), "K", "0"],
    allowed: /64[KM]/,
  },
  upload: {
    bad: [...NUMBERS, "1.5", "64m", "64T", "9".repeat(20), "K", "0"],
    allowed: /64[KM]/,
  },
  budget: { bad: [...NUMBERS, "0", "1.5", "1025"], allowed: /1 to 1024/ },
  topic: {
    bad: ["a b", "\u00e4", "t".repeat(65), "a*b"],
    allowed: /64 letters/,
  },
  transport: { bad: ["nonsense", "UDP", "tcp,udp", "0"], allowed: /tcp.*udp.*both/ },
  mtu: { bad: [...NUMBERS, "575", "65001", "1.5", "1K"], allowed: /576 to 65000/ },
  dedup: { bad: ["nonsense", "texts", "TEXT", "0"], allowed: /\btext\b/ },
  encoding: { bad: ["nonsense", "UTF-8", "latin1", "base 64"], allowed: /utf-8.*base64/ },
  network: { bad: ["n".repeat(257)], allowed: /256/ },
  data: { bad: ["d".repeat(4_097)], allowed: /4096/ },
  name: { bad: ["n".repeat(65), "a b", "\u2028", "a\u0007"], allowed: /64 characters/ },
  overlay: { bad: ["nonsense", "RING", "0"], allowed: /fingers.*ring.*given/ },
  batch: { bad: ["0", "-1", "1001", "1.5", "nonsense"], allowed: /1 to 1,?000/ },
  spread: { bad: ["nonsense", "TREE", "0"], allowed: /flood.*gossip.*tree/ },
  ping: { bad: [...NUMBERS, "0", "1000001"], allowed: /seconds/ },
  silence: { bad: [...NUMBERS, "0", "1000001"], allowed: /seconds/ },
  suspect: { bad: [...NUMBERS, "0", "1000001"], allowed: /seconds/ },
  status: { bad: ["nonsense", "ALIVE", "0"], allowed: /alive.*failed/ },
  "max-peers": { bad: [...NUMBERS, "0", "1.5", "10001"], allowed: /1 to 10000/ },
  format: { bad: ["nonsense", "JSON", "0"], allowed: /ndjson.*csv.*hledger/ },
  seed: { bad: [...NUMBERS, "1.5", "1000000000000"], allowed: /0 to 999999999999/ },
  from: { bad: [...NUMBERS, "1.5", "1000000000000"], allowed: /0 to 999999999999/ },
  seeds: { bad: [...NUMBERS, "0", "1.5", "100000001"], allowed: /1 to 100000000/ },
  nodes: { bad: [...NUMBERS, "1", "1.5", "201"], allowed: /2 to 200/ },
  "block-time": { bad: [...NUMBERS, "0", "0.0", "1000001"], allowed: /seconds/ },
  mine: { bad: ["nonsense", "AUTO", "0"], allowed: /auto.*always.*never/ },
  "mine-threads": { bad: [...NUMBERS, "0", "1.5", "257"], allowed: /1 to 256/ },
  election: { bad: [" ", "e".repeat(256), "\u2028", "a\x7fb"], allowed: /empty|255|control/ },
  id: { bad: ["i".repeat(257), " ", "a b", "\u2028"], allowed: /256|space/ },
};

/** The flags of a command, from its help. */
async function flagsOf(command: string): Promise<Flag[]> {
  const { stdout } = await runRumor([command, "--help"]);
  const flags = stdout.flatMap((line) => {
    const found = /^ {2}(?:-(\w), | {4})--([a-z-]+)(?: ([A-Z:]+|text))? {2,}\S/.exec(line);
    if (found === null) return [];
    return [{ short: found[1] ?? null, name: found[2], value: found[3] ?? null }];
  });
  assert(flags.length >= 3 && flags.at(-1)?.name === "help", stdout.join("\n"));
  return flags;
}

/** The arguments of a command, without its own for the flag that is tried. */
function complete(command: string, flag: string): string[] {
  return COMMANDS[command].filter(([first]) => first !== `--${flag}`).flat();
}

/** One call that must be refused. */
interface Bad {
  readonly args: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  /** What the line must hold, apart from what is said of all. */
  readonly says: readonly (string | RegExp)[];
}

/** So many of them are started as processes, too; all are looked at before it fails. */
async function assertAllRefused(calls: readonly Bad[], started: number): Promise<void> {
  const faults: string[] = [];
  const look = (bad: Bad, result: Result) => {
    const fault = faultOf(bad, result);
    if (fault === null) return;
    const call = JSON.stringify([...bad.args, bad.env ?? {}]).slice(0, 300);
    faults.push(`${call}: ${fault}; code ${result.code}, stderr: ${show(result.stderr)}`);
  };
  for (const bad of calls.slice(0, started)) {
    look(bad, await runRumor(bad.args, { env: bad.env }));
  }
  for (const bad of calls) look(bad, await runInside(bad.args, bad.env));
  assert(faults.length === 0, `${faults.length} of ${calls.length}:\n${faults.join("\n")}`);
}

function faultOf({ says }: Bad, { code, stdout, stderr }: Result): string | null {
  if (code !== 2) return "the code is not 2";
  if (stdout.length > 0) return `on stdout stands ${show(stdout)}`;
  if (stderr.length !== 1) return `there are ${stderr.length} lines on stderr`;
  const [line] = stderr;
  if (!line.startsWith("rumor: ")) return "the line does not begin with rumor:";
  // deno-lint-ignore no-control-regex -- what a terminal obeys is what is looked for
  if (/[\x00-\x1f\x7f-\x9f\p{Bidi_Control}\u2028\u2029]/u.test(line)) {
    return "the line is not clean";
  }
  const missing = says.find((what) =>
    typeof what === "string" ? !line.includes(what) : !what.test(line)
  );
  return missing === undefined ? null : `the line does not say ${missing}`;
}

function show(lines: readonly string[]): string {
  return JSON.stringify(lines.slice(0, 5).map((line) => line.slice(0, 300)));
}

/** Everything is tried with the first command that has a flag, and something with the others. */
const tried = new Set<string>();

function some<T>(name: string, values: readonly T[]): readonly T[] {
  return tried.has(name) ? values.slice(0, 1) : values;
}

/** Values that a flag does not take, whatever is said of them, and whether it is said in full. */
function badValues(name: string): { value: string; allowed: RegExp | string }[] {
  const { bad, allowed } = VALUES[name];
  // A name of a network may be any text, and an id of a transaction may look odd.
  const never = name === "network" ? [] : name === "id" ? NEVER.slice(0, 2) : NEVER;
  return [
    ...some(name, bad).map((value) => ({ value, allowed })),
    ...some(name, never).map((value) => ({ value, allowed: "" })),
  ];
}

/** What makes the calls of each kind, for one command and its flags. */
const KINDS: Readonly<Record<string, (command: string, flags: readonly Flag[]) => Bad[]>> = {
  "without a value": (command, flags) =>
    flags.filter(takesValue).flatMap(({ name, short }) => {
      const call = (...args: string[]) => [command, ...complete(command, name), ...args];
      const long = `--${name}`;
      const says = [long, "value"];
      const tries = [
        { args: call(long), says },
        { args: call(`${long}=`), says },
        { args: call(long, ""), says },
        { args: call(long, "--help=x"), says },
      ];
      const letter = short === null
        ? []
        : [{ args: call(`-${short}`), says: [`-${short}`, "value"] }];
      return [...some(name, tries), ...letter];
    }),
  "with a value that is not allowed": (command, flags) =>
    flags.filter(takesValue).flatMap(({ name }) =>
      badValues(name).map(({ value, allowed }) => ({
        args: [command, ...complete(command, name), `--${name}=${value}`],
        says: [name === "id" ? /--id|ID/ : `--${name}`, allowed],
      }))
    ),
  "given twice": (command, flags) =>
    flags.filter(({ name }) => !["join", "tracker", "status"].includes(name)).map(
      ({ name, value }) => {
        const once = value === null ? [`--${name}`] : [`--${name}`, goodValue(name)];
        return {
          args: [command, ...complete(command, name), ...once, ...once],
          says: [`--${name}`, "twice"],
        };
      },
    ),
  "a switch with a value": (command, flags) =>
    flags.filter((flag) => !takesValue(flag)).flatMap(({ name }) =>
      some(name, ["1", "true", "", "\x1b[31m\n"]).map((value) => ({
        args: [command, ...complete(command, name), `--${name}=${value}`],
        says: [`--${name}`, "no value"],
      }))
    ),
  "unknown ones": (command) =>
    some("unknown", [
      "--nope",
      "--nope=1",
      "--Json",
      "-x",
      "--__proto__",
      "--constructor",
      "--to\nString",
      "--\x1b[31m",
      "--\u202e",
      "-\x9b",
      "--no-json",
      "--no-help",
    ]).map((flag) => ({
      args: [command, ...complete(command, ""), flag],
      says: /^--?[a-zA-Z_-]+$/.test(flag) ? [flag] : [],
    })),
  "through the environment": (command, flags) =>
    flags.filter(({ name }) => !["count", "wait", "id", "no-claim", "progress"].includes(name))
      .flatMap((flag) => {
        const { name } = flag;
        const variable = `RUMOR_${name.toUpperCase().replaceAll("-", "_")}`;
        // It is read as on the command line, so that not everything need be tried again.
        const values = takesValue(flag)
          ? badValues(name).filter((_, index) => index % 4 === 0)
          : some(name, ["yes", "2", "\x1b[31m", "1\n"]).map((value) => ({
            value,
            allowed: /1 or 0/,
          }));
        // A list may stand in the variable of a flag that may be repeated.
        const fit = values.filter(({ value }) =>
          !["join", "tracker", "status"].includes(name) || !/\s/.test(value)
        );
        return fit.map(({ value, allowed }) => ({
          args: [command, ...complete(command, name)],
          env: { [variable]: value },
          says: [variable, allowed],
        }));
      }),
};

function takesValue({ value }: Flag): boolean {
  return value !== null;
}

/** The commands and kinds of which one was started as a process. */
const proven = new Set<string>();

for (const command of Object.keys(COMMANDS)) {
  Deno.test(`flags of \`rumor ${command}\` that are given wrong are refused`, async (t) => {
    const flags = await flagsOf(command);
    for (const { name } of flags.filter(takesValue)) {
      assert(VALUES[name] !== undefined, `--${name} is not tried here`);
    }
    const rest = flags.filter(({ name }) => name !== "help");
    for (const [kind, make] of Object.entries(KINDS)) {
      const calls = make(command, rest);
      const isNew = calls.length > 0 &&
        (MORE_STARTED || !(proven.has(command) && proven.has(kind)));
      await t.step(kind, () => assertAllRefused(calls, isNew ? 1 : 0));
      if (isNew) proven.add(command).add(kind);
    }
    for (const { name } of rest) tried.add(name);
    tried.add("unknown");
  });
}

function goodValue(name: string): string {
  const values: Readonly<Record<string, string>> = {
    listen: "127.0.0.1:0",
    advertise: "127.0.0.1:1",
    topic: "t",
    dedup: "text",
    encoding: "base64",
    network: "n",
    id: "i",
    "keep-bytes": "64M",
    overlay: "ring",
    spread: "flood",
    batch: "5",
    format: "csv",
    transport: "udp",
    mtu: "1200",
    nodes: "5",
  };
  return values[name] ?? "1";
}

Deno.test("words and commands that are not expected are refused", async () => {
  const calls = [
    ...[
      "nonsense",
      "Chat",
      "__proto__",
      "constructor",
      "toString",
      "hasOwnProperty",
      "a\nb",
      "\x1b[31m",
      "\u202e",
      "x".repeat(5_000),
    ].map((word) => ({
      args: [word],
      says: ["not a command", /chat.*pub.*sub.*ledger.*pay.*balances/],
    })),
    ...["nonsense", "__proto__", "a\nb"].map((word) => ({
      args: ["help", word],
      says: ["command"],
    })),
    ...["chat", "ledger"].flatMap((command) =>
      ["word", "-", "a\nb", "\x1b[31m"].map((word) => ({
        args: [command, word],
        says: ["not expected"],
      }))
    ),
    { args: ["chat", "--", "--json"], says: ["--json", "not expected"] },
    { args: ["sub", "--join", NOBODY, "word\n\x1b[31m"], says: ["not expected"] },
    { args: ["pm"], says: ["NAME TEXT"] },
    { args: ["pub", "--join", NOBODY, "a\nb"], says: ["newline"] },
    { args: ["pay"], says: ["FROM TO AMOUNT"] },
    ...[[], ["a"], ["a", "b"], ["a", "b", "1", "i", "x"]].map((words) => ({
      args: ["pay", "--join", NOBODY, ...words],
      says: ["FROM TO AMOUNT"],
    })),
  ];
  await assertAllRefused(calls, 1);
});

Deno.test("what is no UTF-8 in a variable is no crash", { ignore: WINDOWS }, async (t) => {
  // Of arguments that are no UTF-8 we cannot speak: before 2.9, Deno itself ends with a panic then.
  const quoted = `"$(printf 'a\\377b')"`;
  const calls: Readonly<Record<string, string>> = {
    "a value": `RUMOR_TOPIC=${quoted} exec "$@"`,
    "a list": `RUMOR_JOIN=${quoted} exec "$@"`,
    "a switch": `RUMOR_JSON=${quoted} exec "$@"`,
    "nobody's": `NOT_OURS=${quoted} exec "$@" --nope`,
  };
  for (const [name, call] of Object.entries(calls)) {
    await t.step(name, async () => {
      const command = ["sh", "-c", call, "sh", ...rumorCommand()];
      await using process = new Process(command, { stdin: "null" });
      const { code, stdout, stderr } = await process.result();
      assertEquals({ code, stdout, lines: stderr.length }, { code: 2, stdout: [], lines: 1 });
      assertMatch(stderr[0], /^rumor: /);
    });
  }
});

Deno.test("flags win, so a variable that is wrong does no harm beside them", async () => {
  const env = { RUMOR_LISTEN: "nonsense", RUMOR_TOPIC: "a b", RUMOR_TIMEOUT: "x", RUMOR_JSON: "0" };
  const args = [...LOCAL, "--topic", "t", "--timeout", "5"];
  const { code, stdout, stderr } = await runRumor(args, { env, input: "hello\n" });
  assertEquals({ code, stdout }, { code: 0, stdout: ["hello"] }, stderr.join("\n"));
});

Deno.test("variables that are empty or belong to other commands mean nothing", async () => {
  const env = {
    RUMOR_JOIN: "",
    RUMOR_HISTORY: "",
    RUMOR_ACK: "nonsense",
    RUMOR_COUNT: "nonsense",
    RUMOR_ID: "nonsense",
    RUMOR_HELP: "1",
    RUMOR_NOPE: "1",
  };
  const { code, stdout, stderr } = await runRumor(LOCAL, { env, input: "hello\n" });
  assertEquals({ code, stdout }, { code: 0, stdout: ["hello"] }, stderr.join("\n"));
});

Deno.test("a name of a network may hold anything, and it is not shown raw", async () => {
  await using network = new Nodes();
  const name = "n\x1b[31m\u202e\x07";
  const first = network.start(["--network", name]);
  const join = ["--join", await first.address()];
  const same = await runRumor([...LOCAL, "--network", name, ...join], { input: "hello\n" });
  assertEquals(same.code, 0, same.stderr.join("\n"));
  await first.waitForStdout("hello");
  for (const args of [LOCAL, ["pub", "x"], ["sub"]]) {
    const other = await runRumor([...args, ...join], { env: { RUMOR_KEEP_OPEN: "1" } });
    assertEquals({ code: other.code, stdout: other.stdout }, { code: 69, stdout: [] });
    // deno-lint-ignore no-control-regex -- what a terminal obeys is what is looked for
    for (const line of other.stderr) assert(!/[\x00-\x1f\x7f-\x9f\u202e]/.test(line), line);
  }
  await endAll([first]);
});
