/**
 * An in-memory network: many nodes under one virtual clock, which can be cut, slowed down and killed.
 * Everything is drawn from one seed, and the same seed gives the same trace.
 */

import type { Address, Json, Topic } from "../core/types.ts";
import type { FrontConfig, NodeConfig, SpreadKind } from "../core/data/config.ts";
import type { App } from "../core/host/app.ts";
import { topicRules } from "../core/host/slice.ts";
import { joinAddress } from "../core/data/address.ts";
import { KEEP_BYTES_DEFAULT, USUAL_TIMES } from "../core/data/limits.ts";
import { reduceNode } from "../core/node.ts";
import type { TransportHandler } from "../shell/net/transport.ts";
import { Cables, type CarriedHandler, type Host, type Loss, type Shape } from "./cables.ts";
import { Clock } from "./clock.ts";
import { fakeCrypto, fakeName, type SimCrypto } from "./crypto.ts";
import { Dice } from "./dice.ts";
import { printedTexts, showJson, type ShowRecord } from "./printed.ts";
import { type ReducedHandler, type SignedHandler, SimNode, type Tamper } from "./sim_node.ts";
import { SimStore } from "./sim_store.ts";
import type { Workers } from "./sim_work.ts";

export interface NetworkOptions {
  readonly seed?: number;
  readonly crypto?: SimCrypto;
  /** What the nodes run; without any they only keep and print the lines of topics. */
  readonly apps?: readonly App[];
  /** What apps do outside the core; by default nobody works for them. */
  readonly workers?: Workers;
  /** How `printed()` shows what apps print; by default as JSON. */
  readonly show?: ShowRecord;
  /** Least and most time that a line is under way. */
  readonly latency_ms?: readonly [number, number];
  /** Whether, and how often, lines between nodes are lost, doubled and held back. */
  readonly loss?: Loss;
  /** How fast `SimNode.feed()` reads; by default 200,000 lines of 100 bytes a second. */
  readonly input_bytes_per_ms?: number;
  /** What happens at one time keeps its order, so that a trace changes only with what it shows. */
  readonly in_order?: boolean;
  /** How new entries travel, unless a node says otherwise. */
  readonly spread?: SpreadKind;
  /** Where all randomness comes from, by purpose; by default from the seed, in turn. */
  readonly streams?: (purpose: string) => Dice;
  /** Whether connections carry bytes, which are read in pieces, or each line whole. */
  readonly framed?: boolean;
  /** What nodes do; other than what they should, in tests of tests. */
  readonly reduce?: typeof reduceNode;
  readonly start_ms?: number;
  readonly onCarried?: CarriedHandler;
  readonly onReduced?: ReducedHandler;
  readonly onSigned?: SignedHandler;
}

export interface NodeOptions {
  readonly name?: string;
  /** Where it lives, if not at a place of its own: in the place of a node that was killed. */
  readonly host?: string;
  /** Nodes to join, or addresses; none starts a network. */
  readonly join?: readonly (SimNode | Address)[];
  readonly front?: Partial<FrontConfig>;
  readonly config?: Partial<NodeConfig>;
  /** What it runs, if not what the others do. */
  readonly apps?: readonly App[];
  /** What an earlier run of the node stored, and this one stores. */
  readonly store?: SimStore;
  /** How long a commit takes. */
  readonly disk_ms?: number;
  /** How far its own clock is ahead. */
  readonly clock_ahead_ms?: number;
  /** Changes what it sends. */
  readonly tamper?: (node: SimNode) => Tamper;
  /** Told of the node before anything happens to it. */
  readonly onMade?: (node: SimNode) => void;
}

const START_MS = 1_000_000;
const PORT = 7000;
/** What the nodes' network is called. */
export const NETWORK = "rumor";
/** A network that is not at rest after this much virtual time never will be. */
const SETTLE_MS_MAX = 3_600_000;
const USUAL_FRONT: FrontConfig = {
  app: "chat",
  topic: "chat",
  echo: true,
  history: null,
  dedup_text: false,
};

export class Network {
  readonly nodes: SimNode[] = [];
  readonly #options: NetworkOptions;
  readonly #crypto: SimCrypto;
  readonly #dice: Dice;
  readonly #clock: Clock;
  readonly #cables: Cables;
  /** How often a new key was made at each host. */
  readonly #keys = new Map<string, number>();

