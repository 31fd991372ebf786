/** Connects to a holder that lets this node in. */

import { ANSWER_LINE_BYTES_MAX } from "../limits.ts";
import { describeError } from "../../../shell/net/tcp.ts";
import type { Clock } from "./clock.ts";
import { type ByeWhy, encodeLine, readAnswer, WIRE_VERSION } from "./protocol.ts";
import { Wire, WireError } from "./wire.ts";

/** Nobody waits longer for a holder to let it in, the connecting included. */
const DIAL_MS = 5_000;

const BYES: Readonly<Record<ByeWhy, string>> = {
  token: "it does not let this node in any more",
  version: "it speaks another version",
  busy: "it serves as many as it can",
};

/** Where a holder listens, and what it wants to be shown. */
export interface Door {
  readonly host: string;
  readonly port: number;
  readonly token: string;
}

/** Opens a wire on which the holder let this node in; rejects with why not, or when the signal says so. */
export async function dial(door: Door, clock: Clock, signal: AbortSignal): Promise<Wire> {
  signal.throwIfAborted();
  const { promise: late, reject } = Promise.withResolvers<never>();
  const cancel = clock.after(DIAL_MS, () => {
    reject(new WireError(`no answer within ${DIAL_MS / 1_000} s`));
  });
  const abort = () => reject(signal.reason);
  signal.addEventListener("abort", abort, { once: true });
  const attempt = new Attempt();
  try {
    return await Promise.race([attempt.open(door), late]);
  } catch (error) {
    attempt.close();
    throw new Error(describeError(error));
  } finally {
    cancel();
    signal.removeEventListener("abort", abort);
  }
}

/** A connection that is being opened. */
class Attempt {
  #wire: Wire | null = null;
  #closed = false;

  async open({ host, port, token }: Door): Promise<Wire> {
    const wire = new Wire(await Deno.connect({ hostname: host, port }), ANSWER_LINE_BYTES_MAX);
    this.#wire = wire;
    // Nobody waits for it any more.
    if (this.#closed) wire.close();
    await wire.write(encodeLine({ k: "files", v: WIRE_VERSION, token }));
    const line = await wire.readLine(), answer = line === null ? null : readAnswer(line);
    if (answer?.k === "bye") throw new WireError(BYES[answer.why]);
    if (answer?.k !== "files" || answer.v !== WIRE_VERSION) {
      throw new WireError("it answered what is no opening");
    }
    return wire;
  }

  close(): void {
    this.#closed = true;
    this.#wire?.close();
  }
}
