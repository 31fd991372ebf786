/** What tests of local sockets and tokens have in common: a place, and who is told of connections. */

import type { Connection, TransportHandler } from "../../src/shell/net/transport.ts";
import { WINDOWS } from "./network.ts";

/** A test with a directory of its own; on Windows there is nothing to test. */
export function test(name: string, body: (place: string) => Promise<void>): void {
  Deno.test({
    name,
    ignore: WINDOWS,
    fn: async () => {
      const place = Deno.makeTempDirSync();
      try {
        await body(place);
      } finally {
        Deno.removeSync(place, { recursive: true });
      }
    },
  });
}

/** What a transport was told first. */
export class Told implements TransportHandler {
  readonly #first = Promise.withResolvers<Connection | string>();
  readonly first = this.#first.promise;

  opened(connection: Connection): void {
    this.#first.resolve(connection);
  }
  dialFailed(_: string, why: string): void {
    this.#first.resolve(why);
  }
  lines(): void {}
  garbled(): void {}
  closed(): void {}
}

/** What is in a directory. */
export function names(place: string): string[] {
  return [...Deno.readDirSync(place)].map(({ name }) => name).sort();
}

/** A socket that nobody listens on any more, as a killed node leaves it. */
export function makeStale(path: string): void {
  // Closing removes the name that it was made under.
  using _listener = Deno.listen({ transport: "unix", path: `${path}.tmp` });
  Deno.renameSync(`${path}.tmp`, path);
}
