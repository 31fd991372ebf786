/**
 * `deno task demo`: anna, ben and cleo talk and pay each other on real nodes on this machine. It
 * shows who printed what, checks that all agree, and ends with 1 if they do not.
 */

import { type Process, type Result, runRumor, startRumor } from "./process.ts";

const TIMEOUT_MS = 8_000;
const PEOPLE = ["anna", "ben", "cleo"];
const TALK = ["lunch at noon?", "yes, I bring soup", "am I too late for soup?", "never"];
const PAYMENTS = ["anna ben 12 soup", "ben cleo 5 bread", "cleo anna 3 tea"];
const LOCAL = ["--listen", "127.0.0.1:0"];

function say(text = ""): void {
  Deno.stdout.writeSync(new TextEncoder().encode(text + "\n"));
}

/** Prints columns under the names of the people. */
function table(title: string, columns: readonly (readonly string[])[], first = ""): void {
  say(title);
  const rows = Math.max(...columns.map((column) => column.length));
  const row = (cells: readonly string[]) =>
    say(("  " + cells.map((cell) => cell.padEnd(26)).join("")).trimEnd());
  row([first, ...PEOPLE].slice(first === "" ? 1 : 0));
  for (let index = 0; index < rows; index++) row(columns.map((column) => column[index] ?? ""));
  say();
}

function check(holds: boolean, what: string): void {
  if (!holds) throw new Error(`it does not hold that ${what}`);
  say(what);
}

async function start(stack: AsyncDisposableStack, args: string[]): Promise<[Process, string]> {
  const process = stack.use(startRumor([...args, ...LOCAL]));
  const address = await process.address({ timeout_ms: TIMEOUT_MS });
  say(`  rumor ${args.join(" ")}`.padEnd(52) + `listens on ${address}`);
  return [process, address];
}

function allPrint(processes: readonly Process[], line: string): Promise<unknown> {
  const wait = { timeout_ms: TIMEOUT_MS };
  return Promise.all(processes.map((process) => process.waitForStdout(line, wait)));
}

async function endAll(processes: readonly Process[]): Promise<Result[]> {
  await Promise.all(processes.map((process) => process.closeStdin()));
  const wait = { timeout_ms: TIMEOUT_MS };
  return await Promise.all(processes.map((process) => process.result(wait)));
}

function agree(values: readonly (readonly string[])[]): boolean {
  const sorted = values.map((lines) => JSON.stringify([...lines].sort()));
  return sorted.every((lines) => lines === sorted[0]);
}

/** Two talk, the third joins late and is told what was said. */
async function talk(): Promise<string> {
  await using stack = new AsyncDisposableStack();
  const [anna, address] = await start(stack, []);
  const [ben] = await start(stack, ["--join", address]);
  await anna.send(TALK[0]);
  await allPrint([ben], TALK[0]);
  await ben.send(TALK[1]);
  await allPrint([anna, ben], TALK[1]);
  const [cleo] = await start(stack, ["--join", address]);
  await allPrint([cleo], TALK[1]);
  await cleo.send(TALK[2]);
  await allPrint([anna, ben], TALK[2]);
  await anna.send(TALK[3]);
  await allPrint([anna, ben, cleo], TALK[3]);
  const printed = (await endAll([anna, ben, cleo])).map(({ stdout }) => stdout);
  say();
  table("what each chat printed, cleo having joined late:", printed);
  check(printed.every((lines) => lines.join() === TALK.join()), "all three chats agree, in order");
  say();
  return address;
}

/** All three pay at once, one of them what was paid already. */
async function pay(): Promise<void> {
  await using stack = new AsyncDisposableStack();
  const [anna, address] = await start(stack, ["ledger"]);
  const others = ["ben", "cleo"].map(() => start(stack, ["ledger", "--join", address]));
  const [[ben], [cleo]] = await Promise.all(others);
  const ledgers = [anna, ben, cleo];
  await Promise.all(ledgers.map((ledger, index) => ledger.send(PAYMENTS[index])));
  const lines = PAYMENTS.map((payment) => payment.replace(/^(.*) (\S+)$/, "$2 $1"));
  await Promise.all(lines.map((line) => allPrint(ledgers, line)));
  await cleo.send(PAYMENTS[0]);
  const addresses = await Promise.all(ledgers.map((ledger) => ledger.address()));
  const visits = addresses.map((join) => runRumor(["balances", "--join", join]));
  const balances = (await Promise.all(visits)).map(({ stdout }) => stdout);
  const printed = (await endAll(ledgers)).map(({ stdout }) => stdout);
  say();
  table("what each ledger printed, soup having been paid for twice:", printed);
  const accounts = balances[0].map((line) => line.split(" ")[0]);
  const amounts = balances.map((lines) => lines.map((line) => line.split(" ")[1]));
  table("the balances at each:", [accounts, ...amounts], "account");
  const total = amounts[0].reduce((sum, amount) => sum + Number(amount), 0);
  if (!agree(printed)) throw new Error("the ledgers applied different transactions");
  const same = agree(balances) && accounts.length === PEOPLE.length && total === 0;
  check(same, `all three ledgers agree, total ${total}`);
}

if (import.meta.main) {
  try {
    say("three chats:");
    await talk();
    say("three ledgers:");
    await pay();
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    Deno.stderr.writeSync(new TextEncoder().encode(`demo: ${reason}\n`));
    Deno.exit(1);
  }
}
