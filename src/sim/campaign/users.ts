/** What users do in a run: they say lines, pay, write to each other, come and go. */

import type { Session } from "./session.ts";
import type { Machine } from "./machine.ts";
import type { Step } from "./plan.ts";

const ACCOUNTS = ["ann", "bob", "cyd", "dan", "eve"];
/** Ids of payments that several nodes use at once. */
const CLASHING_IDS = 6;
/** Enough to fill a window, or only what is kept. */
const BULK_LINES = [10, 100], BULK_CHARS = 3_000;

export class Users {
  readonly #session: Session;
  #count = 0;

  constructor(session: Session) {
    this.#session = session;
  }

  /** Carries out an operation; false where the step is none. */
  act(step: Step): boolean {
    const { what, node } = step;
    if (what === "join") {
      this.#session.join(node);
      return true;
    }
    const machine = this.#session.running(node);
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
      case "pay":
      case "clash":
        this.#pay(machine, step);
        return true;
      case "private":
        this.#write(machine, step);
        return true;
      case "leave":
        this.#leave(machine, step);
        return true;
    }
    return false;
  }

  /** Everybody says one thing more. */
  sayLast(): void {
    for (const machine of this.#session.machines) {
      if (machine.node.alive && !machine.lies) this.#say(machine, [this.#line(machine)]);
    }
  }

  #line(machine: Machine | null): string {
    return `${machine?.name}:${++this.#count}`;
  }

  #say(machine: Machine | null, texts: string[]): void {
    // Input is read only while a node runs and takes it.
    if (machine === null || machine.node.state.phase !== "running") return;
    machine.node.publish("chat", texts);
    if (machine.lies || machine.node.state.phase !== "running") return;
    for (const text of texts) machine.said.add(text);
  }

  #pay(machine: Machine | null, { what, choice, for_ms }: Step): void {
    if (machine === null || machine.lies || machine.node.state.phase !== "running") return;
    const from = for_ms % ACCOUNTS.length, to = (from + 1 + for_ms % 4) % ACCOUNTS.length;
    const payment: Record<string, string> = {};
    if (what === "clash") payment.id = `pay${Math.floor(choice * CLASHING_IDS)}`;
    else if (choice < 0.3) payment.id = `p${this.#count++}`;
    const amount = 1 + Math.floor(choice * 97) % 7;
    machine.node.publish("ledger", [
      { ...payment, from: ACCOUNTS[from], to: ACCOUNTS[to], amount },
    ]);
  }

  #write(machine: Machine | null, { other, for_ms, choice }: Step): void {
    // Mostly to the same one, so that several are under way at once.
    const next = ((machine?.index ?? 0) + 1) % this.#session.options.nodes;
    const to = this.#session.running(choice < 0.7 ? next : other);
    if (machine === null || to === null || machine === to || machine.lies) return;
    if (machine.node.state.phase !== "running") return;
    const from = `${machine.name}/${machine.runs}`;
    machine.node.post(to.node.id, [`${from} ${to.name} ${++this.#count}`], for_ms + 1_000);
  }

  #leave(machine: Machine | null, { for_ms }: Step): void {
    // The first machine stays, so that there is always somebody to join.
    if (machine === null || machine.index === 0 || machine.lies) return;
    machine.gone = true;
    machine.node.leave(for_ms);
  }
}
