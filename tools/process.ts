/** Starts real `rumor` processes and waits for what they print: by event, with a deadline. */

import { fileURLToPath } from "node:url";
import { PERMISSIONS } from "./permissions.ts";
import { type LineCheck, LineCollector, withDeadline } from "./lines.ts";

/** How long a wait lasts, unless it is told, before it fails and shows what was printed. */
export const DEFAULT_TIMEOUT_MS = 30_000;

/** How to start a process; everything is optional. */
export interface StartOptions {
  /** `"piped"` (the default) for `send()`, `"null"` for an input that is over at once. */
  readonly stdin?: "piped" | "null";
  /** Added to the caller's environment, from which every `RUMOR_*` has been taken out. */
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
  /** What error messages call it; default: its arguments. */
  readonly name?: string;
  /** Makes the process lead a group that is ended as one: for a shell and what it starts. */
  readonly group?: boolean;
}

/** How long to wait. */
export interface WaitOptions {
  readonly timeout_ms?: number;
}

/** What a process that has ended leaves behind. */
export interface Result {
  readonly code: number;
  /** The signal that ended it, or null when it ended by itself. */
  readonly signal: Deno.Signal | null;
  readonly stdout: readonly string[];
  readonly stderr: readonly string[];
}

/** The command that starts `rumor`: the binary in `RUMOR_BIN`, else Deno with the source. */
export function rumorCommand(): string[] {
  const binary = Deno.env.get("RUMOR_BIN");
  if (binary) return [binary];
  const path = (name: string) => fileURLToPath(new URL(`../${name}`, import.meta.url));
  return [
    Deno.execPath(),
    "run",
    "--quiet",
    "--no-check",
    "--config",
    path("deno.json"),
    ...PERMISSIONS,
    path("main.ts"),
  ];
}

/** The caller's environment without its `RUMOR_*`, without colours, and with `extra`. */
export function cleanEnv(extra: Readonly<Record<string, string>> = {}): Record<string, string> {
  const own = Object.entries(Deno.env.toObject()).filter(([key]) => !key.startsWith("RUMOR_"));
  return {
    ...Object.fromEntries(own),
    NO_COLOR: "1",
    RUMOR_RUNTIME_DIR: runtimeDirectory(),
    ...extra,
  };
}

let runtime_directory = "";

/** Where the nodes of this program find each other, and no others do. It goes when the program ends. */
function runtimeDirectory(): string {
  if (runtime_directory !== "") return runtime_directory;
  runtime_directory = Deno.makeTempDirSync({ prefix: "rumor-run-" });
  globalThis.addEventListener("unload", () => {
    Deno.removeSync(runtime_directory, { recursive: true });
  });
  return runtime_directory;
}

/** One process that was started here, and that ends when it is disposed of. */
export class Process implements AsyncDisposable {
  /** Called with each read of stdout, before its lines are collected: for who takes the time. */
  onStdout: ((bytes: Uint8Array) => void) | null = null;
  readonly #child: Deno.ChildProcess;
  readonly #name: string;
  readonly #group: boolean;
  readonly #input: WritableStreamDefaultWriter<Uint8Array> | null;
  readonly #output: ReadableStreamDefaultReader<Uint8Array>;
  readonly #out = new LineCollector();
  readonly #err = new LineCollector();
  readonly #ended: Promise<Deno.CommandStatus>;
  #status: Deno.CommandStatus | null = null;

