/**
 * What every transport must do, so that the core cannot tell one from another; what only a reliable
 * one does; and what one does instead that may lose lines.
 */

import { assert, assertEquals } from "@std/assert";
import { LINE_BYTES_MAX } from "../../src/core/data/limits.ts";
import type { Connection, TransportHandler } from "../../src/shell/net/transport.ts";

/** Two hosts of one transport. */
export interface Pair {
  /** An address that the second host listens on, and one that nobody does. */
  readonly address: string;
  readonly nowhere: string;
  /** Dials from the first host. */
  dial(address: string): void;
  /** Lets things happen until a condition holds; fails where it never does. */
  until(condition: () => boolean): Promise<void>;
  end(): Promise<void>;
}

/** Makes two hosts that report to two handlers. */
export type MakePair = (near: TransportHandler, far: TransportHandler) => Promise<Pair>;

const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** What a host was told, in order. */
class Host implements TransportHandler {
  readonly told: string[] = [];
  connection: Connection | null = null;

  opened(connection: Connection, dialled: string | null): void {
    this.connection = connection;
    this.told.push(dialled === null ? "accepted" : "dialled");
  }
  dialFailed(): void {
    this.told.push("failed");
  }
  lines(connection: Connection, lines: readonly Uint8Array[]): void {
    assert(connection === this.connection);
    // The views end with the call, so the text is made now.
    this.told.push(...lines.map((line) => `line ${decoder.decode(line)}`));
  }
  garbled(_: Connection, code: string): void {
    this.told.push(code);
  }
  closed(connection: Connection): void {
    assert(connection === this.connection);
    this.told.push("closed");
  }
  count(what: string): number {
    return this.told.filter((one) => one.startsWith(what)).length;
  }
}

/** Wakes who waits for a condition whenever a host is told something. */
export class Waker {
  #resolve = (): void => {};

  /** The same host, which wakes after each call. */
  watch<T extends object>(host: T): T {
    return new Proxy(host, {
      get: (target, name) => {
        const value = Reflect.get(target, name);
        if (typeof value !== "function") return value;
        return (...args: unknown[]) => {
          value.apply(target, args);
          this.#resolve();
        };
      },
    });
  }

