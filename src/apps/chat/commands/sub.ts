/** `rumor sub`: prints what a running node has and gets. */

import { deadline } from "@std/async/deadline";
import type { Command } from "../../app.ts";
import { CHAT } from "../app.ts";
import type { Address, Printed } from "../../../core/types.ts";
import { decodeEntry } from "../../../core/log/entry.ts";
import type { Line } from "../../../core/wire/line.ts";
import { ACK_BYTES } from "../../../core/data/limits.ts";
import { flagLines, type Given, readArgs } from "../../../cli/args/args.ts";
import { readCount, readSeconds } from "../../../cli/args/values.ts";
import { EXIT } from "../../../cli/args/exit.ts";
import {
  helpFlags,
  historyFlag,
  joinFlag,
  jsonFlag,
  networkFlag,
  topicFlag,
} from "../../../cli/args/flags.ts";
import { formatRecords, type RecordFormat } from "../../../cli/output/format.ts";
import { writePieces } from "../../../cli/output/printer.ts";
import { Guest } from "../../../cli/guest/guest.ts";
import { say } from "../../../cli/output/stderr.ts";
import { stdout } from "../../../cli/output/stdout.ts";
import { watchSignals } from "../../../cli/input/signals.ts";

const flags = {
  ...joinFlag,
  ...topicFlag,
  count: {
    short: "C",
    value: "COUNT",
    no_env: true,
    help: "end after so many lines",
    read: readCount(1, 1_000_000_000),
  },
  wait: {
    short: "W",
    value: "SECONDS",
    no_env: true,
    help: "end after this time (75 where lines of -C are still missing)",
    read: readSeconds,
  },
  ...historyFlag,
  ...jsonFlag,
  ...networkFlag,
  ...helpFlags,
} as const;

const command: Command = {
  summary: "print what a running node has and gets",
  help: `Examples:
  rumor sub --join 10.0.0.5:7000
  rumor sub --join 10.0.0.5:7000 --topic build --history 0 -C 1 -W 60
  rumor sub --join 10.0.0.5:7000 --json | jq -r .text

Usage: rumor sub [FLAGS]

Never reads stdin. Ends when its reader does, as in rumor sub ... | head -1.

Flags:
${flagLines(flags)}

Exit codes: 0 done, 1 failed, 2 usage, 69 no node reachable, or it is gone, 75 not COUNT lines in
time, 130 interrupted.
`,
  run: async (args, env, apps) => {
    const { given, words } = readArgs(args, flags, env);
    if (words.length > 0) {
      const { UsageError } = await import("../../../cli/args/exit.ts");
      throw new UsageError(`${words[0]} is not expected`);
    }
    const shown = stdout.is_terminal;
    const format = { json: given.json ?? false, shown, apps };
    return await new Subscription(given, format).run();
  },
};

class Subscription {
  readonly #given: Given<typeof flags>;
  readonly #format: RecordFormat;
  readonly #ended = Promise.withResolvers<number>();
  #guest: Guest | null = null;
  /** Entries of before the start of what is wanted. */
  #skip = 0;
  #left: number;
  #taken_bytes = 0;
  #told_bytes = 0;
  #records: Printed[] = [];
  #flushing: Promise<void> | null = null;

  constructor(given: Given<typeof flags>, format: RecordFormat) {
    this.#given = given;
    this.#format = format;
    this.#left = given.count ?? Infinity;
  }

  async run(): Promise<number> {
    const { join, network = "rumor", topic = CHAT, history, wait } = this.#given;
    const stop = watchSignals((code) => this.#ended.resolve(code));
    const guest = await Guest.join(join, network, {
      line: (line) => this.#control(line),
      entry: (line) => this.#entry(line),
      closed: (why, address) => this.#closed(why, address),
    });
    if (typeof guest === "number") {
      stop();
      return guest;
    }
    this.#guest = guest;
    guest.send({ k: "want", t: topic, ...(history === undefined ? {} : { history }) });
    stdout.whenClosed().then(() => this.#ended.resolve(EXIT.done));
    const late = this.#given.count === undefined ? EXIT.done : EXIT.unacknowledged;
    const code = await deadline(this.#ended.promise, wait ?? Infinity).catch(() => late);
    stop();
    await guest.close();
    await Promise.race([this.#flushing, stdout.whenClosed()]);
    return code;
  }

  #control(line: Line): void {
    if (line.k === "from") this.#skip = line.skip;
    if (line.k !== "gap") return;
    const { t: topic, o: origin, s: from, e: to } = line;
    this.#show({ kind: "gap", gap: { topic, origin, from, to } });
  }

  #entry(line: Uint8Array): void {
    const bytes = line.length + 1;
    const entry = decodeEntry(line);
    // The node checked it already; a line that does not decode is not printed.
    if (typeof entry !== "string" && this.#left > 0) {
      const skipped = Math.min(this.#skip, entry.items.length);
      this.#skip -= skipped;
      const items = entry.items.slice(skipped, skipped + this.#left);
      this.#left -= items.length;
      const { topic, origin, time_ms, deps, seq } = entry;
      const record = { kind: "items" as const, topic, origin, time_ms, entry: seq, deps };
      if (items.length > 0) this.#show({ ...record, first: entry.first + skipped, items });
    }
    this.#taken_bytes += bytes;
    this.#flushing ??= this.#flush();
  }

  #show(record: Printed): void {
    this.#records.push(record);
    this.#flushing ??= this.#flush();
  }

  /** Prints what gathered, then acknowledges it: a slow reader holds back the node, not memory. */
  async #flush(): Promise<void> {
    await Promise.resolve();
    while (this.#records.length > 0 || this.#taken_bytes > this.#told_bytes) {
      const records = this.#records, taken_bytes = this.#taken_bytes;
      this.#records = [];
      if (records.length > 0) await writePieces(formatRecords(records, this.#format));
      if (taken_bytes - this.#told_bytes >= ACK_BYTES || this.#records.length === 0) {
        this.#told_bytes = taken_bytes;
        this.#guest?.send({ k: "have", c: {}, n: taken_bytes });
      }
    }
    this.#flushing = null;
    if (this.#left === 0) this.#ended.resolve(EXIT.done);
  }

  #closed(why: string, address: Address): void {
    if (this.#left === 0) return;
    say(`rumor: ${address}: ${why}`);
    this.#ended.resolve(EXIT.unreachable);
  }
}

export default command;
