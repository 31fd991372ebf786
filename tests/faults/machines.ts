/**
 * Machines on which a node runs, is killed, and runs again: a place in the network that outlives its
 * processes. Linux only: each network has loopback addresses of its own, so that a port that was
 * freed by a kill is not taken by somebody else before the next start.
 */

import { countLinks } from "../bench/links.ts";
import { until } from "./campaign.ts";
import { type Process, type Result, runRumor, startRumor } from "../helpers/process.ts";
import { RawPeer } from "../helpers/raw_peer.ts";

/** What kind of machine. */
export interface MachineOptions {
  readonly app?: "chat" | "ledger";
  /** Whether it has a data directory. */
  readonly durable?: boolean;
  /** Given at each start. */
  readonly args?: readonly string[];
  /** Makes the address that others dial of the one that the node listens on. */
  readonly door?: (listen: string) => string;
}

/** How long a node may take until it listens; a store with entries is read before that. */
const START_MS = 30_000;
const FIRST_PORT = 7_001;
/** How many peers a node links to. */
export const LINKS = 10;

/** One machine. */
export class Machine {
  readonly name: string;
  /** Where its node listens. */
  readonly listen: string;
  /** What others dial. */
  readonly address: string;
  /** Where its node keeps its data, or null. */
  data: string | null;
  readonly app: "chat" | "ledger";
  /** Every process that ran here, in turn. */
  readonly runs: Process[] = [];
  readonly #args: readonly string[];

  constructor(name: string, listen: string, data: string | null, options: MachineOptions) {
    this.name = name;
    this.listen = listen;
    this.address = options.door?.(listen) ?? listen;
    this.data = data;
    this.app = options.app ?? "chat";
    this.#args = options.args ?? [];
  }

  /** The process that runs now, or ran last. */
  get process(): Process {
    return this.runs[this.runs.length - 1];
  }

  /** Starts the node and does not wait. */
  launch(extra: readonly string[] = []): Process {
    const advertise = this.address === this.listen ? [] : ["--advertise", this.address];
    const data = this.data === null ? [] : ["--data", this.data];
    const own = ["--listen", this.listen, "--name", this.name, "--keep-open", ...advertise];
    this.runs.push(startRumor([this.app, ...own, ...data, ...this.#args, ...extra]));
    return this.process;
  }

  /** Starts the node and waits until it accepts connections. */
  async start(extra: readonly string[] = []): Promise<void> {
    await this.launch(extra).address({ timeout_ms: START_MS });
  }

  /** Ends the node as a power cut does. */
  async kill(): Promise<void> {
    const { process } = this;
    try {
      process.signal("SIGKILL");
    } catch {
      // It has ended by itself, which whoever looks at its exit status will notice.
    }
    await process.status();
  }

  /** What all its processes printed, each for itself. */
  printed(): (readonly string[])[] {
    return this.runs.map((run) => run.stdout);
  }

  /** All that was ever printed here. */
  everPrinted(): Set<string> {
    return new Set(this.printed().flat());
  }

  /** Runs a guest of this node to its end. */
  guest(command: readonly string[], input?: string, timeout_ms = 30_000): Promise<Result> {
    const [verb, ...rest] = command;
    return runRumor([verb, "--join", this.listen, ...rest], { input, timeout_ms });
  }

  /** The id of the node, from its own hello. */
  async id(): Promise<string> {
    await using guest = await RawPeer.guest(this.listen);
    return (await guest.control("hello")).id;
  }

  /** The peers that this node knows, by name: their states. */
  async peers(): Promise<Map<string, PeerRow>> {
    const { code, stdout, stderr } = await this.guest(["peers", "--json"]);
    if (code !== 0) throw new Error(`peers of ${this.name} ended with ${code}: ${stderr.join()}`);
    const rows = stdout.map((line) => JSON.parse(line) as PeerRow);
    return new Map(rows.map((row) => [row.name, row]));
  }

  /** All balances, as `ACCOUNT AMOUNT`. */
  async balances(): Promise<readonly string[]> {
    const { code, stdout, stderr } = await this.guest(["balances"]);
    if (code !== 0) throw new Error(`balances of ${this.name}: ${code}: ${stderr.join()}`);
    return stdout;
  }
}

/** A peer as `rumor peers --json` shows it. */
export interface PeerRow {
  readonly id: string;
  readonly name: string;
  readonly address: string;
  readonly state: "alive" | "suspect" | "failed" | "left" | "named";
  readonly direct: boolean;
}

/** A network of machines, which ends with everything that was started in it. */
export class Machines implements AsyncDisposable {
  readonly all: Machine[] = [];
  /** For data directories and other files. */
  readonly folder: string = Deno.makeTempDirSync({ prefix: "rumor-faults-" });
  readonly #host = `127.${[0, 0, 0].map(() => 2 + Math.floor(Math.random() * 250)).join(".")}`;

  constructor() {
    globalThis.addEventListener("unload", this.#clean);
  }

  /** A new machine on which nothing runs yet. */
  add(name: string, options: MachineOptions = {}): Machine {
    const listen = `${this.#host}:${FIRST_PORT + this.all.length}`;
    const data = options.durable ? `${this.folder}/${name}` : null;
    const machine = new Machine(name, listen, data, options);
    this.all.push(machine);
    return machine;
  }

  /** Starts all of them, each joining the first, and waits until each has its links. */
  async startAll(): Promise<void> {
    const [first, ...others] = this.all;
    await first.start();
    await Promise.all(others.map((machine) => machine.start(["--join", first.address])));
    const links = Math.min(others.length, LINKS);
    const ready = () => this.all.every(({ process }) => countLinks(process.pid)! >= links);
    if (await until(ready, START_MS, 20) === null) throw new Error("not all have their links");
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const runs = this.all.flatMap((machine) => machine.runs);
    await Promise.all(runs.map((run) => run[Symbol.asyncDispose]()));
    globalThis.removeEventListener("unload", this.#clean);
    this.#clean();
  }

  readonly #clean = (): void => {
    try {
      Deno.removeSync(this.folder, { recursive: true });
    } catch {
      // A node that is being killed may still write there; the system tidies up.
    }
  };
}
