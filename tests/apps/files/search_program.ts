/** Real nodes that have files, which link only to whom they join. */

import { fileURLToPath } from "node:url";
import type { HeldFile } from "../../../src/apps/files/search/messages.ts";
import { PERMISSIONS } from "../../../tools/permissions.ts";
import { LOCAL } from "../../helpers/network.ts";
import { known } from "../../helpers/private.ts";
import { Process } from "../../helpers/process.ts";

const path = (name: string) => fileURLToPath(new URL(name, import.meta.url));

/** The command that starts the program. */
export const COMMAND: readonly string[] = [
  Deno.execPath(),
  "run",
  "--quiet",
  "--no-check",
  "--config",
  path("../../../deno.json"),
  ...PERMISSIONS,
  path("search_main.ts"),
];

/** Nodes that end together. */
export class Holders implements AsyncDisposable {
  readonly all: Process[] = [];

  /** Starts a node with a name and files; it is known to the one that it joins. */
  async node(name: string, files: readonly HeldFile[], join?: Process): Promise<Process> {
    const to = join === undefined ? [] : ["--join", await join.address()];
    const args = ["--name", name, "--overlay", "given", ...to, ...LOCAL];
    const env = { TEST_FILES: JSON.stringify(files) };
    const node = new Process([...COMMAND, ...args], { env, name: `rumor of ${name}` });
    this.all.push(node);
    await node.address();
    if (join !== undefined) await known(join, name);
    return node;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.all.map((node) => node[Symbol.asyncDispose]()));
  }
}
