/** A run: the machines of a plan under one virtual clock, watched at every event. */

import { FAST_TIMES, STALE_WAIT_MS, USUAL_TIMES, WAN_TIMES } from "../../core/data/limits.ts";
import { reduceNode } from "../../core/node.ts";
import type { FrontConfig } from "../../core/data/config.ts";
import type { SimCrypto } from "../crypto.ts";
import { Dice } from "../dice.ts";
import { Network } from "../network.ts";
import type { ReducedHandler, SimNode } from "../sim_node.ts";
import type { SimStore } from "../sim_store.ts";
import { disagreement } from "./agreement.ts";
import type { AppRules, CampaignApps } from "./app_rules.ts";
import { Faults } from "./faults.ts";
import { History } from "./history.ts";
import { Liar } from "./liar.ts";
import { type Machine, newView, raise, type View } from "./machine.ts";
import { Observer } from "./observer.ts";
import { isMild, type Options, tellsOwnPast } from "./options.ts";
import { lyingApps, newRuns, placeNode, workersOf } from "./setups.ts";
import type { Step } from "./step.ts";
import { newTally, type Tally } from "./tally.ts";
import { must, Violation } from "./violation.ts";
import { Users } from "./users.ts";
import type { World } from "./world.ts";
import type { CarriedHandler } from "../cables.ts";

/** What a run may be given besides its plan. */
export interface RunParts extends CampaignApps {
  readonly crypto: SimCrypto;
  /** Other than the real one in tests of the invariants. */
  readonly reduce?: typeof reduceNode;
  readonly onReduced?: ReducedHandler;
  readonly onCarried?: CarriedHandler;
  /** Told of each step, and of what the machines do. */
  readonly onStep?: (now_ms: number, text: string) => void;
}

/** How a run ended. */
export interface RunResult {
  readonly violation: Violation | null;
  readonly events: number;
  /** Of everything that happened. */
  readonly hash: number;
  readonly tally: Tally;
  /** How long the healed network took to agree; null where that was not asked. */
  readonly healed_ms: number | null;
}

const START_MS = 1_000_000_000;
/** A network that was healed agrees within this time. */
export const CONVERGE_MS = 180_000;
const LOOK_MS = 500;
const TIMES = { fast: FAST_TIMES, usual: USUAL_TIMES, wan: WAN_TIMES };

/** Runs a plan. */
export function runPlan(options: Options, steps: readonly Step[], parts: RunParts): RunResult {
  return new Session(options, parts).run(steps);
}

class Session implements World {
  readonly machines: Machine[] = [];
  readonly tally: Tally;
  readonly sim: Network;
  readonly observer: Observer;
  readonly options: Options;
  readonly rules: readonly AppRules[];
  readonly history: History;
  readonly #parts: RunParts;
  readonly #by_node = new Map<SimNode, Machine>();
  readonly #liars: Liar[] = [];
  readonly owners = new Map<string, Machine>();
  readonly runs: ReadonlyMap<string, unknown>;

  constructor(options: Options, parts: RunParts) {
    this.options = options;
    this.rules = parts.rules;
    this.#parts = parts;
    this.tally = newTally(parts.rules.flatMap(({ effects }) => effects));
    this.history = new History(parts.crypto.sha256);
    this.runs = newRuns(options, parts);
    this.observer = new Observer({
      machineOf: (node) => this.#by_node.get(node)!,
      machines: this.machines,
      owners: this.owners,
      runs: this.runs,
      mild: isMild(options),
      tells_own_past: tellsOwnPast(options),
      lying: options.liars > 0,
      history: this.history,
      tally: this.tally,
      rules: parts.rules,
      verify: parts.crypto.verify,
    });
    this.sim = new Network({
      crypto: parts.crypto,
      apps: parts.apps,
      workers: workersOf(options, parts.rules),
      streams: (purpose) => Dice.of(options.seed, purpose),
      latency_ms: options.latency_ms,
      framed: options.real_bytes,
      start_ms: START_MS,
      ...(options.loss !== null && { loss: options.loss }),
      ...(parts.reduce !== undefined && { reduce: parts.reduce }),
      ...(parts.onCarried !== undefined && {
        onCarried: (from, to, carried) => {
          parts.onStep?.(this.sim.now_ms, "");
          parts.onCarried!(from, to, carried);
        },
      }),
      onReduced: (node, event, effects, before) => {
        parts.onStep?.(this.sim.now_ms, "");
        parts.onReduced?.(node, event, effects, before);
        this.observer.see(node, event, effects, before);
      },
      onSigned: (_, bytes, signature) => this.observer.noteSigned(bytes, signature),
    });
  }

  run(steps: readonly Step[]): RunResult {
    let violation: Violation | null = null, healed_ms: number | null = null;
    try {
      const users = new Users(this), faults = new Faults(this);
      for (let index = 0; index < this.options.nodes; index++) this.join(index);
      const begin_ms = this.sim.now_ms;
      for (const step of steps) {
        faults.endUntil(begin_ms + step.at_ms);
        this.sim.run(begin_ms + step.at_ms);
        this.tell(`${step.what} at m${step.node}`);
        if (!users.act(step)) faults.begin(step);
      }
      faults.endUntil(begin_ms + this.options.span_ms);
      this.sim.run(begin_ms + this.options.span_ms);
      if (this.options.mode === "heal") {
        faults.heal();
        healed_ms = this.#converge(users);
      }
    } catch (error) {
      violation = error instanceof Violation
        ? error
        : new Violation("never_throws", `${(error as Error).stack ?? error}`);
    }
    const { events, hash } = this.observer;
    return { violation, events, hash: hash >>> 0, tally: this.tally, healed_ms };
  }

  tell(text: string): void {
    this.#parts.onStep?.(this.sim.now_ms, text);
  }

