/**
 * The runtime of a node: a driver, and besides it what only a node does: print, tell, and wait until
 * more may be published. It holds the only mutable state of a node, and decides nothing.
 */

import type { Event, Json, Notice, Printed, Topic } from "../../core/types.ts";
import type { NodeConfig } from "../../core/data/config.ts";
import {
  asksForTick,
  initialState,
  isInputOpen,
  type NodeState,
  reduceNode,
} from "../../core/node.ts";
import type { App } from "../../core/host/app.ts";
import { type Identity, makeEnv, makeIdentity, randomSeed } from "../crypto/crypto.ts";
import type { Sealer } from "../crypto/sealer.ts";
import type { Store } from "../store/store.ts";
import { Driver, now, type OwnEffect } from "./driver.ts";
import type { Transport, TransportHandler } from "../net/transport.ts";
import { Jobs, type Worker } from "../worker/jobs.ts";

/** What a node needs from its surroundings. */
export interface RuntimeHandler {
  /** Prints, in order; `done` is to be called when the output took it. */
  print(records: readonly Printed[], done: () => void): void;
  notice(notice: Notice): void;
  /** The node has left. */
  done(acknowledged: boolean): void;
}

/** What a node is made of. */
export interface RuntimeParts {
  readonly config: NodeConfig;
  readonly identity: Identity;
  readonly sealer: Sealer;
  readonly apps: readonly App[];
  /** What does the apps' work that takes long, by their names. */
  readonly workers: Readonly<Record<string, Worker>>;
  readonly handler: RuntimeHandler;
  readonly makeTransport: (handler: TransportHandler) => Transport;
  /** Null where nothing is stored. */
  readonly store: Store | null;
}

/** A key that could not be stored is made again after this time. */
const RENEW_RETRY_MS = 1_000;

export class Runtime {
  readonly #driver: Driver<NodeState>;
  readonly #handler: RuntimeHandler;
  readonly #store: Store | null;
  readonly #jobs: Jobs;
  #identity: Identity;
  #input: { promise: Promise<void>; resolve: () => void } | null = null;

  constructor(parts: RuntimeParts) {
    const { config, identity, sealer, apps, handler, makeTransport, store } = parts;
    this.#handler = handler;
    this.#store = store;
    this.#identity = identity;
    this.#jobs = new Jobs(parts.workers, (news) => {
      this.#driver.dispatch({ kind: "worked", ...news, ...now() });
    });
    const seals = {
      seal: sealer.seal.bind(sealer),
      open: sealer.open.bind(sealer),
    };
    const surroundings = {
      env: makeEnv(() => this.#identity, seals),
      asksForTick,
      perform: (effect: OwnEffect) => this.#perform(effect),
      settled: () => this.#settled(),
    };
    const state = initialState(config, randomSeed(), apps);
    this.#driver = new Driver(state, reduceNode, surroundings, makeTransport);
  }

  /** The state, for reading. */
  get state(): NodeState {
    return this.#driver.state;
  }

  /** Brings back what is stored, if anything is. */
  restore(): void {
    if (this.#store === null) return;
    this.#driver.dispatch({ kind: "restored", restored: this.#store.restored, ...now() });
    for (const rows of this.#store.rows()) {
      this.#driver.dispatch({ kind: "loaded", rows, ...now() });
    }
  }

  /** Accepts connections and joins. `host` is "0.0.0.0" or "::" for all addresses. */
  start(host: string, port: number, fallback_host: string): void {
    this.#driver.start(host, port, fallback_host);
  }

  /** Publishes items; refusals come as notices with `first_tag` and on. */
  publish(topic: Topic, items: readonly Json[], first_tag: number): void {
    this.#driver.dispatch({ kind: "publish", topic, items, first_tag, ...now() });
  }

  /** Wants something of an app; where that fails, a notice comes with the tag. */
  request(app: string, request: Json, tag: number): void {
    this.#driver.dispatch({ kind: "request", app, request, tag, ...now() });
  }

  /** Resolves when more may be published. */
  async inputOpen(): Promise<void> {
    while (!isInputOpen(this.state) && this.state.membership.life.phase !== "done") {
      this.#input ??= Promise.withResolvers<void>();
      await this.#input.promise;
    }
  }

  /** Leaves the network; the handler's `done` is called within the given time. */
  leave(within_ms: number): void {
    this.#driver.leave(within_ms);
  }

  /** Closes everything. */
  async close(): Promise<void> {
    this.#jobs.close();
    await this.#driver.close();
    this.#store?.close();
  }

  #settled(): void {
    if (this.#input === null) return;
    if (!isInputOpen(this.state) && this.state.membership.life.phase !== "done") return;
    this.#input.resolve();
    this.#input = null;
  }

  /** Carries out an effect; what can be answered at once is. */
  #perform(effect: OwnEffect): readonly Event[] {
    switch (effect.kind) {
      case "print":
        this.#handler.print(
          effect.records,
          () => this.#driver.dispatch({ kind: "printed", bytes: effect.bytes, ...now() }),
        );
        return [];
      case "notice":
        this.#handler.notice(effect.notice);
        return [];
      case "done":
        this.#handler.done(effect.acknowledged);
        return [];
      case "persist":
        return [{ kind: "stored", fault: this.#storeOf(effect).commit(effect.batch), ...now() }];
      case "quarantine":
        this.#storeOf(effect).quarantine(effect.arrivals);
        return [];
      case "renew":
        return this.#renew();
      case "work":
        this.#jobs.start(effect.app, effect.job, effect.task);
        return [];
      case "cancel":
        this.#jobs.cancel(effect.job);
        return [];
    }
  }

  /** Makes a new key; where it cannot be stored, tries again until it can. */
  #renew(): readonly Event[] {
    try {
      this.#identity = this.#store === null ? makeIdentity() : this.#store.renew();
    } catch (error) {
      this.#handler.notice({ kind: "storage", fault: (error as Error).message });
      setTimeout(
        () => this.#renew().forEach((event) => this.#driver.dispatch(event)),
        RENEW_RETRY_MS,
      );
      return [];
    }
    return [{ kind: "renewed", id: this.#identity.id, ...now() }];
  }

  #storeOf({ kind }: OwnEffect): Store {
    if (this.#store === null) throw new Error(`A node without a store was asked to ${kind}`);
    return this.#store;
  }
}
