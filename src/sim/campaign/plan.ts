/**
 * What happens in a run, and when: the operations of users and the faults, drawn from the options
 * before anything runs, so that any of them can be left out when a failure is made smaller.
 */

import { Dice } from "../dice.ts";
import type { FaultKind, Options } from "./options.ts";

/** What users do. */
export type OperationKind = "line" | "bulk" | "pay" | "clash" | "private" | "join" | "leave";

/** One thing that happens. */
export interface Step {
  /** After the start. */
  readonly at_ms: number;
  readonly what: OperationKind | FaultKind;
  /** Numbers of machines. */
  readonly node: number;
  readonly other: number;
  /** How long a fault lasts, or how far a clock steps. */
  readonly for_ms: number;
  /** Something to choose by. */
  readonly choice: number;
}

/** How likely each operation is. */
const OPERATIONS: readonly (readonly [OperationKind, number])[] = [
  ["line", 50],
  ["pay", 20],
  ["clash", 8],
  ["private", 10],
  ["bulk", 3],
  ["join", 4],
  ["leave", 5],
];

/** Machines that the plan may name: those of the start, and some that join. */
export const JOINERS_MAX = 3;

/** All that happens in a run, in the order of time. */
export function drawPlan(options: Options): Step[] {
  const steps: Step[] = [];
  const users = Dice.of(options.seed, "operations");
  for (let count = 0; count < options.operations; count++) {
    steps.push(drawStep(users, options, drawOperation(users)));
  }
  for (const [kind, times] of Object.entries(options.faults) as [FaultKind, number][]) {
    // Each fault has dice of its own, so that leaving one out leaves the others as they are.
    const dice = Dice.of(options.seed, kind);
    for (let count = 0; count < times; count++) steps.push(drawStep(dice, options, kind));
  }
  return steps.sort((a, b) => a.at_ms - b.at_ms);
}

/** A step as one line of text. */
export function describeStep({ at_ms, what, node, other, for_ms, choice }: Step): string {
  return `${at_ms} ms ${what} node ${node} other ${other} for ${for_ms} ms choice ${
    choice.toFixed(3)
  }`;
}

function drawOperation(dice: Dice): OperationKind {
  const sum = OPERATIONS.reduce((all, [, weight]) => all + weight, 0);
  let at = dice.next() * sum;
  return OPERATIONS.find(([, weight]) => (at -= weight) < 0)![0];
}

function drawStep(dice: Dice, options: Options, what: Step["what"]): Step {
  const most_ms = what === "pause" ? options.pause_ms : 15_000;
  return {
    at_ms: dice.below(options.span_ms),
    what,
    node: dice.below(options.nodes + (dice.chance(0.3) ? JOINERS_MAX : 0)),
    other: dice.below(options.nodes),
    for_ms: Math.round(
      what === "clock_step"
        ? dice.logUniform(1_000, 86_400_000)
        : dice.logUniform(Math.min(100, most_ms), most_ms),
    ),
    choice: dice.next(),
  };
}