  /** A machine of the plan, if it runs. */
  running(index: number): Machine | null {
    const machine = this.machines.find((one) => one.index === index);
    return machine?.node.alive ? machine : null;
  }

  /** A machine joins that was never there. */
  join(index: number): void {
    const { nodes, liars, durable } = this.options;
    if (this.machines.some((machine) => machine.index === index)) return;
    // The first machines have the disks, the last of the start lie; who joins late has none.
    const lies = index < nodes && index >= nodes - liars;
    const store = index < durable ? this.sim.newStore() : null;
    const machine = {
      index,
      name: lies ? `x${index}` : `m${index}`,
      lies,
      store,
      backup: null,
      view: this.#newView(),
      printed: new Set<string>(),
      gaps_printed: 0,
      runs: 0,
      damaged: false,
      lost_data: false,
      gone: false,
      said: new Set<string>(),
    } as unknown as Machine;
    this.machines.push(machine);
    if (index >= nodes) this.tally.late_joins++;
    this.start(machine);
  }

  /** A node starts on a machine, with what is on its disk. */
  start(machine: Machine, ahead_ms = 0): void {
    const { options, sim, observer } = this;
    const { store, view: old } = machine;
    machine.view = this.#newView();
    machine.said = new Set();
    for (const [key, seq] of old.seqs) raise(observer.ever, key, seq);
    if (store !== null) this.#expect(machine, store);
    const run = store === null && machine.runs > 0 ? `r${machine.runs}` : "";
    machine.runs++;
    let liar: Liar | null = null;
    const { crypto } = this.#parts;
    const name = `${machine.name}${run}`;
    this.owners.set(crypto.signer(store?.key ?? name).id, machine);
    const placed = placeNode(options, this.rules, machine);
    sim.addNode({
      name,
      host: machine.name,
      join: this.#joins(machine),
      config: {
        apps: placed.apps,
        overlay: options.overlay,
        spread: options.spread,
        times: TIMES[options.times],
        keep_bytes: options.keep_bytes,
      },
      front: placed.front ?? this.#frontOf(machine),
      ...(machine.lies && { apps: lyingApps(options, this.#parts, name, this.tally) }),
      ...(store !== null && { store, disk_ms: options.disk_ms }),
      clock_ahead_ms: ahead_ms,
      ...(machine.lies && {
        tamper: (node) => {
          const dice = Dice.of(options.seed, `lies of ${name}`);
          liar = new Liar(node, dice, options.lies, crypto.sha256, this.rules);
          this.#liars.push(liar);
          return (link, lines) => liar!.tamper(link, lines);
        },
      }),
      onMade: (node) => {
        machine.node = node;
        this.#by_node.set(node, machine);
        machine.view.id = node.id;
        if (store?.stale) machine.view.silent_ms = node.now_ms + STALE_WAIT_MS;
      },
    });
  }

  /** Ends a node without a word; what nobody has seen of it is lost. */
  crash(machine: Machine): void {
    const { node } = machine;
    node.kill();
    this.history.forgetUnshown((origin) => this.owners.get(origin) === machine);
  }

  /** Nobody lies any more. */
  endLies(): void {
    for (const liar of this.#liars) liar.active = false;
  }

  #newView(): View {
    return newView(new Map(this.rules.map(({ app, newView }) => [app.name, newView()])));
  }

  /** Most print lines; each fourth what an app says. */
  #frontOf({ index }: Machine): Partial<FrontConfig> {
    const fronts = this.rules.flatMap(({ front }) => front === undefined ? [] : [front]);
    return index % 4 === 3 && fronts.length > 0 ? fronts[(index >> 2) % fronts.length] : {};
  }

  /** What a node must know when it starts with a disk. */
  #expect(machine: Machine, store: SimStore): void {
    const { stored, printed } = machine.view;
    for (const { origin, topic, seq } of store.rows) raise(stored, `${origin}/${topic}`, seq);
    const { restored } = store;
    for (const { origin, topic, to } of restored.gaps) raise(stored, `${origin}/${topic}`, to);
    for (const { app: { topics = [] } } of this.rules) {
      if (restored.gaps.length > 0) {
        for (const { topic } of topics) machine.view.gapped.add(topic);
      }
    }
    if (restored.gaps.length > 0) machine.view.gapped.add("chat");
    const taken = restored.printed.find(([topic]) => topic === "chat")?.[1] ?? 0;
    for (const { arrival, origin, topic, seq } of store.rows) {
      if (topic === "chat" && arrival < taken) raise(printed, `${origin}/${topic}`, seq);
    }
  }

  /** The first machine is always among those to join, so that nobody begins another network. */
  #joins(machine: Machine): string[] {
    if (machine.index === 0 && machine.runs === 0) return [];
    const dice = Dice.of(this.options.seed, `joins of ${machine.name} ${machine.runs}`);
    const honest = this.options.nodes - this.options.liars;
    const picks = [dice.below(honest), dice.below(honest), 0, 1 % honest];
    const others = picks.filter((index) => index !== machine.index);
    return [...new Set(others)].map((index) => `m${index}:7000`);
  }

  #converge(users: Users): number {
    const { sim } = this, healed_ms = sim.now_ms;
    let said = false;
    for (;;) {
      sim.pass(LOOK_MS);
      const why = disagreement(this);
      const time_ms = sim.now_ms - healed_ms;
      if (why === null && said) return time_ms;
      if (why === null) {
        // Whoever agrees can also still speak.
        users.sayLast();
        said = true;
      }
      must(
        time_ms < CONVERGE_MS,
        "equal_clocks_and_apps_after_heal",
        () => `${CONVERGE_MS / 1000} s after everything was healed, ${why}`,
      );
    }
  }
}
