/** Real processes of the program with the counter, which find each other in a directory of their own. */

import { fileURLToPath } from "node:url";
import { PERMISSIONS } from "../../../tools/permissions.ts";
import { LOCAL } from "../../helpers/network.ts";
import { Process, type Result } from "../../helpers/process.ts";

const path = (name: string) => fileURLToPath(new URL(name, import.meta.url));
/** As `rumor` is started from its source, with no more permissions. */
const COMMAND = [
  Deno.execPath(),
  "run",
  "--quiet",
  "--no-check",
  "--config",
  path("../../../deno.json"),
  ...PERMISSIONS,
  path("main.ts"),
];

/** What runs in one test. */
export class Program implements AsyncDisposable {
  /** A directory that goes with it. */
  readonly place: string = Deno.makeTempDirSync();
  readonly #all: Process[] = [];

  /** Starts a node of the counter; resolves with its address once it listens. */
  async node(...args: string[]): Promise<{ node: Process; address: string }> {
    const node = this.start("counter", ...LOCAL, ...args);
    return { node, address: await node.address() };
  }

  /** Starts the program. */
  start(...args: string[]): Process {
    return this.#start(args, "run", "piped");
  }

  /** Runs the program to its end. */
  async run(...args: string[]): Promise<Result> {
    return await this.#start(args, "run", "null").result();
  }

  /** The same, as somebody for whom the nodes have no local sockets: all that is left is the port. */
  async runAsStranger(...args: string[]): Promise<Result> {
    return await this.#start(args, "elsewhere", "null").result();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#all.map((one) => one[Symbol.asyncDispose]()));
    Deno.removeSync(this.place, { recursive: true });
  }

  #start(args: readonly string[], home: string, stdin: "piped" | "null"): Process {
    const env = { RUMOR_RUNTIME_DIR: `${this.place}/${home}` };
    const process = new Process([...COMMAND, ...args], { stdin, env, name: args.join(" ") });
    this.#all.push(process);
    return process;
  }
}
