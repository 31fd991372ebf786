/** What a subcommand is: one file with its help text on top. */

export interface Command {
  /** One line for the list of commands. */
  readonly summary: string;
  /** Begins with examples. */
  readonly help: string;
  /** Gives the exit code; throws a `UsageError` for wrong arguments. */
  readonly run: (args: readonly string[], env: Env) => Promise<number>;
  /** Subcommands by their names; each is loaded only when it is the one. */
  readonly parts?: Readonly<Record<string, () => Promise<{ default: Command }>>>;
}

/** Reads the environment. */
export type Env = (variable: string) => string | undefined;