  constructor(command: readonly string[], options: StartOptions = {}) {
    const [program, ...args] = command;
    this.#name = options.name ?? command.slice(-4).join(" ");
    this.#group = options.group ?? false;
    this.#child = new Deno.Command(program, {
      args,
      stdin: options.stdin ?? "piped",
      stdout: "piped",
      stderr: "piped",
      env: cleanEnv(options.env),
      clearEnv: true,
      cwd: options.cwd,
      detached: this.#group,
    }).spawn();
    this.#input = options.stdin === "null" ? null : this.#child.stdin.getWriter();
    this.#output = this.#child.stdout.getReader();
    this.#ended = this.#run();
    globalThis.addEventListener("unload", this.#kill);
  }

  get pid(): number {
    return this.#child.pid;
  }

  /** The lines on stdout so far. */
  get stdout(): readonly string[] {
    return this.#out.lines;
  }

  /** The lines on stderr so far. */
  get stderr(): readonly string[] {
    return this.#err.lines;
  }

  /** The `HOST:PORT` that the node says it listens on. */
  async address(options: WaitOptions = {}): Promise<string> {
    const prefix = "listening on ";
    const line = await this.waitForStderr((line) => line.startsWith(prefix), options);
    return line.slice(prefix.length);
  }

  /** The path of the local socket of the node. */
  async socket(options: WaitOptions = {}): Promise<string> {
    const address = await this.address(options);
    return `${runtimeDirectory()}/${address.slice(address.lastIndexOf(":") + 1)}-${this.pid}.sock`;
  }

  /** Types lines: each is written with its newline, all of them in one write. */
  send(...lines: string[]): Promise<void> {
    return this.write(lines.map((line) => line + "\n").join(""));
  }

  /** Writes text to stdin as it is. */
  async write(text: string): Promise<void> {
    if (this.#input === null) throw new Error(`${this.#name} has no stdin`);
    await this.#input.write(new TextEncoder().encode(text));
  }

  /** Ends the input, as Ctrl-D does; a process that is gone already does not mind. */
  async closeStdin(): Promise<void> {
    await this.#input?.close().catch(() => {});
  }

  /** Closes the reading end of stdout, as `head` does when it has enough. */
  async closeStdout(): Promise<void> {
    await this.#output.cancel();
  }

  /** The line on stdout that satisfies `check`. */
  waitForStdout(check: LineCheck, options: WaitOptions = {}): Promise<string> {
    return this.#wait(this.#out, check, "stdout", options);
  }

  /** The line on stderr that satisfies `check`. */
  waitForStderr(check: LineCheck, options: WaitOptions = {}): Promise<string> {
    return this.#wait(this.#err, check, "stderr", options);
  }

  /** Sends a signal. */
  signal(name: Deno.Signal): void {
    this.#child.kill(name);
  }

  /** How it ended, and all that it printed, once it has. */
  async result(options: WaitOptions = {}): Promise<Result> {
    const { code, signal } = await this.status(options);
    return { code, signal, stdout: this.stdout, stderr: this.stderr };
  }

  /** Its exit status, once it has ended and all its output is here. */
  status(options: WaitOptions = {}): Promise<Deno.CommandStatus> {
    const explain = () => `${this.#name} did not end\n${this.report()}`;
    return withDeadline(this.#ended, options.timeout_ms ?? DEFAULT_TIMEOUT_MS, explain);
  }

  /** What it printed so far, for error messages. */
  report(): string {
    const state = this.#status ? `ended with ${JSON.stringify(this.#status)}` : "still runs";
    const show = (lines: readonly string[]) =>
      lines.slice(-40).map((line) => `    ${line}`).join("\n");
    return `  ${this.#name} (pid ${this.pid}) ${state}
  stdout, ${this.stdout.length} lines, the last of them:\n${show(this.stdout)}
  stderr, ${this.stderr.length} lines, the last of them:\n${show(this.stderr)}`;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#status === null) this.#kill();
    await this.closeStdin();
    await this.#ended;
  }

  /** Ends it; also when this program exits first, so that nothing stays behind. */
  readonly #kill = (): void => {
    try {
      if (this.#group) Deno.kill(-this.pid, "SIGKILL");
      else this.#child.kill("SIGKILL");
    } catch {
      // It ended between the check and the signal.
    }
  };

  async #wait(
    from: LineCollector,
    check: LineCheck,
    stream: string,
    options: WaitOptions,
  ): Promise<string> {
    const wanted = typeof check === "number" ? `${check} lines` : String(check);
    const explain = () => `${wanted} on the ${stream} of\n${this.report()}`;
    const found = from.wait(check).catch((error: Error) => {
      throw new Error(`${error.message}: ${explain()}`);
    });
    return await withDeadline(found, options.timeout_ms ?? DEFAULT_TIMEOUT_MS, explain);
  }

  async #run(): Promise<Deno.CommandStatus> {
    const errors = this.#child.stderr.getReader();
    const [status] = await Promise.all([
      this.#child.status,
      drain(this.#output, this.#out, (bytes) => this.onStdout?.(bytes)),
      drain(errors, this.#err),
    ]);
    this.#status = status;
    globalThis.removeEventListener("unload", this.#kill);
    this.#out.end("the process ended without it");
    this.#err.end("the process ended without it");
    return status;
  }
}

async function drain(
  reader: ReadableStreamDefaultReader<Uint8Array>,
  into: LineCollector,
  tap: (bytes: Uint8Array) => void = () => {},
): Promise<void> {
  const decoder = new TextDecoder();
  for (let chunk = await reader.read(); !chunk.done; chunk = await reader.read()) {
    tap(chunk.value);
    into.push(decoder.decode(chunk.value, { stream: true }));
  }
  into.push(decoder.decode());
}

/** Starts `rumor` with these arguments. */
export function startRumor(args: readonly string[], options: StartOptions = {}): Process {
  return new Process([...rumorCommand(), ...args], {
    name: ["rumor", ...args].join(" "),
    ...options,
  });
}

/** Runs `rumor` to its end, with `input` as its whole stdin (none: an empty one). */
export async function runRumor(
  args: readonly string[],
  options: StartOptions & WaitOptions & { readonly input?: string } = {},
): Promise<Result> {
  const stdin = options.input === undefined ? "null" : "piped";
  await using child = startRumor(args, { stdin, ...options });
  if (options.input !== undefined) {
    // One that refuses its arguments never reads, and that is no error here.
    await child.write(options.input).catch(() => {});
    await child.closeStdin();
  }
  return await child.result(options);
}
