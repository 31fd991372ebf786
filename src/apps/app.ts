/**
 * What an app is: one folder in src/apps and one line in registry.ts. Its pure part, which the core
 * runs, is an `App` (src/core/host/app.ts, where the laws are that it keeps). What goes with it for
 * people is here: its commands, the look of what it prints, its words at the prompt, and what is made
 * of what it stored. Nothing else in the program names an app; it is given the list.
 */

import type { App } from "../core/host/app.ts";
import type { Entry } from "../core/log/entry.ts";
import type { NodeState } from "../core/node.ts";
import type { Json } from "../core/types.ts";
import type { Flags } from "../cli/args/args.ts";
import type { Format } from "../cli/output/line.ts";
import type { MakeWorker } from "../shell/worker/jobs.ts";
import type { AppRules } from "../sim/campaign/app_rules.ts";

/** An app with all that goes with it. */
export interface AppModule {
  /** Its pure part. */
  readonly app: App;
  /** Its subcommands, each loaded only when it is the one. */
  readonly commands: Readonly<Record<string, LoadCommand>>;
  /**
   * What a switch makes of commands of others, by their names and that of the switch, without dashes:
   * `rumor COMMAND --SWITCH ...` is another command.
   */
  readonly variants?: Readonly<Record<string, Readonly<Record<string, Variant>>>>;
  /**
   * Its flags at every command that runs a node, and what they want of it: undefined for nothing. It is
   * told which of them were typed; the others are of the environment, which may be meant for other
   * commands. Throws a `UsageError` where they contradict.
   */
  readonly node_flags?: {
    readonly flags: Flags;
    readonly wish: (
      given: Readonly<Record<string, unknown>>,
      typed: readonly string[],
    ) => Json | undefined;
  };
  /** Its experiments: `rumor sim NAME`. */
  readonly experiments?: Readonly<Record<string, LoadCommand>>;
  /**
   * How a record looks that it prints: text, or bytes that are no text; whole lines together. Safe for
   * a terminal where `format.shown`.
   */
  readonly show?: (record: Json, format: Format) => readonly (string | Uint8Array)[];
  /** Its words at the prompt of a terminal. */
  readonly slash?: readonly SlashCommand[];
  /** What the user calls one of its messages to one node; without it, a message of its name. */
  readonly message?: string;
  /** Why lines may not be sent to its topics; without it, they may. */
  readonly no_lines?: string;
  /** Statements that make SQL views of the rows that it wrote (table `app_rows`). */
  readonly views?: string;
  /** What is made of its stored entries; without it, they are lines. Loaded only for that. */
  readonly stored?: () => Promise<StoredReader>;
  /** What `rumor export` must know before it loads that: its topic, forms of its own, and the help. */
  readonly exports?: {
    readonly topic: string;
    readonly forms: readonly string[];
    readonly examples: string;
    readonly help: string;
  };
  /** What simulated users do with it, and what must hold. Loaded only for that. */
  readonly rules?: () => Promise<AppRules>;
  /** Does its work that takes long, outside the core. */
  readonly worker?: MakeWorker;
}

/** A subcommand: one file with its help text on top. */
export interface Command {
  /** One line for the list of commands. */
  readonly summary: string;
  /** Begins with examples; what it says of apps it asks them for. */
  readonly help: string | ((apps: readonly AppModule[]) => string);
  /** Gives the exit code; throws a `UsageError` for wrong arguments. */
  readonly run: (
    args: readonly string[],
    env: Env,
    apps: readonly AppModule[],
  ) => Promise<number>;
  /** Subcommands by their names; each is loaded only when it is the one. */
  readonly parts?: (apps: readonly AppModule[]) => Readonly<Record<string, LoadCommand>>;
}

/** What a switch makes of a command. */
export interface Variant {
  /** One line for the help of the command as it is without the switch. */
  readonly help: string;
  readonly load: LoadCommand;
}

/** Loads a file with a subcommand. */
export type LoadCommand = () => Promise<{ readonly default: Command }>;

/** Reads the environment. */
export type Env = (variable: string) => string | undefined;

/** A word for the program at the prompt, `/NAME ...`. */
export interface SlashCommand {
  readonly name: string;
  /** For `/help`: how it is written, and what it does. */
  readonly form: string;
  readonly help: string;
  /** Also in a paste, because what was meant for it must never go to all. */
  readonly in_paste?: boolean;
  /** Whether a name of somebody stands behind it, which Tab completes. */
  readonly takes_name?: boolean;
  /** What it was with its name, which stays for the next line. */
  readonly carries_name?: boolean;
  /** Does it; gives what is wrong with what stands behind it, or null. */
  readonly run: (rest: string, pasted: boolean, desk: PromptDesk) => string | null;
}

/** What a word at the prompt needs of the node that runs, and of the terminal. */
export interface PromptDesk {
  readonly node: NodeState;
  /** Shows lines above the prompt, all at once. */
  readonly tell: (lines: readonly string[]) => void;
  /** Wants something of an app. */
  readonly request: (app: string, request: Json) => void;
  /** How long something may take that others must acknowledge, in milliseconds. */
  readonly patience_ms: number;
  /** Leaves as after the last line. */
  readonly quit: () => void;
}

/** What is made of the stored entries of an app's topics. */
export interface StoredReader {
  /** The text of all entries in a form (ndjson, csv, or one of its own), some at a time. */
  readonly export: (
    entries: Iterable<readonly Entry[]>,
    form: string,
    shown: boolean,
  ) => Iterable<string>;
  /** Checks entries one after the other, and at the end whether all is well. */
  readonly check: () => StoredCheck;
}

export interface StoredCheck {
  take(entries: readonly Entry[]): void;
  /** What is wrong, or null; what there is to say; and fields for the JSON object, as JSON. */
  end(): {
    readonly fault: string | null;
    readonly summary: string;
    readonly fields: readonly (readonly [name: string, json: string])[];
  };
}
