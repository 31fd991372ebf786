/** Runs `rumor` inside this process: for calls that are refused, of which there are many. */

import type { AppModule } from "../../src/apps/app.ts";
import { run } from "../../src/cli/run.ts";
import { withDeadline } from "../../tools/lines.ts";
import { LONG } from "./long.ts";
import type { Result } from "./process.ts";

/** Whether more than a few of the calls have a process of their own. */
export const MORE_STARTED: boolean = LONG || Deno.env.has("RUMOR_BIN");

/** Whoever refuses does so at once. */
const REFUSED_MS = 10_000;

/**
 * Runs the command to its end with these arguments and this environment, and nothing of the real one,
 * in a program with these apps, by default its own. One call at a time: meanwhile, what this process writes to stdout and stderr is taken for its own.
 */
export async function runInside(
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
  apps?: readonly AppModule[],
): Promise<Result> {
  using stdout = new Taken(Deno.stdout);
  using stderr = new Taken(Deno.stderr);
  const read = (variable: string) => Object.hasOwn(env, variable) ? env[variable] : undefined;
  const explain = () => `it goes on, although it should refuse ${JSON.stringify(args)}`;
  const code = await withDeadline(run(args, apps, read), REFUSED_MS, explain);
  return { code, signal: null, stdout: stdout.lines, stderr: stderr.lines };
}

/** What the synchronous and asynchronous writers of this process accept. */
type Writer = Pick<typeof Deno.stdout, "write" | "writeSync">;

/** Takes what is written, as long as it lasts. */
class Taken implements Disposable {
  readonly #writer: Writer;
  readonly #before: Writer;
  readonly #decoder = new TextDecoder();
  #text = "";

  constructor(writer: Writer) {
    this.#writer = writer;
    this.#before = { write: writer.write, writeSync: writer.writeSync };
    writer.writeSync = (bytes) => {
      this.#text += this.#decoder.decode(bytes, { stream: true });
      return bytes.length;
    };
    writer.write = (bytes) => Promise.resolve(writer.writeSync(bytes));
  }

  get lines(): string[] {
    return this.#text.split("\n").filter((line, index, all) => index < all.length - 1 || line);
  }

  [Symbol.dispose](): void {
    Object.assign(this.#writer, this.#before);
  }
}
