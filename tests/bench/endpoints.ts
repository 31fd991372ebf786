/** Networks to measure, of real processes: `rumor`, and the bare Deno programs beside it. */

import { fileURLToPath } from "node:url";
import { Process, rumorCommand } from "../helpers/process.ts";
import { untilMeshed } from "./links.ts";

/** A network that is ready: what is fed to the first comes out of all the others. */
export interface Network extends AsyncDisposable {
  readonly feeder: Endpoint;
  readonly receivers: readonly Endpoint[];
}

/** One process of a network, and the file that its stdout goes to, if it goes to one. */
export interface Endpoint {
  readonly process: Process;
  readonly output: string;
  /** Where to feed it, if it does not read from the harness. */
  readonly fifo: string | null;
}

/** Where processes write to: a directory for their files, or null for pipes to the harness. */
export type Directory = string | null;

/**
 * Starts `count` `rumor` nodes, each joining the first, and waits for the full mesh. `argsOf` gives
 * further arguments for each.
 */
export async function startRumorNetwork(
  count: number,
  directory: Directory,
  argsOf: (index: number) => readonly string[] = () => [],
): Promise<Network> {
  await using stack = new AsyncDisposableStack();
  const start = async (index: number, join: readonly string[]) => {
    const args = ["--listen", "127.0.0.1:0", ...join, ...argsOf(index)];
    const command = [...rumorCommand(), ...args];
    return await startEndpoint(stack, command, `node${index}`, directory, index === 0);
  };
  const feeder = await start(0, []);
  const address = await feeder.process.address();
  const receivers: Endpoint[] = [];
  for (let i = 1; i < count; i++) receivers.push(await start(i, ["--join", address]));
  await Promise.all(receivers.map(({ process }) => process.address()));
  await untilMeshed([feeder, ...receivers].map(({ process }) => process.pid));
  const kept = stack.move();
  return { feeder, receivers, [Symbol.asyncDispose]: () => kept.disposeAsync() };
}

/** Starts one bare writer and `count - 1` bare readers. */
export async function startBareNetwork(count: number, directory: Directory): Promise<Network> {
  await using stack = new AsyncDisposableStack();
  const program = fileURLToPath(new URL("./bare.ts", import.meta.url));
  const bare = [Deno.execPath(), "run", "--quiet", "--no-check", "--allow-net", program];
  const writer = [...bare, "writer", String(count - 1)];
  const feeder = await startEndpoint(stack, writer, "writer", directory, true);
  const port = (await feeder.process.address()).split(":")[1];
  const receivers: Endpoint[] = [];
  for (let i = 1; i < count; i++) {
    const command = [...bare, "reader", port];
    receivers.push(await startEndpoint(stack, command, `reader${i}`, directory, false));
  }
  await feeder.process.waitForStderr("all are here");
  const kept = stack.move();
  return { feeder, receivers, [Symbol.asyncDispose]: () => kept.disposeAsync() };
}

async function startEndpoint(
  stack: AsyncDisposableStack,
  command: readonly string[],
  name: string,
  directory: Directory,
  fed: boolean,
): Promise<Endpoint> {
  if (directory === null) {
    const process = stack.use(new Process(command, { name }));
    return { process, output: "", fifo: null };
  }
  const output = `${directory}/${name}.out`;
  const fifo = fed ? `${directory}/${name}.in` : null;
  if (fifo !== null) {
    await new Deno.Command("mkfifo", { args: [fifo] }).output();
    // A writing end that stays open here lets the process start, and sees that its input never ends.
    stack.use(await Deno.open(fifo, { read: true, write: true }));
  }
  const script = `out=$1; shift; exec "$@" > "$out"` + (fifo === null ? "" : ` < "$IN"`);
  const shell = ["sh", "-c", script, "sh", output, ...command];
  const env: Record<string, string> = fifo === null ? {} : { IN: fifo };
  return { process: stack.use(new Process(shell, { name, env })), output, fifo };
}
