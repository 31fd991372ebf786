/** What a node needs before it starts: whom to join, its directory, and what carries its lines. */

import type { AppModule } from "../../apps/app.ts";
import { prepareTransport } from "../../shell/net/mixed.ts";
import { describeError } from "../../shell/net/tcp.ts";
import type { Transport, TransportHandler } from "../../shell/net/transport.ts";
import type { Store } from "../../shell/store/store.ts";
import type { Given } from "../args/args.ts";
import type { nodeFlags } from "../args/flags.ts";
import { say } from "../output/stderr.ts";
import type { Terminal } from "../prompt/mod.ts";
import type { Tell } from "./app.ts";
import { storedApps } from "./apps.ts";

/** Where a node listens. */
export interface Place {
  readonly host: string;
  readonly port: number;
}

/** Makes what carries the lines, for who handles them. */
export type MakeTransport = (handler: TransportHandler) => Transport;

/** Asks a person for a peer to join; none where the answer is empty or no address. */
export async function askPeer(terminal: Terminal): Promise<readonly string[]> {
  const question = "Peer to join, as host:port (empty starts a new network): ";
  const answer = (await terminal.ask(question))?.trim() ?? "";
  if (answer === "") return [];
  const { readAddress } = await import("../args/values.ts");
  try {
    return [readAddress(answer)];
  } catch {
    say(`rumor: ${answer} is not HOST:PORT; starting a new network`);
    return [];
  }
}

/** The directory of `--data`, null without one; or why it cannot be used. Tells what was mended in it. */
export async function openStore(
  { data }: Pick<Given<typeof nodeFlags>, "data">,
  apps: readonly AppModule[],
  tell: Tell,
): Promise<Store | null | string> {
  if (data === undefined) return null;
  // Only who stores something pays for SQLite.
  const { Store, StoreError } = await import("../../shell/store/store.ts");
  try {
    const store = Store.open(data, storedApps(apps));
    for (const report of store.reports) tell(`rumor: ${report}`);
    return store;
  } catch (error) {
    if (!(error instanceof StoreError)) throw error;
    return error.message;
  }
}

/** What carries the lines; or why it cannot listen. */
export async function openTransport(
  { transport = "tcp", mtu }: Pick<Given<typeof nodeFlags>, "transport" | "mtu">,
  place: Place,
  tell: Tell,
): Promise<MakeTransport | string> {
  const onNoLocal = (why: string) => tell(`rumor: no local socket for guests: ${why}`);
  const options = { onNoLocal, ...(mtu === undefined ? {} : { mtu }) };
  try {
    return await prepareTransport(transport, place, options);
  } catch (error) {
    return `cannot listen on ${place.host}:${place.port}: ${describeError(error)}`;
  }
}
