/** `rumor peers`: who is there, as a running node knows it. */

import { delay } from "@std/async/delay";
import type { Command } from "../../apps/app.ts";
import { flagLines, readArgs } from "../args/args.ts";
import { readChoice, readSwitch } from "../args/values.ts";
import { EXIT, UsageError } from "../args/exit.ts";
import { helpFlags, joinFlag, jsonFlag, networkFlag, timeoutFlag } from "../args/flags.ts";
import { type Ask, inquire } from "../guest/inquiry.ts";
import { say } from "../output/stderr.ts";
import { stdout } from "../output/stdout.ts";
import { objectsText, tableText, timeText } from "../output/table.ts";

const flags = {
  ...joinFlag,
  status: {
    value: "STATE",
    many: true,
    help: "only those that are alive, suspect, failed, left, or named by others only",
    read: readChoice("alive", "suspect", "failed", "left", "named"),
  },
  watch: { help: "go on, and print each peer again when it changes", read: readSwitch },
  counts: { help: "print instead how often each thing happened at the node", read: readSwitch },
  ...jsonFlag,
  ...timeoutFlag,
  ...networkFlag,
  ...helpFlags,
} as const;

/** How often a node is asked again. */
const WATCH_MS = 1_000;
const COLUMNS = ["id", "name", "address", "state", "since", "direct"] as const;

type Peer = Readonly<Record<typeof COLUMNS[number], string>>;

const command: Command = {
  summary: "print who is there, as a running node knows it",
  help: `Examples:
  rumor peers --join 10.0.0.5:7000
  rumor peers --join 10.0.0.5:7000 --status failed --status suspect
  rumor peers --join 10.0.0.5:7000 --watch --json
  rumor peers --join 10.0.0.5:7000 --counts | grep closed

Usage: rumor peers [FLAGS]

Prints ID NAME ADDRESS STATE SINCE LINK, a line each, the node itself first; - where there is nothing
to say. STATE is alive, suspect (it does not answer somebody), failed (it does not answer at all), left
(it said goodbye), or named (others named it, it has not spoken itself). LINK is direct where the node
has a link to it, self for the node itself. With --counts, NAME COUNT: links closed by reason, lines
refused, duplicates, gaps, members that failed.

Flags:
${flagLines(flags)}

Exit codes: 0 done, 1 failed, 2 usage, 69 no node reachable, 75 no answer in time, 130 interrupted.
`,
  run: async (args, env) => {
    const { given, words } = readArgs(args, flags, env);
    if (words.length > 0) throw new UsageError(`${words[0]} is not expected; see --status`);
    const shown = stdout.is_terminal;
    const closed = new AbortController();
    stdout.whenClosed().then(() => closed.abort());
    const print = (peers: readonly Peer[]) => {
      const text = given.json
        ? objectsText(peers.map(peerObject), shown)
        : tableText(peers.map((peer) => COLUMNS.map((column) => peer[column])), shown);
      return stdout.print(text);
    };
    const isWanted = ({ state }: Peer) =>
      given.status.length === 0 || given.status.some((status) => status === state);
    if (given.counts && (given.watch || given.status.length > 0)) {
      throw new UsageError("--counts goes with neither --watch nor --status");
    }
    return await inquire(given, async (ask) => {
      if (given.counts) {
        const rows = await ask({ q: "counts" });
        const objects = rows.map(([name = "", count = ""]) => ({ name, count: Number(count) }));
        const lines = rows.map(([name = "", count = ""]) => [`${name} ${count}`]);
        const text = given.json ? objectsText(objects, shown) : tableText(lines, shown);
        await stdout.print(text);
        return EXIT.done;
      }
      let known = new Map<string, string>();
      do {
        const peers = await askPeers(ask);
        if (peers === null) return EXIT.failed;
        const changed = peers.filter((peer) =>
          isWanted(peer) && known.get(peer.id) !== JSON.stringify(peer)
        );
        known = new Map(peers.map((peer) => [peer.id, JSON.stringify(peer)]));
        if (changed.length > 0) await print(changed);
      } while (given.watch && await pauseUnless(closed.signal));
      return EXIT.done;
    });
  },
};

async function askPeers(ask: Ask): Promise<Peer[] | null> {
  const rows = await ask({ q: "peers" });
  if (rows.every((row) => row.length >= COLUMNS.length)) {
    return rows.map(([id, name, address, state, since, direct]) => {
      return { id, name, address, state, since: timeText(since), direct };
    });
  }
  say("rumor: the node's answer makes no sense");
  return null;
}

/** Waits a moment; false where nobody reads any more. */
function pauseUnless(closed: AbortSignal): Promise<boolean> {
  return delay(WATCH_MS, { signal: closed }).then(() => true, () => false);
}

function peerObject({ direct, ...rest }: Peer) {
  return { ...rest, direct: direct === "direct", self: direct === "self" };
}

export default command;
