/** What users do in a run: they say lines, use apps, come and go. */

import type { AppRules } from "./app_rules.ts";
import type { Machine } from "./machine.ts";
import type { Step } from "./step.ts";
import type { World } from "./world.ts";

/** Enough to fill a window, or only what is kept. */
const BULK_LINES = [10, 100], BULK_CHARS = 3_000;

export class Users {
  readonly #world: World;
  #count = 0;

  constructor(world: World) {
    this.#world = world;
  }

  /** Carries out an operation; false where the step is none. */
  act(step: Step): boolean {
    const { what, node } = step;
    if (what === "join") {
      this.#world.join(node);
      return true;
    }
    const machine = this.#world.running(node);
    switch (what) {
      case "line":
        this.#say(machine, [this.#line(machine)]);
        return true;
      case "bulk":
        this.#say(
          machine,
          Array.from(
            { length: BULK_LINES[step.choice < 0.15 ? 1 : 0] },
            () => this.#line(machine).padEnd(BULK_CHARS, "."),
          ),
        );
        return true;
      case "leave":
        this.#leave(machine, step);
        return true;
    }
    const app = this.#world.rules.find(({ operations }) =>
      operations.some(([one]) => one === what)
    );
    if (app === undefined) return false;
    this.#use(app, machine, step);
    return true;
  }

  /** Everybody says one thing more. */
  sayLast(): void {
    for (const machine of this.#world.machines) {
      if (machine.node.alive && !machine.lies) this.#say(machine, [this.#line(machine)]);
    }
  }

  #line(machine: Machine | null): string {
    return `${machine?.name}:${++this.#count}`;
  }

  #say(machine: Machine | null, texts: string[]): void {
    // Input is read only while a node runs and takes it.
    if (machine === null || !isRunning(machine)) return;
    machine.node.publish("chat", texts);
    if (machine.lies || !isRunning(machine)) return;
    for (const text of texts) machine.said.add(text);
  }

  /** Does what an app knows how to do. */
  #use({ act }: AppRules, machine: Machine | null, step: Step): void {
    if (machine === null || machine.lies || !isRunning(machine)) return;
    const running = (index: number) => this.#world.running(index);
    const machines = this.#world.options.nodes;
    act({ machine, machines, running, count: () => ++this.#count }, step);
  }

  #leave(machine: Machine | null, { for_ms }: Step): void {
    // The first machine stays, so that there is always somebody to join.
    if (machine === null || machine.index === 0 || machine.lies) return;
    machine.gone = true;
    machine.node.leave(for_ms);
  }
}

function isRunning({ node }: Machine): boolean {
  return node.state.membership.life.phase === "running";
}
