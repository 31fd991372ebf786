/** Ports for those who must know a number before anybody listens on it. */

import { createSocket } from "node:dgram";

/** Below all that systems give out by themselves: from 32,768 on Linux, from 49,152 elsewhere. */
const FIRST = 10_000, COUNT = 22_000;
const TRIES = 1_000;
const given = new Set<number>();

/**
 * A port of 127.0.0.1 on which nobody listens for connections. The system gives it to nobody who does
 * not ask for it by its number, so it stays free until it is used, whatever else is started.
 */
export function freePort(): number {
  for (const port of candidates()) {
    try {
      Deno.listen({ hostname: "127.0.0.1", port }).close();
      return port;
    } catch (error) {
      if (!(error instanceof Deno.errors.AddrInUse)) throw error;
    }
  }
  throw new Error("no port is free");
}

/** The same for datagrams. */
export async function freeDatagramPort(): Promise<number> {
  for (const port of candidates()) {
    const socket = createSocket("udp4");
    const bound = await new Promise<boolean>((resolve) => {
      socket.once("error", () => resolve(false));
      socket.bind({ port, address: "127.0.0.1" }, () => resolve(true));
    });
    await new Promise<void>((resolve) => socket.close(() => resolve()));
    if (bound) return port;
  }
  throw new Error("no port is free");
}

/** No port twice: it may be wanted only later. */
function* candidates(): Generator<number> {
  for (let tried = 0; tried < TRIES; tried++) {
    const port = FIRST + Math.floor(Math.random() * COUNT);
    if (given.has(port)) continue;
    given.add(port);
    yield port;
  }
}
