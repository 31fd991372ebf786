/**
 * A program on a real pseudo-terminal, which `script` of util-linux makes. What it writes is shown
 * on a `Screen`, which throws at every sequence that is not one of our prompt's.
 */

import { cleanEnv, Process, type Result, rumorCommand } from "./process.ts";
import { Screen } from "./screen.ts";
import { withDeadline } from "../../tools/lines.ts";

const COLUMNS = 1_000;
const ROWS = 40;
const DEADLINE_MS = 30_000;
const FOREVER_MS = 600_000;

/** How to start it. */
export interface PtyOptions {
  /** What the shell runs, with `rumor` and its arguments as "$@"; default: just that. */
  readonly shell?: string;
  readonly env?: Readonly<Record<string, string>>;
  /** Columns of the terminal; by default so many that a test need not think of wrapping. */
  readonly columns?: number;
}

/** From this character of the output on, the terminal has another size. */
interface Resized {
  readonly at: number;
  readonly columns: number;
}

/** A terminal and the program on it. */
export class Pty implements AsyncDisposable {
  /** Everything that was written to the terminal. */
  readonly #chunks: Uint8Array[] = [];
  readonly #decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
  readonly #process: Process;
  readonly #waiters = new Set<() => void>();
  readonly #columns: number;
  readonly #sizes: Resized[] = [];
  /** What came, decoded; a test fails on bytes that are no UTF-8. */
  #text = "";
  #fault: Error | null = null;
  #ended = false;

