/** What apps do outside the core, in a simulation: it takes virtual time, and is answered at its end. */

import type { Effect, Env, Event } from "../core/types.ts";
import type { Clock } from "./clock.ts";

/** What comes of a task, and how long that takes; `fault` says why nothing does. */
export interface Done {
  readonly takes_ms: number;
  readonly result: unknown;
  readonly fault?: string;
  /** How far it is on the way, and when after the beginning. */
  readonly reports?: readonly (readonly [after_ms: number, result: unknown])[];
}

/** What work may need that a node has. */
export type WorkTools = Pick<Env, "sha256">;

/** What each app does with its tasks, by its name. */
export type Workers = Readonly<Record<string, (task: unknown, tools: WorkTools) => Done>>;

type Worked = Omit<Extract<Event, { kind: "worked" }>, "now_ms">;

/** The work of one node. */
export class SimWork {
  readonly #clock: Clock;
  readonly #workers: Workers;
  readonly #tools: WorkTools;
  readonly #answer: (worked: Worked) => void;
  /** What is under way. */
  readonly #jobs = new Set<number>();

  constructor(
    clock: Clock,
    workers: Workers,
    tools: WorkTools,
    answer: (worked: Worked) => void,
  ) {
    this.#clock = clock;
    this.#workers = workers;
    this.#tools = tools;
    this.#answer = answer;
  }

  /** Begins a work. */
  begin({ app, job, task }: Extract<Effect, { kind: "work" }>): void {
    const worker = Object.hasOwn(this.#workers, app) ? this.#workers[app] : undefined;
    const none: Done = { takes_ms: 0, result: null, fault: `nobody works for ${app} here` };
    const { takes_ms, result, fault = null, reports = [] } = worker?.(task, this.#tools) ?? none;
    this.#jobs.add(job);
    for (const [after_ms, part] of reports) {
      this.#clock.at(this.#clock.now_ms + after_ms, "work", () => {
        if (!this.#jobs.has(job)) return;
        this.#answer({ kind: "worked", job, result: part, fault: null, done: false });
      });
    }
    this.#clock.stir(this.#clock.now_ms + takes_ms);
    this.#clock.at(this.#clock.now_ms + takes_ms, "work", () => {
      if (this.#jobs.has(job)) this.#end(job, result, fault);
    });
  }

  /** Ends a work without a result. */
  cancel(job: number): void {
    // Its answer is an event of its own, like that of every work.
    this.#clock.at(this.#clock.now_ms, "work", () => {
      if (this.#jobs.has(job)) this.#end(job, null, "cancelled");
    });
  }

  #end(job: number, result: unknown, fault: string | null): void {
    this.#jobs.delete(job);
    this.#answer({ kind: "worked", job, result, fault, done: true });
  }
}
