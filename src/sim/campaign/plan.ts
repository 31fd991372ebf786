/**
 * What happens in a run, and when: the operations of users and the faults, drawn from the options
 * before anything runs, so that any of them can be left out when a failure is made smaller.
 */

import { Dice } from "../dice.ts";
import type { AppRules } from "./app_rules.ts";
import type { FaultKind, Options } from "./options.ts";
import type { Step } from "./step.ts";

/** What users do, besides what they do with apps. */
export type OperationKind = "line" | "bulk" | "join" | "leave";

type Weights = readonly (readonly [what: string, weight: number])[];

/** How likely each operation is. */
const OPERATIONS: readonly (readonly [OperationKind, number])[] = [
  ["line", 50],
  ["bulk", 3],
  ["join", 4],
  ["leave", 5],
];

/** Machines that the plan may name: those of the start, and some that join. */
export const JOINERS_MAX = 3;

/** Of how many operations those of an app are that has dice of its own. */
const OWN_SHARE = 0.3;

/** The options with what is drawn for apps that are not in every run. */
export function withSetups(options: Options, rules: readonly AppRules[]): Options {
  return rules.reduce((drawn, { app: { name }, draw }) => {
    const setup = draw?.(Dice.of(options.seed, `use of ${name}`), drawn) ?? null;
    return setup === null ? drawn : { ...drawn, apps: { ...drawn.apps, [name]: setup } };
  }, options);
}

/** All that happens in a run, in the order of time. */
export function drawPlan(options: Options, rules: readonly AppRules[]): Step[] {
  const steps: Step[] = [];
  const drawOperations = (dice: Dice, count: number, weights: Weights) => {
    for (let at = 0; at < count; at++) {
      steps.push(drawStep(dice, options, drawOperation(dice, weights)));
    }
  };
  const common = rules.filter(({ draw }) => draw === undefined);
  const weights: Weights = [...OPERATIONS, ...common.flatMap(({ operations }) => operations)];
  drawOperations(Dice.of(options.seed, "operations"), options.operations, weights);
  for (const { app: { name }, operations, draw } of rules) {
    if (draw === undefined || !Object.hasOwn(options.apps, name)) continue;
    const count = Math.ceil(options.operations * OWN_SHARE);
    drawOperations(Dice.of(options.seed, `operations of ${name}`), count, operations);
  }
  for (const [kind, times] of Object.entries(options.faults) as [FaultKind, number][]) {
    // Each fault has dice of its own, so that leaving one out leaves the others as they are.
    const dice = Dice.of(options.seed, kind);
    for (let count = 0; count < times; count++) steps.push(drawStep(dice, options, kind));
  }
  return steps.sort((a, b) => a.at_ms - b.at_ms);
}

function drawOperation(dice: Dice, weights: Weights): string {
  const sum = weights.reduce((all, [, weight]) => all + weight, 0);
  let at = dice.next() * sum;
  return weights.find(([, weight]) => (at -= weight) < 0)![0];
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
