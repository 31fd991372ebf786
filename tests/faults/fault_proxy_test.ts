/** The proxy itself: what it promises to do to connections is what happens to them. */

import { assert, assertEquals } from "@std/assert";
import { type Damage, FaultProxy, type Weather } from "../helpers/fault_proxy.ts";
import { withDeadline } from "../../tools/lines.ts";

const WAIT_MS = 20_000;
/** Long enough for bytes that are not held back to arrive, on a busy machine, too. */
const QUIET_MS = 150;

/** A server that answers each read with the same bytes. */
class Echo implements AsyncDisposable {
  readonly #listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  readonly #connections: Deno.TcpConn[] = [];
  readonly #work: Promise<unknown>[] = [];

  constructor() {
    this.#work.push(this.#serve());
  }

  get address(): string {
    return `127.0.0.1:${this.#listener.addr.port}`;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#listener.close();
    for (const connection of this.#connections) {
      try {
        connection.close();
      } catch {
        // The other side was quicker.
      }
    }
    await Promise.all(this.#work);
  }

  async #serve(): Promise<void> {
    for await (const connection of this.#listener) {
      this.#connections.push(connection);
      this.#work.push(connection.readable.pipeTo(connection.writable).catch(() => {}));
    }
  }
}

/** Somebody who says hello with an address, and hears it again. */
class Caller implements Disposable {
  readonly #connection: Deno.TcpConn;

  private constructor(connection: Deno.TcpConn) {
    this.#connection = connection;
  }

  static async dial(door: string, own: string): Promise<Caller> {
    const [hostname, port] = door.split(":");
    const caller = new Caller(await Deno.connect({ hostname, port: Number(port) }));
    await caller.say(`{"k":"hello","address":"${own}"}\n`);
    return caller;
  }

  async say(text: string): Promise<void> {
    await this.#connection.write(new TextEncoder().encode(text));
  }

  /** What comes next, or null at the end. */
  async hear(): Promise<string | null> {
    const buffer = new Uint8Array(1_000);
    const read = this.#connection.read(buffer).catch(() => null);
    const n = await withDeadline(read, WAIT_MS, () => "an answer");
    return n === null ? null : new TextDecoder().decode(buffer.subarray(0, n));
  }

  [Symbol.dispose](): void {
    this.#connection.close();
  }
}

interface Stage {
  readonly proxy: FaultProxy;
  readonly door: string;
  /** The address that the caller says it has. */
  readonly own: string;
}

async function onStage(act: (stage: Stage) => Promise<void>): Promise<void> {
  await using echo = new Echo();
  await using proxy = new FaultProxy();
  const door = proxy.door(echo.address), own = proxy.door(echo.address);
  await act({ proxy, door, own });
}

/** Milliseconds from saying something to hearing it, and what was done to it. */
async function timeEcho(weather: Partial<Weather>): Promise<{ ms: number; damage: Damage }> {
  let ms = 0, damage: Damage | null = null;
  await onStage(async ({ proxy, door, own }) => {
    using caller = await Caller.dial(door, own);
    await caller.hear();
    proxy.oneWay([own], [door], weather);
    const began = performance.now();
    await caller.say("x".repeat(100));
    await caller.hear();
    ms = performance.now() - began;
    damage = proxy.damage;
  });
  return { ms, damage: damage! };
}

Deno.test("`FaultProxy` delays, slows and loses", async () => {
  // Timers may be early by a part of a millisecond.
  const late = await timeEcho({ delay_ms: 60, jitter_ms: 10 });
  assert(late.ms >= 59, `${late.ms} ms`);
  const slow = await timeEcho({ bytes_per_second: 1_000 });
  assert(slow.ms >= 99, `${slow.ms} ms`);
  const lossy = await timeEcho({ loss: 1 });
  assert(lossy.ms >= 1_399, `${lossy.ms} ms`);
  assertEquals([late, slow, lossy].map(({ damage }) => damage.lost_packets), [0, 0, 3]);
  assertEquals([late, slow, lossy].map(({ damage }) => damage.delayed), [1, 1, 1]);
});

Deno.test("`FaultProxy` stalls one way only, keeps what was sent, and lets it through again", () =>
  onStage(async ({ proxy, door, own }) => {
    using caller = await Caller.dial(door, own);
    using guest = await Caller.dial(door, "");
    await caller.hear();
    await guest.hear();
    proxy.oneWay([own], [door], { stalled: true });
    let heard = false;
    await caller.say("one");
    const answer = caller.hear().finally(() => heard = true);
    await guest.say("two");
    assertEquals(await guest.hear(), "two");
    await new Promise((resolve) => setTimeout(resolve, QUIET_MS));
    assert(!heard, "something came through");
    proxy.calm();
    assertEquals(await answer, "one");
    assertEquals([proxy.damage.stalled, proxy.damage.connections], [1, 2]);
  }));

Deno.test("`FaultProxy` cuts connections between two sides, and refuses new ones", () =>
  onStage(async ({ proxy, door, own }) => {
    using caller = await Caller.dial(door, own);
    await caller.hear();
    proxy.between([door], [own], { cut: true });
    assertEquals(await caller.hear(), null);
    using again = await Caller.dial(door, own);
    assertEquals(await again.hear(), null);
    using guest = await Caller.dial(door, "");
    assertEquals(await guest.hear(), '{"k":"hello","address":""}\n');
    assertEquals([proxy.damage.cut, proxy.damage.refused], [1, 1]);
    proxy.calm();
    using third = await Caller.dial(door, own);
    assertEquals(await third.hear(), `{"k":"hello","address":"${own}"}\n`);
  }));

Deno.test("`FaultProxy.working()` waits for a link on which both ways take something", () =>
  onStage(async ({ proxy, door, own }) => {
    using caller = await Caller.dial(door, own);
    await caller.hear();
    proxy.between([door], [own], { stalled: true });
    await caller.say("one");
    const since_ms = performance.now();
    const working = proxy.working([own], [door], since_ms, WAIT_MS);
    proxy.calm();
    assertEquals(await caller.hear(), "one");
    assert(await working >= since_ms);
  }));
