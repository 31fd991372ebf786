/** Networks of real nodes, and what must hold of everything that they print. */

import { assert, assertEquals } from "@std/assert";
import { freePort } from "./ports.ts";
import { type Process, type Result, type StartOptions, startRumor } from "./process.ts";

/** Arguments of a node that only this machine can reach. */
export const LOCAL = ["--listen", "127.0.0.1:0"];

/** Real nodes on loopback, started one way or another, which end together with it. */
export class Nodes implements AsyncDisposable {
  readonly all: Process[] = [];

  /** Starts a node with these arguments, and on loopback unless they say where to listen. */
  start(args: readonly string[] = [], options: StartOptions = {}): Process {
    const local = args.includes("--listen") ? [] : LOCAL;
    const node = startRumor([...args, ...local], options);
    this.all.push(node);
    return node;
  }

  /** Starts `count` nodes that all join the first of the network. */
  async star(count: number, args: readonly string[] = []): Promise<Process[]> {
    if (this.all.length === 0) this.start(args);
    const join = [...args, "--join", await this.all[0].address()];
    while (this.all.length < count) this.start(join);
    await Promise.all(this.all.map((node) => node.address()));
    return this.all;
  }

  /** Starts `count` nodes of which each joins the one before. */
  async chain(count: number, args: readonly string[] = []): Promise<Process[]> {
    if (this.all.length === 0) this.start(args);
    while (this.all.length < count) {
      this.start([...args, "--join", await this.all.at(-1)!.address()]);
    }
    await this.all.at(-1)!.address();
    return this.all;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.all.map((node) => node[Symbol.asyncDispose]()));
  }
}

/** Waits until each of the nodes has printed the line or so many lines. */
export async function allPrint(nodes: readonly Process[], what: string | number): Promise<void> {
  await Promise.all(nodes.map((node) => node.waitForStdout(what)));
}

/** Leaving takes well under a second; this much is for a machine with other things to do. */
export const LEAVE_MS = 5_000;

/** Ends the input of each node and expects each to leave with `code`, and soon. */
export async function endAll(nodes: readonly Process[], code = 0): Promise<Result[]> {
  await Promise.all(nodes.map((node) => node.closeStdin()));
  const results = await Promise.all(nodes.map((node) => node.result({ timeout_ms: LEAVE_MS })));
  for (const [index, result] of results.entries()) {
    const how = { code: result.code, signal: result.signal };
    assertEquals(how, { code, signal: null }, nodes[index].report());
  }
  return results;
}

/** Every node types `count` lines at the same time; gives back, for each node, what it typed. */
export async function typeEverywhere(
  nodes: readonly Process[],
  count: number,
  label = "line",
): Promise<string[][]> {
  const typed = nodes.map((_, node) =>
    Array.from({ length: count }, (_, index) => `${label} ${index} of node ${node}`)
  );
  await Promise.all(typed.map(async (lines, node) => {
    const half = Math.ceil(lines.length / 2);
    await nodes[node].send(...lines.slice(0, half));
    for (const line of lines.slice(half)) await nodes[node].send(line);
  }));
  return typed;
}

/** By turns, a node asks and the next one answers as soon as it sees the question. */
export async function askAround(nodes: readonly Process[], rounds: number): Promise<string[]> {
  const lines: string[] = [];
  for (let round = 0; round < rounds; round++) {
    const [question, answer] = [`question ${round}`, `answer ${round}`];
    const answering = nodes[(round + 1) % nodes.length];
    await nodes[round % nodes.length].send(question);
    await answering.waitForStdout(question);
    await answering.send(answer);
    lines.push(question, answer);
  }
  return lines;
}

/** Each of `lines` is printed exactly once, and nothing else is. */
export function assertPrintsOnce(printed: readonly string[], lines: readonly string[]): void {
  assertEquals([...printed].sort(), [...lines].sort());
}

/** What one node typed appears in the order in which it was typed. */
export function assertKeepsOrder(printed: readonly string[], typed: readonly string[]): void {
  const own = new Set(typed);
  assertEquals(printed.filter((line) => own.has(line)), [...typed]);
}

/** No answer of `askAround` is printed before its question. */
export function assertAnswersFollow(printed: readonly string[]): void {
  const place = new Map(printed.map((line, index) => [line, index]));
  for (const [line, index] of place) {
    if (!line.startsWith("answer ")) continue;
    const asked = place.get(line.replace("answer", "question"));
    assert(asked !== undefined && asked < index, `${line} is printed before its question`);
  }
}

/** An address on this machine where nobody listens. */
export function deadAddress(): string {
  return `127.0.0.1:${freePort()}`;
}

/** Signals and shells are not what they are elsewhere. */
export const WINDOWS: boolean = Deno.build.os === "windows";
