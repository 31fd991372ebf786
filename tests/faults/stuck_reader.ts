/**
 * Readers that stop: a node and a guest that stand still, and a node whose output nobody reads. It
 * must not slow the others, cost more than its window, or miss anything once it reads again.
 *
 *     deno run -A tests/faults/stuck_reader.ts --times 3
 *
 * Each kind is measured beside a network in which everybody reads, by turns.
 */

import { Memory, p99 } from "../helpers/arena.ts";
import { Process, rumorCommand, startRumor } from "../helpers/process.ts";
import { pause, type Plan, runScript, type Tally } from "./campaign.ts";
import { type Machine, Machines } from "./machines.ts";

const LINE = " the quick brown fox jumps over the lazy dog, again and again and again, it does";
const LINES = 300_000;
const LINES_FAST = 30_000;
const TYPED = 300;
const TYPED_FAST = 40;
/**
 * What a stuck reader may cost: a window, what waits in the socket, and the noise of the heap. It is
 * measured with more lines than that, of which a node keeps nearly none for late joiners: what grows
 * then is what waits for the reader.
 */
const MEMORY_MB = 48;
const MEMORY_LINES = 1_000_000;
const KEEP_LITTLE = ["--keep-bytes", "1M"];
const SLOWER = 1.2;
/** Below this, p99 says more about the machine than about us. */
const P99_NOISE_MS = 5;

type Kind = "nobody" | "stopped node" | "stopped guest" | "unread output";

/** How the others fared. */
interface Fare {
  readonly lines_per_second: number;
  readonly p99_ms: number;
  readonly grown_mb: number;
}

/** Stops readers of three kinds; the medians of `times` runs are compared. */
export async function stuckReader(plan: Plan, tally: Tally): Promise<void> {
  const kinds: Kind[] = ["nobody", "stopped node", "stopped guest", "unread output"];
  const fares = new Map<Kind, Fare[]>(kinds.map((kind) => [kind, []]));
  for (let run = 0; run < plan.times; run++) {
    for (const kind of kinds) fares.get(kind)!.push(await oneRun(kind, plan, tally));
  }
  const quiet = middle(fares.get("nobody")!);
  for (const kind of kinds) {
    const fare = middle(fares.get(kind)!);
    const figures = [fare.lines_per_second, fare.p99_ms, fare.grown_mb].map((n) => n.toFixed(1));
    tally.figure(`${kind}: lines/s, p99 ms, MB`, figures.join(" "));
    // Speed is not the subject of the short version, and memory is below its noise.
    if (plan.fast) continue;
    const ratio = quiet.lines_per_second / fare.lines_per_second;
    tally.expect(ratio < SLOWER, `${kind}: others were ${ratio.toFixed(2)} times slower`);
    const worst = Math.max(quiet.p99_ms * SLOWER, quiet.p99_ms + P99_NOISE_MS);
    tally.expect(fare.p99_ms < worst, `${kind}: p99 ${fare.p99_ms} ms, else ${quiet.p99_ms} ms`);
  }
  if (!plan.fast) await compareMemory(tally);
}

async function compareMemory(tally: Tally): Promise<void> {
  const quiet_mb = await grownWithLittleKept("nobody");
  const stuck_mb = await grownWithLittleKept("stopped node");
  tally.fault("stopped nodes");
  tally.figure("little kept: MB without and with", `${quiet_mb.toFixed(0)} ${stuck_mb.toFixed(0)}`);
  tally.expect(stuck_mb - quiet_mb < MEMORY_MB, `a stuck node cost ${stuck_mb - quiet_mb} MB`);
}

/** How much a node grows that keeps nearly nothing, while a peer may have stopped to read. */
async function grownWithLittleKept(kind: Kind): Promise<number> {
  await using machines = new Machines();
  const options = { args: KEEP_LITTLE };
  const [writer, reader, third] = ["anna", "ben", "carl"].map((name) =>
    machines.add(name, options)
  );
  await machines.startAll();
  await feed(writer, reader, LINES / 10, "first");
  const memory = new Memory(writer.process);
  if (kind !== "nobody") third.process.signal("SIGSTOP");
  await feed(writer, reader, MEMORY_LINES, "second");
  const { grown_mb } = memory;
  third.process.signal("SIGCONT");
  return grown_mb;
}

/** Feeds lines and waits until the last has come out; the seconds that took. */
async function feed(from: Machine, to: Machine, count: number, label: string): Promise<number> {
  const began = performance.now();
  const lines = Array.from({ length: count }, (_, n) => `${label} ${n}${LINE}`);
  await from.process.write(lines.join("\n") + "\n");
  await to.process.waitForStdout(lines[count - 1], { timeout_ms: 120_000 });
  return (performance.now() - began) / 1000;
}