  /** Resolves once a condition holds. */
  async until(condition: () => boolean): Promise<void> {
    while (!condition()) await new Promise<void>((resolve) => this.#resolve = resolve);
  }
}

type Body = (near: Host, far: Host, pair: Pair) => Promise<void>;

function makeTest(name: string, make: MakePair): (does: string, body: Body) => void {
  return (does, body) =>
    Deno.test(`${name} ${does}`, async () => {
      const near = new Host(), far = new Host();
      const pair = await make(near, far);
      try {
        await body(near, far, pair);
      } finally {
        await pair.end();
      }
    });
}

/** Connects, and says something first, as whoever dials does. */
async function connect(near: Host, far: Host, pair: Pair): Promise<void> {
  pair.dial(pair.address);
  await pair.until(() => near.connection !== null);
  const accepted = () => pair.until(() => far.connection !== null);
  if (!near.connection!.lossy) return await accepted();
  await sayUntil(() => near.connection!.send([encoder.encode("hello\n")]), accepted);
}

/** Registers the tests for a reliable transport. */
export function conform(name: string, make: MakePair): void {
  conformAny(name, make);
  conformReliable(name, make);
}

/** Registers the tests for a transport that may lose lines. */
export function conformLossy(name: string, make: MakePair): void {
  conformAny(name, make);
  const test = makeTest(name, make);

  test("says that lines may be lost", async (near, far, pair) => {
    await connect(near, far, pair);
    assertEquals([near.connection!.lossy, far.connection!.lossy], [true, true]);
  });

  test("carries lines whole or not at all, of all sizes", async (near, far, pair) => {
    await connect(near, far, pair);
    const sizes = [0, 1, 100, 1_100, 1_200, 5_000, 65_536, LINE_BYTES_MAX];
    const texts = sizes.map((size) => "x".repeat(size));
    const missing = () => texts.filter((text) => !far.told.includes(`line ${text}`));
    await sayUntil(
      () => near.connection!.send(missing().map((text) => encoder.encode(`${text}\n`))),
      () => pair.until(() => missing().length === 0),
    );
    const sent = new Set(["line hello", ...texts.map((text) => `line ${text}`)]);
    for (const told of far.told.slice(1)) assert(sent.has(told), told.slice(0, 100));
  });

  test("carries lines both ways at once", async (near, far, pair) => {
    await connect(near, far, pair);
    await sayUntil(
      () => {
        near.connection!.send([encoder.encode("there\n")]);
        far.connection!.send([encoder.encode("back\n")]);
      },
      () => pair.until(() => far.count("line there") > 0 && near.count("line back") > 0),
    );
    assertEquals(near.count("line hello"), 0);
  });
}

/** Says something again and again, because it may be lost, until what is waited for has happened. */
async function sayUntil(say: () => void, until: () => Promise<void>): Promise<void> {
  const timer = setInterval(say, 100);
  try {
    say();
    await until();
  } finally {
    clearInterval(timer);
  }
}

/** Registers the tests for any transport. */
function conformAny(name: string, make: MakePair): void {
  const test = makeTest(name, make);

  test("tells who dialled and who accepted", async (near, far, pair) => {
    await connect(near, far, pair);
    assertEquals([near.told[0], far.told[0]], ["dialled", "accepted"]);
    assert(far.connection!.remote_host !== "" && near.connection!.local_host !== "");
  });

  test("tells once that nobody answers", async (near, _, pair) => {
    pair.dial(pair.nowhere);
    await pair.until(() => near.told.length > 0);
    assertEquals(near.told, ["failed"]);
  });

  test("tells both once that one has closed", async (near, far, pair) => {
    await connect(near, far, pair);
    near.connection!.close();
    near.connection!.close();
    await pair.until(() => far.count("closed") === 1 && near.count("closed") === 1);
    assertEquals([near.told.at(-1), far.told.at(-1)], ["closed", "closed"]);
  });

  test("carries nothing to a side that has closed", async (near, far, pair) => {
    await connect(near, far, pair);
    far.connection!.close();
    near.connection!.send([encoder.encode("unheard\n")]);
    await pair.until(() => far.count("closed") === 1 && near.count("closed") === 1);
    assertEquals(far.count("line unheard"), 0);
  });
}

/** Registers the tests for what only a reliable transport does. */
function conformReliable(name: string, make: MakePair): void {
  const test = makeTest(name, make);

  test("carries whole lines in order, both ways at once", async (near, far, pair) => {
    await connect(near, far, pair);
    const texts = Array.from({ length: 300 }, (_, i) => `${i} ${"é".repeat(i)}`);
    for (const text of texts) {
      near.connection!.send([encoder.encode(`${text}\n`)]);
      far.connection!.send([encoder.encode(`${text}\n`), encoder.encode("\n")]);
    }
    await pair.until(() => far.count("line") === 300 && near.count("line") === 600);
    assertEquals(far.told.slice(1), texts.map((text) => `line ${text}`));
    assertEquals(near.told.slice(1), texts.flatMap((text) => [`line ${text}`, "line "]));
  });

  test("carries a line of the largest size", async (near, far, pair) => {
    await connect(near, far, pair);
    const line = new Uint8Array(LINE_BYTES_MAX + 1).fill(0x78);
    line[LINE_BYTES_MAX] = 0x0a;
    near.connection!.send([line]);
    await pair.until(() => far.count("line") === 1);
    assertEquals(far.told[1].length, LINE_BYTES_MAX + 5);
  });

  test("delivers what was sent before a close, then tells both once", async (near, far, pair) => {
    await connect(near, far, pair);
    for (let i = 0; i < 50; i++) near.connection!.send([encoder.encode(`${i}\n`)]);
    near.connection!.close();
    near.connection!.close();
    near.connection!.send([encoder.encode("too late\n")]);
    await pair.until(() => far.count("closed") === 1 && near.count("closed") === 1);
    assertEquals(far.told.slice(1), [
      ...Array.from({ length: 50 }, (_, i) => `line ${i}`),
      "closed",
    ]);
    assertEquals(near.told, ["dialled", "closed"]);
  });
}
