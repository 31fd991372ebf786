/** argv -> command -> exit code. */

import type { Command, Env } from "./command.ts";
import { EXIT, UsageError } from "./exit.ts";
import { say } from "./output.ts";
import config from "../../deno.json" with { type: "json" };

/** Each command in a file of its own; loaded only when it is the one. */
const COMMANDS: Readonly<Record<string, () => Promise<{ default: Command }>>> = {
  chat: () => import("./commands/chat.ts"),
  ledger: () => import("./commands/ledger.ts"),
  pub: () => import("./commands/pub.ts"),
  sub: () => import("./commands/sub.ts"),
  pay: () => import("./commands/pay.ts"),
  pm: () => import("./commands/pm.ts"),
  peers: () => import("./commands/peers.ts"),
  routes: () => import("./commands/routes.ts"),
  balances: () => import("./commands/balances.ts"),
  tracker: () => import("./commands/tracker.ts"),
  export: () => import("./commands/export.ts"),
  verify: () => import("./commands/verify.ts"),
  sim: () => import("./commands/sim.ts"),
};

/**
 * Runs the command that the arguments name; gives the exit code. Never exits itself. `env` reads a
 * variable of the environment, where flags are looked for, too.
 */
export async function run(args: readonly string[], env: Env = readEnv): Promise<number> {
  const [first = ""] = args;
  if (first === "--version" || first === "-V") return print(`rumor ${config.version}\n`);
  if (first === "help") return await help(args.slice(1));
  const is_command = Object.hasOwn(COMMANDS, first);
  if (first !== "" && !first.startsWith("-") && !is_command) {
    return usage(`${first} is not a command; allowed are ${Object.keys(COMMANDS).join(", ")}`);
  }
  const name = is_command ? first : "chat";
  const [command, rest] = await partOf(
    (await COMMANDS[name]()).default,
    is_command ? args.slice(1) : args,
  );
  if (wantsHelp(rest)) return print(is_command ? command.help : await overview(command));
  try {
    return await command.run(rest, env);
  } catch (error) {
    if (error instanceof UsageError) return usage(error.message);
    throw error;
  }
}

/** The command itself, or its subcommand that the arguments name; and the arguments of that. */
async function partOf(
  command: Command,
  args: readonly string[],
): Promise<[Command, readonly string[]]> {
  const [first = ""] = args, { parts } = command;
  if (parts === undefined || !Object.hasOwn(parts, first)) return [command, args];
  return [(await parts[first]()).default, args.slice(1)];
}

async function help(words: readonly string[]): Promise<number> {
  const [name = ""] = words;
  if (name === "") return print(await overview((await COMMANDS.chat()).default));
  if (Object.hasOwn(COMMANDS, name)) {
    const [command] = await partOf((await COMMANDS[name]()).default, words.slice(1));
    return print(command.help);
  }
  return usage(`${name} is not a command; allowed are ${Object.keys(COMMANDS).join(", ")}`);
}

/** `rumor --help`: the chat, and what else there is. */
async function overview(chat: Command): Promise<string> {
  const commands = await Promise.all(Object.values(COMMANDS).map((load) => load()));
  const rows = Object.keys(COMMANDS).map((name, index) =>
    `  ${name.padEnd(10)}${commands[index].default.summary}`
  );
  return `${chat.help}\nCommands (rumor alone is rumor chat; rumor COMMAND --help tells more):\n${
    rows.join("\n")
  }\n`;
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
  const { Output } = await import("./output.ts");
  await new Output().write(new TextEncoder().encode(text));
  return EXIT.done;
}

function usage(text: string): number {
  say(`rumor: ${text}`);
  return EXIT.usage;
}
