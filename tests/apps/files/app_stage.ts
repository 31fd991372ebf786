/** The app of files at a few nodes that hear each other, in virtual time, with frozen states. */

import { assert } from "@std/assert/assert";
import { assertEquals } from "@std/assert";
import { files } from "../../../src/apps/files/app.ts";
import { FILES } from "../../../src/apps/files/options.ts";
import type { Link } from "../../../src/apps/files/link.ts";
import type { FilesState } from "../../../src/apps/files/state.ts";
import type { FilesTask, ManifestFile } from "../../../src/apps/files/tasks.ts";
import type { AppEvent, AppOut, AppView } from "../../../src/core/host/app.ts";
import type { NodeConfig } from "../../../src/core/data/config.ts";
import type { Member } from "../../../src/core/membership/members.ts";
import type { Id, Json } from "../../../src/core/types.ts";
import { fakeId } from "../../../src/sim/crypto.ts";
import type { Dice } from "../../../src/sim/dice.ts";
import { deepFreeze } from "../../helpers/deep_freeze.ts";
import { Hands, type World } from "./app_hands.ts";

/** No test makes more of a stage than this: what is woken again and again never ends. */
const STEPS_MAX = 200_000;

type Send = Extract<AppOut, { kind: "send" }>;
/** How a request ended. */
export type Answer = Extract<AppOut, { kind: "answer" }>;

/** One node. */
export class AppNode {
  readonly id: Id;
  readonly hands: Hands;
  state: FilesState;
  wake_ms = Infinity;
  readonly answers: Answer[] = [];
  readonly tells: string[] = [];
  readonly sent: Send[] = [];
  readonly kept = new Map<string, Json>();
  /** Nodes to which nothing arrives from here. */
  readonly deaf = new Set<Id>();
  /** Whom it knows on the chain: names with links and owners. */
  claims = new Map<string, { readonly link: Link; readonly owner: Id }>();
  readonly #stage: Stage;

  constructor(stage: Stage, readonly name: string) {
    this.#stage = stage;
    this.id = fakeId(name);
    this.hands = new Hands(this.id, stage, (tag, news) => {
      stage.later(`work ${tag} ${name}`, () => this.tell({ kind: "worked", tag, ...news }));
    });
    this.state = files.initial({ id: this.id } as NodeConfig, []) as FilesState;
  }

  /** What follows from an event, done. */
  tell(event: AppEvent): readonly AppOut[] {
    const view = this.#stage.viewOf(this), before = this.state;
    if (this.#stage.freezes) deepFreeze([before, event]);
    const [after, outs] = files.reduce!(before, event, view) as [FilesState, readonly AppOut[]];
    this.state = after;
    for (const out of outs) this.#do(out);
    return outs;
  }

  /** What follows from a message. */
  hear(from: Id, ...items: readonly unknown[]): readonly AppOut[] {
    const time_ms = this.#stage.now_ms;
    return this.tell({ kind: "message", from, name: "", time_ms, items: items as Json[] });
  }

  /** A guest wants something. */
  want(request: Json, link = 1): void {
    const source = { kind: "guest", link, request: 1 } as const;
    this.tell({ kind: "request", request, source, by: null });
  }

  /** Shares what stands on its disk. */
  share(path: string): void {
    this.want({ k: "share", key: path, path });
  }

  /** Fetches something; what is said differently stands in `more`. */
  get(what: string, more: Readonly<Record<string, Json>> = {}): void {
    const usual = { k: "get", key: `get ${what}`, what, directory: "/here", patience_ms: 30_000 };
    this.want({ ...usual, ...more });
  }

  /** Rows of a question. */
  ask(question: string, ...args: readonly string[]): readonly (readonly string[])[] {
    const view = this.#stage.viewOf(this), { names, row } = files.questions![question];
    return names(this.state, args, view).map((name) => row(this.state, name, view));
  }

  /** What it was told to do of one kind. */
  done<K extends FilesTask["do"]>(kind: K): Extract<FilesTask, { do: K }>[] {
    return this.hands.done.filter((task) => task.do === kind) as Extract<FilesTask, { do: K }>[];
  }

  /** What it said of one kind, and to whom. */
  said(k: string): { readonly to: Id; readonly item: Record<string, Json> }[] {
    const all = this.sent.map(({ to, items }) => ({ to, item: items[0] as Record<string, Json> }));
    return all.filter(({ item }) => item.k === k);
  }

  #do(out: AppOut): void {
    switch (out.kind) {
      case "work":
        return this.hands.work(out.tag, out.task as FilesTask);
      case "cancel":
        return this.hands.cancel(out.tag);
      case "send":
        this.sent.push(out);
        return this.#stage.carry(this, out);
      case "wake":
        this.wake_ms = out.at_ms;
        return;
      case "answer":
        this.answers.push(out);
        return;
      case "tell":
        this.tells.push(out.text);
        return;
      case "keep":
        if (out.value === null) this.kept.delete(out.key);
        else this.kept.set(out.key, out.value);
    }
  }
}

