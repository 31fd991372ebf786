/** argv -> command -> exit code. */

import type { Command, LoadCommand } from "../apps/app.ts";
import { APPS } from "../apps/registry.ts";
import { EXIT, UsageError } from "./args/exit.ts";
import { say, stderr } from "./output/stderr.ts";
import { stdout } from "./output/stdout.ts";
import config from "../../deno.json" with { type: "json" };

/** Each command in a file of its own; loaded only when it is the one. Those of apps come first. */
const COMMANDS: Readonly<Record<string, LoadCommand>> = {
  ...Object.assign({}, ...APPS.map(({ commands }) => commands)),
  peers: () => import("./commands/peers.ts"),
  routes: () => import("./commands/routes.ts"),
  tracker: () => import("./commands/tracker.ts"),
  export: () => import("./commands/export.ts"),
  verify: () => import("./commands/verify.ts"),
  sim: () => import("./commands/sim.ts"),
};

/** The command of who names none. */
const [USUAL] = Object.keys(COMMANDS);

/** Runs the command that the arguments name; gives the exit code. Never exits itself. */
export async function run(args: readonly string[]): Promise<number> {
  const [first = ""] = args;
  if (first === "--version" || first === "-V") return print(`rumor ${config.version}\n`);
  if (first === "help") return await help(args.slice(1));
  const is_command = Object.hasOwn(COMMANDS, first);
  if (first !== "" && !first.startsWith("-") && !is_command) {
    return usage(`${first} is not a command; allowed are ${Object.keys(COMMANDS).join(", ")}`);
  }
  const name = is_command ? first : USUAL;
  const [command, rest] = await partOf(
    (await COMMANDS[name]()).default,
    is_command ? args.slice(1) : args,
  );
  if (wantsHelp(rest)) return print(is_command ? helpOf(command) : await overview(command));
  try {
    return await command.run(rest, readEnv, APPS);
  } catch (error) {
    if (error instanceof UsageError) return usage(error.message);
    throw error;
  } finally {
    await stderr.close();
  }
}

/** The command itself, or its subcommand that the arguments name; and the arguments of that. */
async function partOf(
  command: Command,
  args: readonly string[],
): Promise<[Command, readonly string[]]> {
  const [first = ""] = args, parts = command.parts?.(APPS);
  if (parts === undefined || !Object.hasOwn(parts, first)) return [command, args];
  return [(await parts[first]()).default, args.slice(1)];
}

async function help(words: readonly string[]): Promise<number> {
  const [name = ""] = words;
  if (name === "") return print(await overview((await COMMANDS[USUAL]()).default));
  if (Object.hasOwn(COMMANDS, name)) {
    const [command] = await partOf((await COMMANDS[name]()).default, words.slice(1));
    return print(helpOf(command));
  }
  return usage(`${name} is not a command; allowed are ${Object.keys(COMMANDS).join(", ")}`);
}

/** `rumor --help`: what it does by itself, and what else there is. */
async function overview(usual: Command): Promise<string> {
  const commands = await Promise.all(Object.values(COMMANDS).map((load) => load()));
  const rows = Object.keys(COMMANDS).map((name, index) =>
    `  ${name.padEnd(10)}${commands[index].default.summary}`
  );
  return `${
    helpOf(usual)
  }\nCommands (rumor alone is rumor chat; rumor COMMAND --help tells more):\n${rows.join("\n")}\n`;
}

function helpOf({ help }: Command): string {
  return typeof help === "string" ? help : help(APPS);
}

function readEnv(variable: string): string | undefined {
  try {
    return Deno.env.get(variable);
  } catch {
    throw new UsageError(`${variable} is not valid Unicode`);
  }
}

/** A word after `--` is never a flag. */
function wantsHelp(args: readonly string[]): boolean {
  const end = args.indexOf("--");
  return args.slice(0, end < 0 ? args.length : end).some((arg) => arg === "--help" || arg === "-h");
}

async function print(text: string): Promise<number> {
  await stdout.print(text);
  return EXIT.done;
}

function usage(text: string): number {
  say(`rumor: ${text}`);
  return EXIT.usage;
}