  constructor(options: NetworkOptions = {}) {
    this.#options = options;
    this.#crypto = options.crypto ?? fakeCrypto();
    const { streams } = options;
    this.#dice = streams?.("nodes") ?? new Dice(options.seed ?? 1);
    const ties = options.in_order ? null : streams?.("ties") ?? new Dice(this.#dice.below(2 ** 31));
    this.#clock = new Clock(ties, options.start_ms ?? START_MS);
    const usual: Shape = {
      latency_ms: options.latency_ms ?? [1, 20],
      bytes_per_ms: Infinity,
      stalled: false,
      blocked: false,
      ...(options.loss === undefined ? {} : { loss: options.loss }),
    };
    this.#cables = new Cables(
      this.#clock,
      streams?.("cables") ?? this.#dice,
      usual,
      options.onCarried ?? (() => {}),
      options.framed ? streams?.("framing") ?? this.#dice : null,
    );
  }

  get now_ms(): number {
    return this.#clock.now_ms;
  }

  get #apps(): readonly App[] {
    return this.#options.apps ?? [];
  }

  /** Starts a node. */
  addNode(options: NodeOptions = {}): SimNode {
    const { name = `n${this.nodes.length}`, join = [], front, config, store } = options;
    const host = options.host ?? name;
    // A node that went on under a new key goes on with that when it starts again.
    const signer = this.#crypto.signer(store?.key ?? name);
    const sealer = this.#crypto.sealer(name);
    const node: SimNode = new SimNode({
      name,
      address: joinAddress(host, PORT),
      config: {
        id: signer.id,
        network: NETWORK,
        join: join.map((to) => typeof to === "string" ? to : to.address),
        must_join: false,
        trackers: [],
        name: "",
        box: sealer.box,
        overlay: "fingers",
        spread: this.#options.spread ?? "tree",
        times: USUAL_TIMES,
        durable: store !== undefined,
        advertise: null,
        keep_bytes: KEEP_BYTES_DEFAULT,
        ...config,
        front: { ...USUAL_FRONT, ...front },
      },
      apps: options.apps ?? this.#apps,
      workers: this.#options.workers ?? {},
      seed: this.#dice.below(2 ** 31),
      signer,
      nextKey: () => {
        const keys = (this.#keys.get(host) ?? 0) + 1, key = `${host}_${keys}`;
        this.#keys.set(host, keys);
        if (store !== undefined) store.key = key;
        return key;
      },
      sealer,
      crypto: this.#crypto,
      store: store ?? null,
      disk_ms: options.disk_ms ?? 0,
      clock_ahead_ms: options.clock_ahead_ms ?? 0,
      reduce: this.#options.reduce ?? reduceNode,
      tamper: options.tamper === undefined ? null : (link, lines) => tamper(link, lines),
      clock: this.#clock,
      cables: this.#cables,
      input_bytes_per_ms: this.#options.input_bytes_per_ms ?? 20_000,
      onReduced: this.#options.onReduced ?? (() => {}),
      onSigned: this.#options.onSigned ?? (() => {}),
    });
    const tamper = options.tamper?.(node) ?? ((_, lines) => lines);
    options.onMade?.(node);
    this.nodes.push(node);
    this.#cables.listen(node);
    node.start(host, PORT);
    return node;
  }

  /** An empty disk. */
  newStore(): SimStore {
    const whole = [...topicRules(this.#apps)].filter(([, rule]) => rule.whole);
    return new SimStore(this.#crypto.sha256, new Set(whole.map(([topic]) => topic)));
  }

  /** Adds a host that is no node; gives what it dials with. */
  attach(name: string, handler: TransportHandler): (address: Address) => void {
    const host: Host = { name, address: joinAddress(name, PORT), handler, alive: true };
    this.#cables.listen(host);
    return (address) => this.#cables.dial(host, address);
  }

  /** Publishes items at a node. */
  publish(node: SimNode, topic: Topic, items: readonly Json[]): void {
    node.publish(topic, items);
  }

  /** What a node has printed, one text for each item or gap, and what `show` says of records. */
  printed(node: SimNode): string[] {
    const { show = showJson } = this.#options, nameOf = (id: string) => this.nameOf(id);
    return node.printed.flatMap((printed) => printedTexts(printed, show, nameOf));
  }

  /** The name of the node with an id. */
  nameOf(id: string): string {
    return this.nodes.find((node) => node.id === id)?.name ?? fakeName(id);
  }

  /** The node begins to leave. */
  leave(node: SimNode, within_ms = 10_000): void {
    node.leave(within_ms);
  }

  /** Runs to a point in time, or until something holds, which it must within an hour. */
  run(until: number | (() => boolean)): void {
    const isOver = typeof until === "number" ? () => this.#clock.next_ms > until : until;
    const limit_ms = this.now_ms + SETTLE_MS_MAX;
    while (!isOver()) {
      if (this.#clock.next_ms > limit_ms) throw new Error("What was waited for does not happen");
      this.#clock.step();
    }
    if (typeof until === "number") this.#clock.skipTo(until);
  }

  /** Lets some time pass. */
  pass(time_ms: number): void {
    this.run(this.now_ms + time_ms);
  }

  /** Runs until nothing is under way; timers that are due later are not waited for. */
  deliver(): void {
    this.run(() => this.#clock.work === 0);
  }

  /** Runs until nothing was carried or printed for a while. */
  settle(quiet_ms = 3_000): void {
    this.#clock.stir(this.now_ms);
    this.run(() => this.#clock.next_ms > this.#clock.stirred_ms + quiet_ms);
  }

  /** Breaks the connections between two nodes; they may make new ones. */
  cut(a: SimNode, b: SimNode): void {
    this.#cables.cut(a.name, b.name);
  }

  /** Divides the network: groups cannot reach each other before `heal()`. */
  partition(...groups: readonly (readonly SimNode[])[]): void {
    for (const [node, other] of pairsAcross(groups)) {
      this.#reshape(node, other, { blocked: true });
      this.cut(node, other);
    }
  }

  /** Groups that were divided can reach each other again. */
  unite(...groups: readonly (readonly SimNode[])[]): void {
    for (const [node, other] of pairsAcross(groups)) {
      this.#reshape(node, other, { blocked: false });
    }
  }

  /** Everybody can reach everybody again. */
  heal(): void {
    for (const a of this.nodes) for (const b of this.nodes) this.#reshape(a, b, { blocked: false });
  }

  /** What becomes of lines between two nodes from now on; their links must have been lossy before. */
  spoil(a: SimNode, b: SimNode, loss: Loss): void {
    this.#reshape(a, b, { loss });
  }

  /** Lines between two nodes take so long from now on. */
  delay(a: SimNode, b: SimNode, latency_ms: number): void {
    this.#reshape(a, b, { latency_ms: [latency_ms, latency_ms] });
  }

  /** The same, between a least and a most. */
  range(a: SimNode, b: SimNode, latency_ms: readonly [number, number]): void {
    this.#reshape(a, b, { latency_ms });
  }

  /** Bytes from one node to another go at this rate from now on. */
  throttle(from: SimNode, to: SimNode, bytes_per_ms: number): void {
    this.#cables.reshape(from.name, to.name, { bytes_per_ms });
  }

  /** A node reads nothing more of what another sends it, or all that has waited. */
  stall(from: SimNode, to: SimNode, stalled = true): void {
    this.#cables.reshape(from.name, to.name, { stalled });
  }

  /** Bytes under way from one node to another. */
  unsentBytes(from: SimNode, to: SimNode): number {
    return this.#cables.unsentBytes(from.name, to.name);
  }

  /** The output of a node takes nothing before `release()`. */
  hold(node: SimNode): void {
    node.setOutput("held");
  }

  /** The output of a node takes what it owes, and goes on at a rate, or at once. */
  release(node: SimNode, bytes_per_ms = Infinity): void {
    node.setOutput(bytes_per_ms === Infinity ? "free" : { bytes_per_ms });
  }

  #reshape(a: SimNode, b: SimNode, change: Partial<Shape>): void {
    this.#cables.reshape(a.name, b.name, change);
    this.#cables.reshape(b.name, a.name, change);
  }
}

/** Each two nodes that are in different groups. */
function pairsAcross(groups: readonly (readonly SimNode[])[]): [SimNode, SimNode][] {
  return groups.flatMap((group, at) => {
    const others = groups.slice(at + 1).flat();
    return others.flatMap((other) => group.map((node): [SimNode, SimNode] => [node, other]));
  });
}
