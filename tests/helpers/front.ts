/** The room of the output on its own: what it prints of a log, or of an app's records. */

import { assert, assertEquals } from "@std/assert";
import { emptyLedger, type Ledger } from "../../src/apps/ledger/ledger.ts";
import type { LogState } from "../../src/core/log/slice.ts";
import { isDrained, outputLagBytes } from "../../src/core/output/congestion.ts";
import { reduceOutput } from "../../src/core/output/reduce.ts";
import type { OutputEvent, OutputOut } from "../../src/core/output/turn.ts";
import { initialState, type NodeState } from "../../src/core/turn/state.ts";
import { StateView } from "../../src/core/turn/view.ts";
import type { Printed } from "../../src/core/types.ts";
import type { FrontConfig } from "../../src/core/data/config.ts";
import { APPS, CONFIG, ENV } from "./node_subject.ts";
import { ORIGINS } from "./history.ts";
import { tellRoom } from "./rooms.ts";

/** The output of a node whose id is the first of `ORIGINS`. */
export class Front {
  state: NodeState;

  constructor(front: FrontConfig, waiting = false) {
    const join = waiting ? ["a:1"] : [];
    this.state = initialState({ ...CONFIG, id: ORIGINS[0], join, front }, 1, APPS);
  }

  /** What is printed from now on. */
  show(log: LogState, ledger: Ledger = emptyLedger()): this {
    const { host, storage } = this.state;
    const states = new Map([...host.states, ["ledger", ledger]]);
    this.state = {
      ...this.state,
      log,
      host: { ...host, states },
      storage: { ...storage, settled: { log, states } },
    };
    return this;
  }

  tell(event: OutputEvent): readonly OutputOut[] {
    const [after, outs] = tellRoom(this.state, "output", reduceOutput, event);
    this.state = after;
    return outs;
  }

  /** Prints all there is; the output takes it at once, or nothing at all. */
  pump(takes = true): Printed[] {
    const all: Printed[] = [];
    for (;;) {
      const prints = this.tell({ kind: "pump" }).filter((out) => out.kind === "print");
      if (prints.length === 0) return all;
      for (const { records, bytes } of prints) {
        assert(records.length > 0);
        // Only gaps take nothing.
        assertEquals(bytes > 0, records.some(({ kind }) => kind !== "gap"));
        all.push(...records);
        if (takes) this.tell({ kind: "printed", bytes });
      }
      if (!takes) return all;
    }
  }

  /** So many bytes are owed already. */
  owe(unprinted_bytes: number): this {
    const { output } = this.state;
    const debt = { ...output.debt, unprinted_bytes };
    this.state = { ...this.state, output: { ...output, debt } };
    return this;
  }

  get drained(): boolean {
    return isDrained(this.#view);
  }

  /** How many bytes it is behind. */
  get lag_bytes(): number {
    return outputLagBytes(this.#view);
  }

  get #view(): StateView {
    return new StateView({ state: this.state, env: ENV });
  }
}
