/**
 * Lines and payments that flow through whatever node is there, and the ledger that is kept outside of
 * the network: what was handed over, and what was acknowledged. Nothing is sent twice, so what comes
 * out twice was doubled by the network.
 */

import type { Dice } from "../../src/sim/dice.ts";
import { pause, type Tally, until } from "./campaign.ts";
import type { Result } from "../helpers/process.ts";
import type { Machine } from "./machines.ts";

/** How the flow is. */
export interface TrafficOptions {
  /** Nodes that must hold something before it counts as acknowledged. */
  readonly ack: number;
  readonly writers?: number;
  readonly payers?: number;
  /** Pause of each writer and payer between two of its turns. */
  readonly pause_ms?: number;
  /** Tells the lines of one flow from those of others. */
  readonly prefix?: string;
}

const LINES_MOST = 8;
const CONVERGE_MS = 40_000;
/** How long a guest listens to a node that gives out all it has at once. */
const SUB_SECONDS = "1";
const BANK = "bank";

/** Who writes and pays, and what came of it. */
export class Traffic {
  /** Every line that was handed over. */
  readonly lines = new Set<string>();
  /** Those of which a command ended with 0. */
  readonly acknowledged = new Set<string>();
  /** Every payment, `ID FROM TO AMOUNT`, by its id. */
  readonly payments = new Map<string, string>();
  readonly acknowledged_payments = new Set<string>();
  /** Commands by their exit codes. */
  readonly codes = new Map<number, number>();
  /** What commands that failed said, and how often. */
  readonly complaints = new Map<string, number>();
  readonly #dice: Dice;
  readonly #options: TrafficOptions;
  readonly #machines: readonly Machine[];
  readonly #work: Promise<void>[] = [];
  #stopped = false;
  #batch = 0;

  constructor(machines: readonly Machine[], dice: Dice, options: TrafficOptions) {
    this.#machines = machines;
    this.#dice = dice;
    this.#options = options;
  }

  /** One outside ledger of several flows. */
  static merge(flows: readonly Traffic[], machines: readonly Machine[], dice: Dice): Traffic {
    const all = new Traffic(machines, dice, { ack: 1 });
    for (const flow of flows) {
      for (const line of flow.lines) all.lines.add(line);
      for (const line of flow.acknowledged) all.acknowledged.add(line);
      for (const [id, payment] of flow.payments) all.payments.set(id, payment);
      for (const id of flow.acknowledged_payments) all.acknowledged_payments.add(id);
      for (const [code, count] of flow.codes) increase(all.codes, code, count);
      for (const [text, count] of flow.complaints) increase(all.complaints, text, count);
    }
    return all;
  }

  /** Lets them begin. */
  start(): void {
    const { writers = 2, payers = 1 } = this.#options;
    for (let n = 0; n < writers; n++) this.#work.push(this.#repeat(() => this.write()));
    for (let n = 0; n < payers; n++) this.#work.push(this.#repeat(() => this.pay()));
  }

