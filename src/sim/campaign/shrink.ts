/**
 * Makes a failing run smaller: leaves out steps and faults, lies, disks and nodes, as long as the same
 * invariant fails. Steps are left out in halves first, then in ever smaller parts (A. Zeller,
 * R. Hildebrandt, "Simplifying and Isolating Failure-Inducing Input", 2002).
 */

import { KEEP_BYTES_DEFAULT } from "../../core/data/limits.ts";
import type { LieKind, Options } from "./options.ts";
import type { Step } from "./step.ts";
import type { Drawn } from "./runner.ts";
import type { RunResult } from "./session.ts";

/** Most runs that a failure is worth. */
const RUNS_MAX = 400;

export interface Shrunk {
  readonly drawn: Drawn;
  readonly result: RunResult;
  readonly runs: number;
}

/** The smallest run that was found to fail as the given one does. */
export function shrink(
  drawn: Drawn,
  result: RunResult,
  run: (drawn: Drawn) => RunResult,
  onRun: (runs: number, steps: number) => void = () => {},
): Shrunk {
  let best = { drawn, result }, runs = 0;
  const tries = (smaller: Drawn): boolean => {
    if (runs >= RUNS_MAX) return false;
    onRun(++runs, best.drawn.steps.length);
    const after = run(smaller);
    if (after.violation?.invariant !== result.violation!.invariant) return false;
    best = { drawn: smaller, result: after };
    return true;
  };
  for (let before = ""; before !== JSON.stringify(best.drawn) && runs < RUNS_MAX;) {
    before = JSON.stringify(best.drawn);
    shrinkSteps(() => best.drawn, tries);
    for (const options of simpler(best.drawn.options)) {
      tries({ ...best.drawn, options: { ...best.drawn.options, ...options } });
    }
  }
  return { ...best, runs };
}

function shrinkSteps(current: () => Drawn, tries: (smaller: Drawn) => boolean): void {
  let parts = 2;
  while (current().steps.length > 0) {
    const { options, steps } = current();
    const length = Math.ceil(steps.length / parts);
    let smaller = false;
    for (let at = 0; at < steps.length && !smaller; at += length) {
      const rest: Step[] = [...steps.slice(0, at), ...steps.slice(at + length)];
      smaller = tries({ options, steps: rest });
    }
    if (smaller) parts = Math.max(2, parts - 1);
    else if (length === 1) return;
    else parts = Math.min(steps.length, parts * 2);
  }
}

/** Options that say less. */
function* simpler(options: Options): Generator<Partial<Options>> {
  const { nodes, liars, durable, loss, lies, apps } = options;
  if (Object.keys(apps).length > 0) yield { apps: {} };
  if (nodes > 2) {
    const fewer = nodes - 1, left = Math.min(liars, Math.floor(fewer / 3));
    yield { nodes: fewer, liars: left, durable: Math.min(durable, fewer - left) };
  }
  if (liars > 0) yield { liars: 0 };
  if (durable > 0) yield { durable: durable - 1 };
  if (loss !== null) yield { loss: null };
  if (loss !== null) {
    for (const kind of ["drop", "duplicate", "reorder"] as const) {
      if (loss[kind] > 0) yield { loss: { ...loss, [kind]: 0 } };
    }
  }
  for (const kind of Object.keys(lies) as LieKind[]) {
    const { [kind]: _, ...others } = lies;
    yield { lies: others };
  }
  if (options.real_bytes) yield { real_bytes: false };
  if (options.disk_ms > 0) yield { disk_ms: 0 };
  if (options.times !== "usual") yield { times: "usual" };
  if (options.overlay !== "ring") yield { overlay: "ring" };
  if (options.spread !== "flood") yield { spread: "flood" };
  if (options.latency_ms[1] > 10) yield { latency_ms: [5, 5] };
  if (options.keep_bytes !== KEEP_BYTES_DEFAULT) yield { keep_bytes: KEEP_BYTES_DEFAULT };
}