export class Stage implements World {
  now_ms = 1_000_000;
  /** Whether what nodes are given is frozen, which takes time where that is much. */
  freezes = true;
  readonly nodes = new Map<Id, AppNode>();
  readonly manifests = new Map<Link, readonly ManifestFile[]>();
  /** How connecting ends. */
  dials: World["dials"] = () => "direct";
  /** Who is linked to whom; all, where it says nothing. */
  linked: (one: AppNode, other: AppNode) => boolean = () => true;
  /** Members that are no nodes here. */
  readonly strangers: Id[] = [];
  readonly #lanes = new Map<string, (() => void)[]>();
  readonly #dice: Dice | null;

  /** With dice, what is under way comes in another order, but messages of one to another as they were sent. */
  constructor(names: readonly string[], dice: Dice | null = null) {
    this.#dice = dice;
    for (const name of names) {
      const node = new AppNode(this, name);
      this.nodes.set(node.id, node);
    }
  }

  all(): AppNode[] {
    return [...this.nodes.values()];
  }

  handsOf(id: Id): Hands {
    return this.nodes.get(id)!.hands;
  }

  viewOf(node: AppNode): AppView {
    const others = this.all().filter((other) => other !== node && this.linked(node, other));
    const ids = [...this.nodes.keys(), ...this.strangers];
    const member = (id: Id) => ({ id, name: "", address: "10.0.0.1:7000", state: "alive" });
    const members = new Map(ids.map((id) => [id, member(id) as unknown as Member]));
    const offer = { tree: { best: { states: new Map([["names", node.claims]]) } } };
    const { now_ms } = this, neighbours = others.map(({ id }) => id);
    return { self: node.id, now_ms, members, neighbours, below: () => offer } as unknown as AppView;
  }

  /** Does something behind all that was under way in the same lane. */
  later(lane: string, go: () => void): void {
    const before = this.#lanes.get(lane);
    if (before === undefined) this.#lanes.set(lane, [go]);
    else before.push(go);
  }

  /** Brings a message to whom it is for; nobody else hears how it ends. */
  carry(from: AppNode, { to, items, source, bulk }: Send): void {
    const other = this.nodes.get(to), copy = JSON.parse(JSON.stringify(items)) as Json[];
    assert(source.kind === "app" && source.app === FILES);
    const { tag } = source, end = (why: string | null) => from.tell({ kind: "sent", tag, why });
    if (other === undefined || from.deaf.has(to)) return;
    this.later(`${from.name} ${other.name} ${bulk ?? false}`, () => {
      other.hear(from.id, ...copy);
      end(null);
    });
  }

  /** Everything that is under way happens. */
  run(): this {
    for (let steps = 0; this.#lanes.size > 0; steps++) {
      assert(steps < STEPS_MAX, "it never ends");
      const lanes = [...this.#lanes.keys()], lane = lanes[this.#dice?.below(lanes.length) ?? 0];
      const queue = this.#lanes.get(lane)!, go = queue.shift()!;
      if (queue.length === 0) this.#lanes.delete(lane);
      go();
    }
    return this;
  }

  /** Time passes. */
  pass(time_ms: number): this {
    const end_ms = this.now_ms + time_ms;
    for (let steps = 0;; steps++) {
      assert(steps < STEPS_MAX, "it is woken for ever");
      this.run();
      const wake_ms = Math.min(...this.all().map((node) => node.wake_ms));
      if (wake_ms > end_ms) break;
      this.now_ms = Math.max(this.now_ms, wake_ms);
      for (const node of this.all()) {
        if (node.wake_ms > this.now_ms) continue;
        node.wake_ms = Infinity;
        node.tell({ kind: "woken" });
      }
    }
    this.now_ms = end_ms;
    return this;
  }
}

/** A stage of nodes with these names, and the nodes. */
export function stageOf(...names: readonly string[]): { stage: Stage; nodes: AppNode[] } {
  const stage = new Stage(names);
  return { stage, nodes: stage.all() };
}

/** How the only request of a node ended. */
export function answerOf(node: AppNode): { why: string | null; late: boolean } {
  assertEquals(node.answers.length, 1);
  const [{ why, late = false }] = node.answers;
  return { why, late };
}

/** A node has nothing under way any more, neither in its tables nor outside. */
export function assertIdle({ state, hands }: AppNode): void {
  const { fetches, holders, asks, owed, swarm } = state;
  const jobs = [...state.jobs.values()].filter(({ kind }) => kind !== "open");
  assertEquals([...fetches.keys()], []);
  assertEquals([...holders.keys()], []);
  assertEquals([...asks.keys(), ...swarm.asks.keys(), ...swarm.fetches.keys()], []);
  assertEquals([...swarm.has.keys(), ...swarm.holders.keys()], []);
  assertEquals(jobs, []);
  assertEquals([owed.ways.all, owed.chunks.all], [0, 0]);
  assertEquals([...hands.connected.keys(), ...hands.fetches.keys()], []);
}
