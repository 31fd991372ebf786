/** Honest nodes that somebody attacks, and what must stay true of them meanwhile. */

import { assert, assertEquals } from "@std/assert";
import { allPrint, endAll, Nodes } from "./network.ts";
import type { Process } from "./process.ts";

/** What is given to the nodes of an arena. */
export interface ArenaOptions {
  /** How many honest nodes, each joined to the one before; the first is the one to attack. */
  readonly count?: number;
  /** For all of them. */
  readonly args?: readonly string[];
}

/** A chain of honest nodes. The attacker's target is the first. */
export class Arena implements AsyncDisposable {
  readonly network = new Nodes();
  /** Lines that every honest node must have printed exactly once. */
  readonly said: string[] = [];
  #round = 0;

  /** Starts the nodes and lets them talk once, so that they are in step. */
  static async start(options: ArenaOptions = {}): Promise<Arena> {
    const arena = new Arena();
    await arena.network.chain(options.count ?? 2, options.args ?? []);
    await Promise.all(arena.nodes.map((node) => node.address()));
    await arena.exchange();
    return arena;
  }

  /** The honest nodes. */
  get nodes(): readonly Process[] {
    return this.network.all;
  }

  /** The node that is attacked. */
  get target(): Process {
    return this.nodes[0];
  }

  /** Where to attack. */
  address(): Promise<string> {
    return this.target.address();
  }

  /** Starts one more honest node, which joins the target. */
  async newcomer(args: readonly string[] = []): Promise<Process> {
    const node = this.network.start([...args, "--join", await this.address()]);
    await node.address();
    return node;
  }

  /** Each honest node says something, and all of them print it. */
  async exchange(timeout_ms = 30_000): Promise<void> {
    const round = this.#round++;
    const lines = this.nodes.map((_, index) => `honest ${round} of ${index}`);
    this.said.push(...lines);
    await Promise.all(this.nodes.map((node, index) => node.send(lines[index])));
    await Promise.all(
      this.nodes.flatMap((node) => lines.map((line) => node.waitForStdout(line, { timeout_ms }))),
    );
  }

  /** Expects a line of somebody else on every honest node. */
  async expect(...lines: string[]): Promise<void> {
    this.said.push(...lines);
    for (const line of lines) await allPrint(this.nodes, line);
  }

  /** Milliseconds from typing to printing, through the target, for so many lines, sorted. */
  async latencies(count: number): Promise<number[]> {
    const [from, to] = [this.target, this.nodes[this.nodes.length - 1]];
    const times: number[] = [];
    for (let index = 0; index < count; index++) {
      const line = `timed ${this.#round++}`;
      this.said.push(line);
      const began = performance.now();
      await from.send(line);
      await to.waitForStdout(line);
      times.push(performance.now() - began);
    }
    return times.sort((a, b) => a - b);
  }

  /** Shows how the latency of honest peers under attack compares with that in peace. */
  async compare(t: Deno.TestContext, attack: () => Promise<unknown>): Promise<void> {
    const quiet = p99(await this.latencies(100));
    let over = false;
    const attacked = attack().finally(() => over = true);
    const times = await this.latencies(20);
    while (!over) times.push(...await this.latencies(5));
    await attacked;
    const loud = p99(times.sort((a, b) => a - b));
    const text = `${t.name}: honest p99 ${quiet.toFixed(1)} ms in peace, ${loud.toFixed(1)} ms ` +
      `under attack, ratio ${(loud / quiet).toFixed(1)}`;
    Deno.stderr.writeSync(new TextEncoder().encode(`    ${text}\n`));
  }

  /**
   * Ends all honest nodes, and checks that each printed what was said, once, and nothing else.
   * What stands on stderr besides the address must be what `isExpected` accepts.
   */
  async finish(isExpected: (line: string) => boolean = () => false, code = 0): Promise<void> {
    await this.exchange();
    const said = [...this.said].sort();
    for (const { stdout, stderr } of await endAll(this.nodes, code)) {
      assertEquals([...stdout].sort(), said);
      const strange = stderr.filter((line) => !line.startsWith("listening on "));
      assertEquals(strange.filter((line) => !isExpected(line)), []);
    }
  }

  /** No honest node has crashed. */
  assertAlive(): void {
    for (const node of this.nodes) {
      assert(node.stderr.every((line) => !line.startsWith("error:")), node.report());
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.network[Symbol.asyncDispose]();
  }
}

/** The memory of a process, from /proc; elsewhere nothing is checked. */
export class Memory {
  readonly #pid: number;
  readonly #before_kb: number;

  constructor(process: Process) {
    this.#pid = process.pid;
    // The peak is counted from here on.
    if (LINUX) Deno.writeTextFileSync(`/proc/${this.#pid}/clear_refs`, "5");
    this.#before_kb = LINUX ? this.#read("VmRSS") : 0;
  }

  /** How much the peak is above what was there at the beginning. */
  get grown_mb(): number {
    return LINUX ? (this.#read("VmHWM") - this.#before_kb) / 1024 : 0;
  }

  /** The process has never needed so much more. */
  assertGrownBelow(most_mb: number): void {
    const { grown_mb } = this;
    assert(grown_mb < most_mb, `memory grew by ${grown_mb.toFixed(0)} MB, allowed are ${most_mb}`);
  }

  #read(field: string): number {
    const text = Deno.readTextFileSync(`/proc/${this.#pid}/status`);
    return Number(new RegExp(`^${field}:\\s+(\\d+) kB`, "m").exec(text)?.[1]);
  }
}

/** Where /proc is. */
export const LINUX: boolean = Deno.build.os === "linux";

/** The value that 99 of 100 are at most, of sorted values. */
export function p99(sorted: readonly number[]): number {
  return sorted[Math.min(sorted.length - 1, Math.ceil(sorted.length * 0.99) - 1)];
}