async function oneRun(kind: Kind, plan: Plan, tally: Tally): Promise<Fare> {
  await using machines = new Machines();
  const [writer, reader, third] = ["anna", "ben", "carl"].map((name) => machines.add(name));
  await machines.startAll();
  await using stuck = await startStuck(kind, writer, third, machines.folder);
  const memory = new Memory(writer.process);
  stuck.stop();
  if (kind !== "nobody") tally.fault(`${kind}s`);
  const typed = await typeSlowly(writer, reader, plan.fast ? TYPED_FAST : TYPED);
  const count = plan.fast ? LINES_FAST : LINES;
  const seconds = await feed(writer, reader, count, "fed");
  const { grown_mb } = memory;
  stuck.goOn();
  const caught_up = await stuck.until(typed.lines.length + count);
  tally.expect(caught_up, () => `${kind}: did not catch up`);
  return { lines_per_second: count / seconds, p99_ms: p99(typed.times), grown_mb };
}

/** Somebody who can stop reading. */
interface Stuck extends AsyncDisposable {
  stop(): void;
  goOn(): void;
  /** Waits until it has printed so many lines, each once. */
  until(lines: number): Promise<boolean>;
}

async function startStuck(
  kind: Kind,
  writer: Machine,
  third: Machine,
  folder: string,
): Promise<Stuck> {
  if (kind === "unread output") return await startUnread(writer, `${folder}/unread`);
  const guest = startRumor(["sub", "--join", writer.listen], { stdin: "null" });
  const process = kind === "stopped guest" ? guest : third.process;
  const signal = (name: Deno.Signal) => kind === "nobody" || process.signal(name);
  return {
    stop: () => void signal("SIGSTOP"),
    goOn: () => void signal("SIGCONT"),
    until: async (lines) => {
      await process.waitForStdout(lines, { timeout_ms: 120_000 });
      return new Set(process.stdout).size === lines && process.stdout.length === lines;
    },
    [Symbol.asyncDispose]: () => guest[Symbol.asyncDispose](),
  };
}

/** A node that prints into a fifo, which is read only when it goes on. */
async function startUnread(writer: Machine, fifo: string): Promise<Stuck> {
  await new Deno.Command("mkfifo", { args: [fifo] }).output();
  const script = 'fifo=$1; shift; exec "$@" <&0 >"$fifo"';
  const join = ["--join", writer.address, "--listen", "127.0.0.1:0", "--keep-open"];
  const node = new Process(["sh", "-c", script, "sh", fifo, ...rumorCommand(), ...join]);
  // Both ends, so that the node need not wait for a reader to open it.
  const file = await Deno.open(fifo, { read: true, write: true });
  await node.address();
  const counter = { lines: 0 };
  let reading: Promise<void> = Promise.resolve();
  return {
    stop: () => {},
    goOn: () => void (reading = countLines(file, counter)),
    until: async (lines) => {
      for (let waited = 0; counter.lines < lines && waited < 120_000; waited += 50) await pause(50);
      return counter.lines === lines;
    },
    async [Symbol.asyncDispose]() {
      await node[Symbol.asyncDispose]();
      // Whoever reads is let go by one more line; not over the file that it waits for.
      await Deno.writeTextFile(fifo, END, { create: false });
      await reading;
      file.close();
    },
  };
}

const END = "\0\n";

async function countLines(file: Deno.FsFile, counter: { lines: number }): Promise<void> {
  const buffer = new Uint8Array(65_536);
  for (let n = await file.read(buffer); n !== null; n = await file.read(buffer)) {
    for (const byte of buffer.subarray(0, n)) {
      if (byte === 0) return;
      if (byte === 0x0a) counter.lines++;
    }
  }
}

/** Lines one by one, each after the other has come out; the times, sorted. */
async function typeSlowly(
  from: Machine,
  to: Machine,
  count: number,
): Promise<{ lines: string[]; times: number[] }> {
  const lines = Array.from({ length: count }, (_, n) => `typed ${n}`), times: number[] = [];
  for (const line of lines) {
    const began = performance.now();
    await from.process.send(line);
    await to.process.waitForStdout(line);
    times.push(performance.now() - began);
  }
  return { lines, times: times.sort((a, b) => a - b) };
}

/** The run in the middle, for each figure by itself. */
function middle(fares: readonly Fare[]): Fare {
  const of = (figure: (fare: Fare) => number) =>
    fares.map(figure).sort((a, b) => a - b)[Math.floor(fares.length / 2)];
  return {
    lines_per_second: of((fare) => fare.lines_per_second),
    p99_ms: of((fare) => fare.p99_ms),
    grown_mb: of((fare) => fare.grown_mb),
  };
}

if (import.meta.main) await runScript("stuck_reader", 3, stuckReader);
