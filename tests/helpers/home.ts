/** The nodes and guests of one user, for tests of what they have in common. */

import { Nodes, WINDOWS } from "./network.ts";
import { type Process, type Result, runRumor } from "./process.ts";

/** Nodes of one user, who has no others: they find each other in a directory of their own. */
export class Home extends Nodes {
  readonly place: string = Deno.makeTempDirSync();
  readonly env: Readonly<Record<string, string>>;
  /** Where they find each other. */
  readonly run: string = `${this.place}/run`;

  /** `more` are variables for all of them. */
  constructor(more: Readonly<Record<string, string>> = {}) {
    super();
    this.env = { ...more, RUMOR_RUNTIME_DIR: this.run };
  }

  /** Starts a node; resolves with it and its address, once it listens. */
  async node(...args: string[]): Promise<{ node: Process; address: string }> {
    const node = this.start(args, { env: this.env });
    return { node, address: await node.address() };
  }

  /** Runs a guest of these nodes to its end. */
  guest(...args: string[]): Promise<Result> {
    return runRumor(args, { env: this.env });
  }

  /** The names of the sockets. */
  sockets(): string[] {
    return [...Deno.readDirSync(this.run)].map(({ name }) => name).sort();
  }

  override async [Symbol.asyncDispose](): Promise<void> {
    await super[Symbol.asyncDispose]();
    Deno.removeSync(this.place, { recursive: true });
  }
}

/** A test with a home of its own, and with these variables; on Windows ignored unless told otherwise. */
export function test(
  name: string,
  body: (home: Home) => Promise<void>,
  { env = {}, ignore = WINDOWS }: { env?: Record<string, string>; ignore?: boolean } = {},
): void {
  Deno.test({
    name,
    ignore,
    fn: async () => {
      await using home = new Home(env);
      await body(home);
    },
  });
}

/** The port of an address. */
export function portOf(address: string): string {
  return address.slice(address.lastIndexOf(":") + 1);
}
