/** Numbered private messages that go one way, and whether each came, once and in order. */

import { assertDelivered, startPm } from "./private.ts";
import type { Process } from "./process.ts";

/** How long a message may take, and when who sent it stops waiting. */
const ARRIVE_MS = 90_000;
const TIMEOUT = ["--timeout", "120"];
const END_MS = 150_000;

/** What should not have been. */
export interface Faults {
  readonly lost: number[];
  readonly doubled: number[];
  readonly disordered: number[];
}

export class Letters {
  /** When the newest came, in `performance.now()`. */
  newest_ms = 0;
  readonly #from: Process;
  readonly #to: Process;
  readonly #name: string;
  readonly #label: string;
  #sent = 0;
  #stream: Process | null = null;

  /** From a node to another, which is called `name`; the label tells them from others. */
  constructor(from: Process, to: Process, name: string, label: string) {
    this.#from = from;
    this.#to = to;
    this.#name = name;
    this.#label = label;
  }

  /** How many were handed over. */
  get sent(): number {
    return this.#sent;
  }

  /** Writes so many to one `rumor pm`, which is kept for the next. */
  async write(count: number): Promise<void> {
    this.#stream ??= await startPm(this.#from, this.#name, ...TIMEOUT);
    await this.#stream.send(...Array.from({ length: count }, () => this.#next()));
  }

  /** Sends so many, each by a `rumor pm` of its own, which ends when it is there. */
  async post(count: number): Promise<void> {
    for (let left = count; left > 0; left--) {
      await using one = await startPm(this.#from, this.#name, this.#next(), ...TIMEOUT);
      assertDelivered(await one.result({ timeout_ms: END_MS }));
    }
  }

  /** Waits until so many are there, all where nothing is said. */
  async arrive(count = this.#sent): Promise<void> {
    let here = 0;
    const isLast = (line: string) => this.#isOurs(line) && ++here >= count;
    await this.#to.waitForStdout(isLast, { timeout_ms: ARRIVE_MS }).catch(() => {
      const state = `${here} of ${count} came: ${JSON.stringify(this.faults())}`;
      throw new Error(`${this.#label}: ${state}`);
    });
    this.newest_ms = performance.now();
  }

  /** Ends what is written, and expects it to be acknowledged. */
  async end(): Promise<void> {
    await using stream = this.#stream!;
    await stream.closeStdin();
    assertDelivered(await stream.result({ timeout_ms: END_MS }));
    this.#stream = null;
  }

  /** What came that should not, or did not. */
  faults(): Faults {
    const came = this.#to.stdout.filter((line) => this.#isOurs(line)).map(numberOf);
    const first = new Set(came);
    const doubled = came.filter((number, at) => came.indexOf(number) !== at);
    const order = [...first];
    const disordered = order.filter((number, at) => at > 0 && number < order[at - 1]);
    const all = Array.from({ length: this.#sent }, (_, at) => at + 1);
    return { lost: all.filter((number) => !first.has(number)), doubled, disordered };
  }

  #next(): string {
    return `${this.#label} #${++this.#sent}#`;
  }

  #isOurs(line: string): boolean {
    return line.includes(`${this.#label} #`);
  }
}

/** The number of a message, whether it was printed as text or as JSON. */
function numberOf(line: string): number {
  return Number(line.split("#")[1]);
}

/** Nothing. */
export const NO_FAULTS: Faults = { lost: [], doubled: [], disordered: [] };