  constructor(args: readonly string[], options: PtyOptions = {}) {
    const words = [...rumorCommand(), ...args].map(quote).join(" ");
    this.#columns = options.columns ?? COLUMNS;
    const start = `stty cols ${this.#columns} rows ${ROWS}; set -- ${words}; ${
      options.shell ?? 'exec "$@"'
    }`;
    this.#process = new Process(["script", "-qec", start, "/dev/null"], {
      env: { SHELL: "/bin/sh", ...options.env },
      name: `on a terminal: rumor ${args.join(" ")}`,
    });
    this.#process.onStdout = (bytes) => this.#onBytes(bytes);
    // Whether it ends in time is what `result()` tells.
    this.#process.status({ timeout_ms: FOREVER_MS }).catch(() => {}).finally(() => {
      this.#ended = true;
      this.#wake();
    });
  }

  /** Everything that was written to the terminal, byte for byte. */
  get bytes(): Uint8Array {
    const whole = new Uint8Array(this.#chunks.reduce((sum, chunk) => sum + chunk.length, 0));
    let at = 0;
    for (const chunk of this.#chunks) {
      whole.set(chunk, at);
      at += chunk.length;
    }
    return whole;
  }

  /** Everything that was written to the terminal, as text. */
  get text(): string {
    if (this.#fault !== null) throw this.#fault;
    return this.#text;
  }

  /** What the terminal shows. Throws at a sequence that is not one of our prompt's. */
  get screen(): Screen {
    const screen = new Screen(this.#columns, ROWS);
    // The end of a sequence may still be on its way.
    // deno-lint-ignore no-control-regex -- a terminal is about control characters
    const text = this.text.replace(/\x1b(\[[ -?]*)?$/, "");
    let from = 0;
    for (const { at, columns } of this.#sizes) {
      screen.write(text.slice(from, at));
      screen.resize(columns);
      from = at;
    }
    screen.write(text.slice(from));
    return screen;
  }

  /** What the terminal shows, without blank lines at the end. */
  get lines(): string[] {
    const lines = this.screen.lines();
    while (lines.at(-1) === "") lines.pop();
    return lines;
  }

  /**
   * Drags an edge of the window. The program must have nothing to write just now, or nobody knows
   * which of it came before.
   */
  async resize(columns: number): Promise<void> {
    const tty = descendants(this.#process.pid).map(terminalOf).find((path) => path !== null);
    if (!tty) throw new Error(`no terminal; ${this.#explain()}`);
    // A prompt is painted whole when the terminal wraps again.
    await this.until(() => this.text.endsWith("\x1b[?7h"), "a prompt");
    this.#sizes.push({ at: this.text.length, columns });
    const { success } = await new Deno.Command("stty", {
      args: ["-F", tty, "cols", String(columns)],
    }).output();
    if (!success) throw new Error(`cannot resize ${tty}`);
  }

  /** Presses keys. */
  type(keys: string): Promise<void> {
    return this.#process.write(keys);
  }

  /** Waits until a line is on the screen, and gives it back. */
  async waitFor(check: string | ((line: string) => boolean)): Promise<string> {
    const accepts = typeof check === "string" ? (line: string) => line === check : check;
    const lines = await this.until((lines) => lines.some(accepts), String(check));
    return lines.find(accepts)!;
  }

  /** Waits until the screen is as it should be, and gives its lines. */
  async until(check: (lines: string[]) => boolean, what = String(check)): Promise<string[]> {
    const wait = async () => {
      for (;;) {
        const { lines } = this;
        if (check(lines)) return lines;
        if (this.#ended) throw new Error(`ended without ${what}; ${this.#explain()}`);
        await new Promise<void>((resolve) => this.#waiters.add(resolve));
      }
    };
    return await withDeadline(
      wait(),
      DEADLINE_MS,
      () => `${what} did not come; ${this.#explain()}`,
    );
  }

  /** The `HOST:PORT` that the node says it listens on. */
  async address(): Promise<string> {
    const prefix = "listening on ";
    return (await this.waitFor((line) => line.startsWith(prefix))).slice(prefix.length);
  }

  /** How the program ended. */
  result(timeout_ms = DEADLINE_MS): Promise<Result> {
    return this.#process.result({ timeout_ms });
  }

  /** `script` does not end what it started when it is killed. */
  async [Symbol.asyncDispose](): Promise<void> {
    for (const pid of descendants(this.#process.pid)) {
      try {
        Deno.kill(pid, "SIGKILL");
      } catch {
        // It has ended by itself.
      }
    }
    await this.#process[Symbol.asyncDispose]();
  }

  #onBytes(bytes: Uint8Array): void {
    this.#chunks.push(bytes.slice());
    try {
      this.#text += this.#decoder.decode(bytes, { stream: true });
    } catch (error) {
      this.#fault ??= error as Error;
    }
    this.#wake();
  }

  #wake(): void {
    for (const resolve of this.#waiters) resolve();
    this.#waiters.clear();
  }

  #explain(): string {
    return `the terminal got:\n${JSON.stringify(this.#text.slice(-3_000))}`;
  }
}

/** Whether there is a `script` that can make pseudo-terminals in this way. */
export function hasPty(): boolean {
  if (Deno.build.os !== "linux") return false;
  try {
    const { code } = new Deno.Command("script", {
      args: ["-qec", "exit 7", "/dev/null"],
      env: { ...cleanEnv(), SHELL: "/bin/sh" },
      clearEnv: true,
      stdin: "null",
      stdout: "null",
      stderr: "null",
    }).outputSync();
    return code === 7;
  } catch {
    return false;
  }
}

function quote(word: string): string {
  return `'${word.replaceAll("'", `'\\''`)}'`;
}

/** The pseudo-terminal that a process reads, or null. */
function terminalOf(pid: number): string | null {
  try {
    const path = Deno.readLinkSync(`/proc/${pid}/fd/0`);
    return path.startsWith("/dev/pts/") ? path : null;
  } catch {
    return null;
  }
}

/** The processes that a process started, and those that these started. */
function descendants(pid: number): number[] {
  let children: string;
  try {
    children = Deno.readTextFileSync(`/proc/${pid}/task/${pid}/children`);
  } catch {
    return [];
  }
  return children.split(" ").filter((word) => word !== "").map(Number)
    .flatMap((child) => [child, ...descendants(child)]);
}
