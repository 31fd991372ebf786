/** `rumor export`: what a data directory holds, for other programs. */

import type { Command } from "../command.ts";
import { CHAT, LEDGER, PRESENCE } from "../../core/log/log.ts";
import { StoreError } from "../../shell/files/files.ts";
import { StoreReader } from "../../shell/store/reader.ts";
import { flagLines, readArgs } from "../args/args.ts";
import { readChoice, readPath } from "../args/values.ts";
import { EXIT, UsageError } from "../args/exit.ts";
import { EntryReader } from "../stored/entries.ts";
import { messageRow, MESSAGES_HEADER, messagesOf } from "../stored/messages.ts";
import {
  journalEntry,
  type Payment,
  PaymentReader,
  paymentRow,
  PAYMENTS_HEADER,
} from "../stored/payments.ts";
import { helpFlags, topicFlag } from "../args/flags.ts";
import { itemObjects } from "../output/format.ts";
import { appliedLine } from "../output/payment_text.ts";
import { say } from "../output/stderr.ts";
import { stdout } from "../output/stdout.ts";

const flags = {
  data: { value: "DIR", help: "the directory that a node had as --data", read: readPath },
  topic: { ...topicFlag.topic, help: "the stream of lines (default: chat; ledger for hledger)" },
  format: {
    value: "NAME",
    help: "ndjson, csv, or hledger for the ledger's journal (default: ndjson)",
    read: readChoice("ndjson", "csv", "hledger"),
  },
  ...helpFlags,
} as const;

type Form = "ndjson" | "csv" | "hledger";

/** Text that is written at once, about. */
const WRITE_CHARS = 65_536;

const command: Command = {
  summary: "print what a data directory holds, for other programs",
  help: `Examples:
  rumor export --data ~/rumor | jq -r .text
  rumor export --data ~/rumor --topic ledger --format csv > payments.csv
  rumor export --data ~/rumor --format hledger | hledger -f - balance

Usage: rumor export --data DIR [FLAGS]

Reads only, also while a node runs there. ndjson is what rumor sub --json prints, and for the ledger
what rumor ledger --json prints, without payments that were taken back. csv begins with a header;
its lines end in a newline.

Flags:
${flagLines(flags)}

Exit codes: 0 done, 1 no data, or some of it damaged, 2 usage.
`,
  run: async (args, env) => {
    const { given, words } = readArgs(args, flags, env);
    if (words.length > 0) throw new UsageError(`${words[0]} is not expected`);
    if (given.data === undefined) throw new UsageError("--data DIR is needed: what to export");
    const form = given.format ?? "ndjson";
    const topic = given.topic ?? (form === "hledger" ? LEDGER : CHAT);
    if (form === "hledger" && topic !== LEDGER) {
      throw new UsageError("--format hledger is for --topic ledger");
    }
    if (topic === PRESENCE) throw new UsageError("--topic presence is the nodes' own");
    try {
      return await write(given.data, topic, form);
    } catch (error) {
      if (!(error instanceof StoreError)) throw error;
      say(`rumor: ${error.message}`);
      return EXIT.failed;
    }
  },
};

async function write(dir: string, topic: string, form: Form): Promise<number> {
  using reader = new StoreReader(dir);
  const entries = new EntryReader();
  const shown = stdout.is_terminal;
  let is_open = true, text = "";
  stdout.whenClosed().then(() => is_open = false);
  const parts = topic === LEDGER
    ? paymentTexts(reader, entries, form, shown)
    : messageTexts(reader, entries, topic, form, shown);
  for (const part of parts) {
    text += part;
    if (text.length < WRITE_CHARS) continue;
    await stdout.print(text);
    text = "";
    // Whoever reads has enough.
    if (!is_open) return EXIT.done;
  }
  await stdout.print(text);
  reader.finish();
  if (entries.damaged === 0) return EXIT.done;
  const what = entries.damaged === 1
    ? "1 damaged entry was"
    : `${entries.damaged} damaged entries were`;
  say(`rumor: ${what} left out; see rumor verify`);
  return EXIT.failed;
}

function* messageTexts(
  reader: StoreReader,
  entries: EntryReader,
  topic: string,
  form: Form,
  shown: boolean,
): Generator<string> {
  if (form === "csv") yield MESSAGES_HEADER;
  for (const rows of reader.rows(topic)) {
    for (const entry of entries.read(rows)) {
      if (form === "csv") yield messagesOf(entry).map((line) => messageRow(line, shown)).join("");
      else {
        const { origin, time_ms, first, items, seq, deps } = entry;
        const record = { kind: "items" as const, topic, origin, time_ms, entry: seq, deps, first };
        yield itemObjects({ ...record, items }, { json: true, shown });
      }
    }
  }
}

function* paymentTexts(
  reader: StoreReader,
  entries: EntryReader,
  form: Form,
  shown: boolean,
): Generator<string> {
  const ndjson = ({ transaction }: Payment) =>
    appliedLine({ kind: "applied", transaction, replaced: null }, { json: true, shown });
  const ledger = new PaymentReader();
  for (const rows of reader.rows(LEDGER)) ledger.take(entries.read(rows));
  if (form === "csv") yield PAYMENTS_HEADER;
  for (const payment of ledger.payments()) {
    if (form === "csv") yield paymentRow(payment, shown);
    else if (form === "hledger") yield journalEntry(payment, shown);
    else yield ndjson(payment);
  }
}

export default command;
