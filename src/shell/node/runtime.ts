/**
 * The runtime of a node: a driver, and besides it what only a node does: print, tell, and wait until
 * more may be published. It holds the only mutable state of a node, and decides nothing.
 */

import type { Event, Id, Json, NodeConfig, Notice, Printed, Topic } from "../../core/types.ts";
import { initialState, isInputOpen, type NodeState, reduceNode } from "../../core/node.ts";
import { type Identity, makeIdentity, randomSeed } from "../crypto/crypto.ts";
import type { Sealer } from "../crypto/sealer.ts";
import type { Store } from "../store/store.ts";
import { Driver, now, type OwnEffect } from "./driver.ts";
import type { Transport, TransportHandler } from "../net/transport.ts";

/** What a node needs from its surroundings. */
export interface RuntimeHandler {
  /** Prints, in order; `done` is to be called when the output took it. */
  print(records: readonly Printed[], done: () => void): void;
  notice(notice: Notice): void;
  /** The node has left. */
  done(acknowledged: boolean): void;
}

/** A key that could not be stored is made again after this time. */
const RENEW_RETRY_MS = 1_000;

export class Runtime {
  readonly #driver: Driver<NodeState>;
  readonly #sealer: Sealer;
  readonly #handler: RuntimeHandler;
  readonly #store: Store | null;
  #identity: Identity;
  #input: { promise: Promise<void>; resolve: () => void } | null = null;

  constructor(
    config: NodeConfig,
    identity: Identity,
    sealer: Sealer,
    handler: RuntimeHandler,
    makeTransport: (handler: TransportHandler) => Transport,
    store: Store | null = null,
  ) {
    this.#sealer = sealer;
    this.#handler = handler;
    this.#store = store;
    this.#identity = identity;
    const surroundings = {
      sign: (bytes: Uint8Array) => this.#identity.sign(bytes),
      perform: (effect: OwnEffect) => this.#perform(effect),
      settled: () => this.#settled(),
    };
    const state = initialState(config, randomSeed());
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

  /** Sends items to one node alone; what is not acknowledged in time comes back as a notice. */
  post(to: Id, items: readonly Json[], tag: number, within_ms: number): void {
    const time = now();
    const deadline_ms = time.now_ms + within_ms;
    this.#driver.dispatch({ kind: "post", to, items, tag, deadline_ms, ...time });
  }

  /** Resolves when more may be published. */
  async inputOpen(): Promise<void> {
    while (!isInputOpen(this.state) && this.state.phase !== "done") {
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
    await this.#driver.close();
    this.#store?.close();
  }

  #settled(): void {
    if (this.#input === null) return;
    if (!isInputOpen(this.state) && this.state.phase !== "done") return;
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
      case "seal": {
        const text = this.#sealer.seal(effect.seal, effect.bytes);
        return [{ kind: "sealed", seal: effect.seal, text, ...now() }];
      }
      case "open": {
        const bytes = this.#sealer.open(effect.seal, effect.text);
        return [{ kind: "unsealed", seal: effect.seal, bytes, ...now() }];
      }
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