  /** Lets them finish what they are at. */
  async stop(): Promise<void> {
    this.#stopped = true;
    await Promise.all(this.#work);
  }

  /** Some lines, through some node, by one `rumor pub`. */
  async write(through = this.#dice.pick(this.#machines)): Promise<boolean> {
    const batch = this.#name(), count = this.#dice.between(1, LINES_MOST);
    const lines = Array.from({ length: count }, (_, index) => `line ${batch} ${index}`);
    for (const line of lines) this.lines.add(line);
    const command = ["pub", "--ack", String(this.#options.ack), "--timeout", "5"];
    const result = await through.guest(command, lines.map((line) => `${line}\n`).join(""));
    const code = this.#count(result);
    if (code === 0) { for (const line of lines) this.acknowledged.add(line); }
    return code === 0;
  }

  /** A payment, through some node, by one `rumor pay`. Each goes to an account of its own. */
  async pay(through = this.#dice.pick(this.#machines)): Promise<boolean> {
    const id = `pay${this.#name()}`, amount = String(this.#dice.between(1, 1_000));
    this.payments.set(id, `${id} ${BANK} to-${id} ${amount}`);
    const command = ["pay", "--ack", String(this.#options.ack), "--timeout", "5", "--id", id];
    const result = await through.guest([...command, BANK, `to-${id}`, amount]);
    const code = this.#count(result);
    if (code === 0) this.acknowledged_payments.add(id);
    return code === 0;
  }

  /** Waits until all machines have all that was acknowledged; says what is missing where. */
  async converge(machines: readonly Machine[], tally: Tally): Promise<number | null> {
    const took = await until(
      () => machines.every((machine) => this.missing(machine).length === 0),
      CONVERGE_MS,
    );
    for (const machine of machines) {
      const missing = this.missing(machine);
      tally.expect(
        missing.length === 0,
        () => `${missing.length} acknowledged are missing on ${machine.name}: ${few(missing)}`,
      );
    }
    return took;
  }

  /** What was acknowledged and never printed on a machine. */
  missing(machine: Machine): string[] {
    const printed = machine.everPrinted();
    const due = machine.app === "chat"
      ? [...this.acknowledged]
      : [...this.acknowledged_payments].map((id) => this.payments.get(id)!);
    return due.filter((line) => !printed.has(line));
  }

  /** Each node gives out all that was acknowledged, whatever it printed and when. */
  async checkHeld(machines: readonly Machine[], tally: Tally): Promise<void> {
    await Promise.all(machines.map(async (machine) => {
      let missing: string[] = [];
      await until(async () => {
        const given = new Set((await machine.guest(["sub", "-W", SUB_SECONDS])).stdout);
        missing = [...this.acknowledged].filter((line) => !given.has(line));
        return missing.length === 0;
      }, CONVERGE_MS);
      tally.expect(
        missing.length === 0,
        () => `${missing.length} acknowledged are not held by ${machine.name}: ${few(missing)}`,
      );
    }));
  }

  /** No process printed anything twice, out of order, or that nobody said. */
  checkPrinted(machines: readonly Machine[], tally: Tally): void {
    for (const machine of machines) {
      for (const [run, lines] of machine.printed().entries()) {
        const name = `run ${run + 1} of ${machine.name}`;
        const seen = new Set<string>();
        const twice = lines.filter((line) => seen.size === seen.add(line).size);
        tally.expect(twice.length === 0, () => `${name} printed twice: ${few(twice)}`);
        const known = machine.app === "chat" ? this.lines : new Set(this.payments.values());
        const strange = lines.filter((line) => !known.has(line));
        tally.expect(strange.length === 0, () => `${name} printed strange: ${few(strange)}`);
        const late = outOfOrder(lines);
        tally.expect(late.length === 0, () => `${name} printed out of order: ${few(late)}`);
      }
    }
  }

  /** How many lines a machine printed again after a restart, which a kill may cause. */
  printedAgain(machine: Machine): number {
    const all = machine.printed().flat();
    return all.length - new Set(all).size;
  }

  /** All nodes have the same balances: each acknowledged payment once, others once or not. */
  async checkBalances(machines: readonly Machine[], tally: Tally): Promise<void> {
    let all: (readonly string[])[] = [];
    const agree = () => new Set(all.map((rows) => rows.join("\n"))).size === 1;
    await until(async () => {
      all = await Promise.all(machines.map((machine) => machine.balances()));
      return agree();
    }, CONVERGE_MS);
    tally.expect(agree(), () => `the balances of ${machines.map((m) => m.name)} differ`);
    for (const [index, rows] of all.entries()) {
      const wrong = this.#wrongBalances(rows);
      const { name } = machines[index];
      tally.expect(wrong.length === 0, () => `balances of ${name}: ${few(wrong)}`);
    }
  }

  /** Sums what happened up. */
  report(tally: Tally): void {
    tally.figure("lines acknowledged", `${this.acknowledged.size} of ${this.lines.size}`);
    const { size } = this.acknowledged_payments;
    tally.figure("payments acknowledged", `${size} of ${this.payments.size}`);
    const codes = [...this.codes].sort(([a], [b]) => a - b);
    const said = [...this.complaints].sort(([, a], [, b]) => b - a).slice(0, 3);
    tally.figure("complaints", said.map(([text, count]) => `${count}x "${text}"`).join(", "));
    tally.figure("exit codes", codes.map(([code, count]) => `${code}x${count}`).join(" "));
  }

  #wrongBalances(rows: readonly string[]): string[] {
    const amounts = new Map(rows.map((row) => row.split(" ") as [string, string]));
    const wrong: string[] = [];
    let paid = 0;
    for (const [id, payment] of this.payments) {
      const [, , to, amount] = payment.split(" ");
      const got = amounts.get(to) ?? "0";
      amounts.delete(to);
      paid += Number(got);
      if (got === amount || (got === "0" && !this.acknowledged_payments.has(id))) continue;
      wrong.push(`${to} has ${got} of ${amount}`);
    }
    const bank = Number(amounts.get(BANK) ?? 0);
    if (bank !== -paid) wrong.push(`${BANK} has ${bank}, the others ${paid}`);
    amounts.delete(BANK);
    return [...wrong, ...[...amounts].map(([account]) => `nobody paid ${account}`)];
  }

  #name(): string {
    return `${this.#options.prefix ?? ""}.${this.#batch++}`;
  }

  #count({ code, stderr }: Result): number {
    increase(this.codes, code);
    // Without numbers and addresses, the same complaint is the same text.
    for (const line of stderr) increase(this.complaints, line.replaceAll(/[\d.:]{2,}/g, "#"));
    return code;
  }

  async #repeat(act: () => Promise<boolean>): Promise<void> {
    while (!this.#stopped) {
      await act();
      await pause(this.#options.pause_ms ?? 50);
    }
  }
}

function increase<K>(counts: Map<K, number>, key: K, by = 1): void {
  counts.set(key, (counts.get(key) ?? 0) + by);
}

/** The first of many, for a message. */
export function few(list: readonly string[]): string {
  return list.slice(0, 5).join(", ") + (list.length > 5 ? ", ..." : "");
}

/** Lines of one command that stand behind a later one of it. */
function outOfOrder(lines: readonly string[]): string[] {
  const newest = new Map<string, number>();
  return lines.filter((line) => {
    const [word, batch, index] = line.split(" ");
    if (word !== "line") return false;
    const late = Number(index) < (newest.get(batch) ?? -1);
    newest.set(batch, Number(index));
    return late;
  });
}
