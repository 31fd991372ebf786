/**
 * What a store costs: lines a second when the receivers store each before they print it, and the time
 * until a node with many stored entries is ready.
 *
 * The data is on the disk of the temporary directory, while the outputs are in memory: a commit that
 * need not reach a disk would say nothing.
 */

import { makeIdentity } from "../../src/shell/crypto/crypto.ts";
import { Store } from "../../src/shell/store/store.ts";
import { Author, NO_BATCH } from "../helpers/stored.ts";
import { Process, rumorCommand, runRumor } from "../helpers/process.ts";
import { startRumorNetwork } from "./endpoints.ts";
import { measureThroughput } from "./throughput.ts";

const NODES = 3;
const ORIGINS = 20;
const COMMIT_ENTRIES = 1_000;
/** More than the entries take, so that the start reads all of them. */
const KEEP_BYTES = "4G";
const READY_MS = 120_000;

/** How long a node takes until it can be asked something. */
export interface StartUp {
  readonly entries: number;
  /** From the start of the process to the line that says where it listens. */
  readonly listening_ms: number;
  /** To the end of a guest that asked for the balances. */
  readonly answered_ms: number;
  readonly file_mb: number;
}

/** Lines a second through three nodes, of which the two receivers have data directories. */
export async function measureStored(lines: number): Promise<number> {
  const folder = await Deno.makeTempDir({ prefix: "rumor-bench-data-" });
  try {
    const data = (index: number) => index === 0 ? [] : ["--data", `${folder}/${index}`];
    return await measureThroughput(
      (count, directory) => startRumorNetwork(count, directory, data),
      NODES,
      lines,
    );
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

/** Makes a store with so many entries, half chat and half payments, and starts a node on it. */
export async function measureStartUp(entries: number): Promise<StartUp> {
  const folder = await Deno.makeTempDir({ prefix: "rumor-bench-data-" });
  try {
    fillStore(`${folder}/data`, entries);
    const { size } = await Deno.stat(`${folder}/data/rumor.db`);
    const args = ["--data", `${folder}/data`, "--keep-bytes", KEEP_BYTES];
    // The first run prints everything, to nobody; what is measured is a restart.
    const script = 'exec "$@" >/dev/null';
    const listen = ["--listen", "127.0.0.1:0"];
    const command = ["sh", "-c", script, "sh", ...rumorCommand(), ...args, ...listen];
    await using first = new Process(command, { stdin: "null" });
    await first.status({ timeout_ms: READY_MS });
    const began = performance.now();
    await using node = new Process([...command, "--keep-open"]);
    const address = await node.address({ timeout_ms: READY_MS });
    const listening_ms = performance.now() - began;
    const { code, stderr } = await runRumor(["balances", "--join", address, "nobody"]);
    if (code !== 0) throw new Error(`balances ended with ${code}: ${stderr.join(" ")}`);
    const answered_ms = performance.now() - began;
    return { entries, listening_ms, answered_ms, file_mb: size / 1e6 };
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

/** Entries of some origins by turns, of one item each, with real signatures. */
function fillStore(directory: string, count: number): void {
  const store = Store.open(directory);
  const arrivals = { next: 1 };
  const authors = Array.from({ length: ORIGINS }, () => {
    const identity = makeIdentity();
    return ["chat", "ledger"].map((topic) => new Author(identity, topic, arrivals));
  });
  for (let from = 0; from < count; from += COMMIT_ENTRIES) {
    const entries = Array.from({ length: Math.min(COMMIT_ENTRIES, count - from) }, (_, n) => {
      const number = from + n;
      const [chat, ledger] = authors[Math.floor(number / 2) % ORIGINS];
      if (number % 2 === 0) return chat.write(`line ${number} of a log that has grown for a while`);
      const payment = {
        from: `a${number % 997}`,
        to: `b${number % 991}`,
        amount: 1 + number % 100,
      };
      return ledger.write({ id: `pay-${number}`, ...payment });
    });
    const fault = store.commit({ ...NO_BATCH, entries });
    if (fault !== null) throw new Error(fault);
  }
  store.close();
}
