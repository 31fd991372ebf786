/** One thing that happens in a run. */

/** One thing that happens. */
export interface Step {
  /** After the start. */
  readonly at_ms: number;
  /** An operation, one of an app, or a fault. */
  readonly what: string;
  /** Numbers of machines. */
  readonly node: number;
  readonly other: number;
  /** How long a fault lasts, or how far a clock steps. */
  readonly for_ms: number;
  /** Something to choose by. */
  readonly choice: number;
}

/** A step as one line of text. */
export function describeStep({ at_ms, what, node, other, for_ms, choice }: Step): string {
  return `${at_ms} ms ${what} node ${node} other ${other} for ${for_ms} ms choice ${
    choice.toFixed(3)
  }`;
}
