/** argv -> command -> exit code. */

import type { AppModule, Command, Env, LoadCommand } from "../apps/app.ts";
import { APPS } from "../apps/registry.ts";
import { EXIT, UsageError } from "./args/exit.ts";
import { say, stderr } from "./output/stderr.ts";
import { stdout } from "./output/stdout.ts";
import config from "../../deno.json" with { type: "json" };

/** Commands of the program itself, each in a file of its own; loaded only when it is the one. */
const OWN: Readonly<Record<string, LoadCommand>> = {
  peers: () => import("./commands/peers.ts"),
  routes: () => import("./commands/routes.ts"),
  tracker: () => import("./commands/tracker.ts"),
  export: () => import("./commands/export.ts"),
  verify: () => import("./commands/verify.ts"),
  sim: () => import("./commands/sim.ts"),
};

/**
 * Runs the command that the arguments name; gives the exit code. Never exits itself. `env` reads a
 * variable of the environment, where flags are looked for, too.
 */
export async function run(
  args: readonly string[],
  apps: readonly AppModule[] = APPS,
  env: Env = readEnv,
): Promise<number> {
  const program = new Program(apps, env);
  try {
    return await program.run(args);
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    say(`rumor: ${error.message}`);
    return EXIT.usage;
  } finally {
    await stderr.close();
  }
}

class Program {
  readonly #commands: Readonly<Record<string, LoadCommand>>;
  /** The command of who names none: the first of the first app. */
  readonly #usual: string;

  constructor(readonly apps: readonly AppModule[], readonly env: Env) {
    this.#commands = { ...Object.assign({}, ...apps.map(({ commands }) => commands)), ...OWN };
    [this.#usual] = Object.keys(this.#commands);
  }

  async run(args: readonly string[]): Promise<number> {
    const [first = ""] = args;
    if (first === "--version" || first === "-V") return print(`rumor ${config.version}\n`);
    if (first === "help") return await this.#help(args.slice(1));
    const is_command = Object.hasOwn(this.#commands, first);
    if (first !== "" && !first.startsWith("-") && !is_command) throw this.#unknown(first);
    const [command, rest] = await this.#partOf(
      is_command ? first : this.#usual,
      is_command ? args.slice(1) : args,
    );
    if (!wantsHelp(rest)) return await command.run(rest, this.env, this.apps);
    return await print(is_command ? this.#helpOf(command) : await this.#overview());
  }

  /** A command, or its subcommand that the arguments name; and the arguments of that. */
  async #partOf(
    name: string,
    args: readonly string[],
  ): Promise<readonly [Command, readonly string[]]> {
    const variant = this.#variantOf(name, args);
    if (variant !== null) return [(await variant.load()).default, variant.args];
    const { default: plain } = await this.#commands[name]();
    const command = { ...plain, help: () => this.#helpOf(plain) + this.#variantLines(name) };
    const [first = ""] = args, parts = command.parts?.(this.apps);
    if (parts === undefined || !Object.hasOwn(parts, first)) return [command, args];
    return [(await parts[first]()).default, args.slice(1)];
  }

  /** What an app makes of a command by a switch of its own. */
  #variantOf(name: string, args: readonly string[]) {
    for (const { variants } of this.apps) {
      if (variants === undefined || !Object.hasOwn(variants, name)) continue;
      for (const [word, { load }] of Object.entries(variants[name])) {
        const at = switchIn(flagsIn(args), `--${word}`);
        if (at >= 0) return { load, args: args.toSpliced(at, 1) };
      }
    }
    return null;
  }

  async #help([name = "", ...words]: readonly string[]): Promise<number> {
    if (name === "") return await print(await this.#overview());
    if (!Object.hasOwn(this.#commands, name)) throw this.#unknown(name);
    const [command] = await this.#partOf(name, words);
    return await print(this.#helpOf(command));
  }

  /** `rumor --help`: what it does by itself, and what else there is. */
  async #overview(): Promise<string> {
    const names = Object.keys(this.#commands);
    const loaded = await Promise.all(Object.values(this.#commands).map((load) => load()));
    const rows = names.map((name, index) => `  ${name.padEnd(10)}${loaded[index].default.summary}`);
    const usual = loaded[names.indexOf(this.#usual)].default;
    return `${this.#helpOf(usual)}\nCommands (rumor alone is rumor ${this.#usual}; ` +
      `rumor COMMAND --help tells more):\n${rows.join("\n")}\n`;
  }

  #helpOf({ help }: Command): string {
    return typeof help === "string" ? help : help(this.apps);
  }

  #variantLines(name: string): string {
    const all = this.apps.flatMap(({ variants }) => Object.entries(variants?.[name] ?? {}));
    return all.map(([word, { help }]) =>
      `\nWith --${word}: ${help} (rumor ${name} --${word} --help tells more).\n`
    ).join("");
  }

  #unknown(word: string): UsageError {
    const allowed = Object.keys(this.#commands).join(", ");
    return new UsageError(`${word} is not a command; allowed are ${allowed}`);
  }
}

function readEnv(variable: string): string | undefined {
  try {
    return Deno.env.get(variable);
  } catch {
    throw new UsageError(`${variable} is not valid Unicode`);
  }
}

/** A word after `--` is never a flag. */
function flagsIn(args: readonly string[]): readonly string[] {
  const end = args.indexOf("--");
  return args.slice(0, end < 0 ? args.length : end);
}

/** Where a switch stands; -1 where it does not. Throws a `UsageError` where it is more than that. */
function switchIn(flags: readonly string[], written: string): number {
  if (flags.some((arg) => arg.startsWith(`${written}=`))) {
    throw new UsageError(`${written} takes no value`);
  }
  const at = flags.indexOf(written);
  if (flags.lastIndexOf(written) !== at) throw new UsageError(`${written} is given twice`);
  return at;
}

function wantsHelp(args: readonly string[]): boolean {
  return flagsIn(args).some((arg) => arg === "--help" || arg === "-h");
}

async function print(text: string): Promise<number> {
  await stdout.print(text);
  return EXIT.done;
}
