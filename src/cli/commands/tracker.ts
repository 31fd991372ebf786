/** `rumor tracker`: the meeting point of a network. */

import type { Command } from "../../apps/app.ts";
import type { Event, Notice } from "../../core/types.ts";
import { joinAddress } from "../../core/data/address.ts";
import { TRACKER_PEERS_MAX } from "../../tracker/limits.ts";
import { initialTracker, reduceTracker } from "../../tracker/reduce.ts";
import { makeEnv, makeIdentity, NO_SEALS } from "../../shell/crypto/crypto.ts";
import { Driver, type OwnEffect } from "../../shell/node/driver.ts";
import { fallbackHost } from "../../shell/net/host.ts";
import { describeError, TcpTransport } from "../../shell/net/tcp.ts";
import { flagLines, type Given, readArgs } from "../args/args.ts";
import { readCount } from "../args/values.ts";
import { EXIT, UsageError } from "../args/exit.ts";
import { helpFlags, networkFlag, nodeFlags } from "../args/flags.ts";
import { say } from "../output/stderr.ts";
import { watchSignals } from "../input/signals.ts";

const flags = {
  listen: nodeFlags.listen,
  "max-peers": {
    value: "N",
    help: `refuse further peers (default and most: ${TRACKER_PEERS_MAX})`,
    read: readCount(1, TRACKER_PEERS_MAX),
  },
  ...networkFlag,
  ...helpFlags,
} as const;

const command: Command = {
  summary: "be a meeting point, where nodes find each other",
  help: `Examples:
  rumor tracker --listen 0.0.0.0:7900
  rumor tracker --listen 0.0.0.0:7900 --max-peers 10 --network lab

Usage: rumor tracker [FLAGS]

Nodes that name it with --tracker learn of each other here, and link. No line of theirs passes
through it: it may stop and start again, and those that are linked do not notice. Names of nodes
(--name) are unique at a tracker. It reads no input, and runs until it is ended.

Flags:
${flagLines(flags)}

Every flag with a value can be set in the environment, as RUMOR_LISTEN, RUMOR_MAX_PEERS, ...; flags
win. Exit codes: 1 it cannot listen there, 2 usage, 130 interrupted, 143 ended by SIGTERM.
`,
  run: async (args, env) => {
    const { given, words } = readArgs(args, flags, env);
    if (words.length > 0) throw new UsageError(`${words[0]} is not expected`);
    return await serve(given);
  },
};

/** Runs a tracker until somebody ends it; gives the exit code. */
async function serve(given: Given<typeof flags>): Promise<number> {
  const { host, port } = given.listen ?? { host: "0.0.0.0", port: 0 };
  const ended = Promise.withResolvers<number>();
  let code: number | null = null;
  const identity = makeIdentity();
  const tracker = initialTracker({
    id: identity.id,
    network: given.network ?? "rumor",
    peers_max: given["max-peers"] ?? TRACKER_PEERS_MAX,
  });
  const perform = (effect: OwnEffect): readonly Event[] => {
    if (effect.kind === "notice") tell(effect.notice);
    if (effect.kind === "done") ended.resolve(code ?? EXIT.done);
    return [];
  };
  const driver = new Driver(
    tracker,
    reduceTracker,
    {
      env: makeEnv(() => identity, NO_SEALS),
      asksForTick: (_, { kind }) => kind !== "tick",
      perform,
      settled: () => {},
    },
    (handler) => new TcpTransport(handler),
  );
  let at_once = false;
  const stop = watchSignals((signal_code) => {
    at_once = code === signal_code;
    code = signal_code;
    // The second time nobody wants to wait.
    if (at_once) ended.resolve(code);
    else driver.leave(0);
  });
  try {
    driver.start(host, port, fallbackHost());
  } catch (error) {
    stop();
    say(`rumor: cannot listen on ${joinAddress(host, port)}: ${describeError(error)}`);
    return EXIT.failed;
  }
  try {
    const result = await ended.promise;
    if (!at_once) await driver.close();
    return result;
  } finally {
    stop();
  }
}

function tell(notice: Notice): void {
  if (notice.kind === "listening") say(`listening on ${notice.address}`);
}

export default command;
