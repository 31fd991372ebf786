/** `rumor export`: what a data directory holds, in other forms. */

import type { AppModule, Command, StoredReader } from "../../apps/app.ts";
import type { Entry } from "../../core/log/entry.ts";
import { PRESENCE } from "../../core/log/slice.ts";
import { StoreError } from "../../shell/files/files.ts";
import { StoreReader } from "../../shell/store/reader.ts";
import { flagLines, readArgs } from "../args/args.ts";
import { readChoice, readPath } from "../args/values.ts";
import { EXIT, UsageError } from "../args/exit.ts";
import { helpFlags, topicFlag } from "../args/flags.ts";
import { moduleOf } from "../args/topics.ts";
import { say } from "../output/stderr.ts";
import { stdout } from "../output/stdout.ts";
import { EntryReader } from "../stored/entries.ts";
import { messagesIn } from "../stored/messages.ts";

/** Forms of every topic. */
const FORMS = ["ndjson", "csv"];

function flagsFor(apps: readonly AppModule[]) {
  const own = apps.flatMap(({ exports }) => exports?.forms ?? []);
  const forms = [...FORMS, ...own];
  return {
    data: { value: "DIR", help: "the directory that a node had as --data", read: readPath },
    topic: { ...topicFlag.topic, help: "what to print (default: chat, or what has the form)" },
    format: {
      value: "NAME",
      help: `${forms.join(", ")} (default: ndjson)`,
      read: readChoice(...forms),
    },
    ...helpFlags,
  } as const;
}

/** What makes text of stored entries. */
type Exporter = Pick<StoredReader, "export">;

/** Text that is written at once, about. */
const WRITE_CHARS = 65_536;

const command: Command = {
  summary: "print what a data directory holds, for other programs",
  help: (apps) => {
    const exports = apps.flatMap((app) => app.exports ?? []);
    return `Examples:
  rumor export --data ~/rumor | jq -r .text
${exports.map(({ examples }) => examples).join("")}
Usage: rumor export --data DIR [FLAGS]

Reads only, also while a node runs there. ndjson is what rumor sub --json prints. csv begins with a
header; its lines end in a newline.
${exports.map(({ help }) => help).join("")}
Flags:
${flagLines(flagsFor(apps))}

Exit codes: 0 done, 1 no data, or some of it damaged, 2 usage.
`;
  },
  run: async (args, env, apps) => {
    const { given, words } = readArgs(args, flagsFor(apps), env);
    if (words.length > 0) throw new UsageError(`${words[0]} is not expected`);
    if (given.data === undefined) throw new UsageError("--data DIR is needed: what to export");
    const form = given.format ?? "ndjson";
    const owner = apps.find(({ exports }) => exports?.forms.includes(form))?.exports;
    const topic = given.topic ?? owner?.topic ?? "chat";
    if (owner !== undefined && topic !== owner.topic) {
      throw new UsageError(`--format ${form} is for --topic ${owner.topic}`);
    }
    if (topic === PRESENCE) throw new UsageError("--topic presence is the nodes' own");
    const stored = await moduleOf(topic, apps)?.stored?.() ?? messagesIn(topic);
    try {
      return await write(given.data, topic, form, stored);
    } catch (error) {
      if (!(error instanceof StoreError)) throw error;
      say(`rumor: ${error.message}`);
      return EXIT.failed;
    }
  },
};

async function write(
  dir: string,
  topic: string,
  form: string,
  stored: Exporter,
): Promise<number> {
  using reader = new StoreReader(dir);
  const entries = new EntryReader();
  const shown = stdout.is_terminal;
  let is_open = true, text = "";
  stdout.whenClosed().then(() => is_open = false);
  const parts = stored.export(goodEntries(reader, entries, topic), form, shown);
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

/** The entries of a topic that are good, some at a time. */
function* goodEntries(
  reader: StoreReader,
  entries: EntryReader,
  topic: string,
): Generator<readonly Entry[]> {
  for (const rows of reader.rows(topic)) yield entries.read(rows);
}

export default command;
