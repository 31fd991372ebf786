/**
 * The runtime carries events to the core and carries out its effects. It holds the only mutable state
 * of a node, and decides nothing.
 */

import { type Effect, type Event, type LinkId, type Notice, type Printed } from "../core/types.ts";
import { initialState, isInputOpen, type NodeState, reduceNode } from "../core/node.ts";
import type { Json, NodeConfig, Topic } from "../core/types.ts";
import { env, type Identity, randomSeed, randomText, Verifier } from "./crypto.ts";
import type { Connection, Transport, TransportHandler } from "./transport.ts";

/** What a node needs from its surroundings. */
export interface RuntimeHandler {
  /** Prints, in order; `done` is to be called when the output took it. */
  print(records: readonly Printed[], done: () => void): void;
  notice(notice: Notice): void;
  /** The node has left. */
  done(acknowledged: boolean): void;
}

/** An outbox this large belongs to a peer that asks for much and reads nothing. */
const UNSENT_BYTES_MAX = 67_108_864;

export class Runtime {
  #state: NodeState;
  readonly #identity: Identity;
  readonly #handler: RuntimeHandler;
  readonly #transport: Transport;
  readonly #verifier = new Verifier();
  readonly #connections = new Map<LinkId, Connection>();
  readonly #links = new Map<Connection, LinkId>();
  #queue: Event[] = [];
  #running = false;
  #tick_due = false;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #timer_ms = Infinity;
  #next_link = 1;
  #input: { promise: Promise<void>; resolve: () => void } | null = null;

  constructor(
    config: NodeConfig,
    identity: Identity,
    handler: RuntimeHandler,
    makeTransport: (handler: TransportHandler) => Transport,
  ) {
    this.#identity = identity;
    this.#handler = handler;
    this.#state = initialState(config, randomSeed());
    this.#transport = makeTransport({
      opened: (connection, dialled) => this.#opened(connection, dialled),
      dialFailed: (address, why) => this.#dispatch({ kind: "dial_failed", address, why, ...now() }),
      lines: (connection, lines) => {
        const link = this.#links.get(connection);
        if (link !== undefined) this.#dispatch({ kind: "lines", link, lines, ...now() });
      },
      garbled: (connection, code) => {
        const link = this.#links.get(connection);
        if (link !== undefined) this.#dispatch({ kind: "garbled", link, code, ...now() });
      },
      closed: (connection) => this.#closed(connection),
    });
  }

  /** The state, for reading. */
  get state(): NodeState {
    return this.#state;
  }

  /** Accepts connections and joins. `host` is "0.0.0.0" or "::" for all addresses. */
  start(host: string, port: number, fallback_host: string): void {
    const bound = this.#transport.listen(host, port);
    const any = host === "0.0.0.0" || host === "::";
    this.#dispatch({
      kind: "started",
      host: any ? null : host,
      fallback_host,
      port: bound,
      ...now(),
    });
  }

  /** Publishes items; refusals come as notices with `first_tag` and on. */
  publish(topic: Topic, items: readonly Json[], first_tag: number): void {
    this.#dispatch({ kind: "publish", topic, items, first_tag, ...now() });
  }

  /** Resolves when more may be published. */
  async inputOpen(): Promise<void> {
    while (!isInputOpen(this.#state) && this.#state.phase !== "done") {
      this.#input ??= Promise.withResolvers<void>();
      await this.#input.promise;
    }
  }

  /** Leaves the network; the handler's `done` is called within the given time. */
  leave(within_ms: number): void {
    const time = now();
    this.#dispatch({ kind: "leave", deadline_ms: time.now_ms + within_ms, ...time });
  }

  /** Closes everything. */
  async close(): Promise<void> {
    clearTimeout(this.#timer);
    await this.#transport.close();
    clearTimeout(this.#timer);
  }

  #opened(connection: Connection, dialled: string | null): void {
    const link = this.#next_link++;
    this.#connections.set(link, connection);
    this.#links.set(connection, link);
    const { local_host, remote_host } = connection;
    const nonce = randomText();
    this.#dispatch({ kind: "opened", link, dialled, local_host, remote_host, nonce, ...now() });
  }

  #closed(connection: Connection): void {
    const link = this.#links.get(connection);
    if (link === undefined) return;
    this.#links.delete(connection);
    this.#connections.delete(link);
    this.#dispatch({ kind: "closed", link, ...now() });
  }

  #dispatch(event: Event): void {
    this.#queue.push(event);
    if (this.#running) return;
    this.#running = true;
    try {
      while (this.#queue.length > 0) {
        const next = this.#queue.shift()!;
        if (next.kind !== "tick") this.#scheduleTick();
        const [state, effects] = reduceNode(this.#state, next, env);
        this.#state = state;
        const answers = effects.flatMap((effect) => this.#perform(effect));
        // Answers go first, so that a link's lines stay in order.
        if (answers.length > 0) this.#queue = [...answers, ...this.#queue];
      }
    } finally {
      this.#running = false;
    }
    this.#armTimer();
    if (this.#input !== null && (isInputOpen(this.#state) || this.#state.phase === "done")) {
      this.#input.resolve();
      this.#input = null;
    }
  }

  /** Carries out an effect; what can be answered at once is. */
  #perform(effect: Effect): Event[] {
    switch (effect.kind) {
      case "send": {
        const connection = this.#connections.get(effect.link);
        connection?.send(effect.lines);
        if (connection && connection.unsent_bytes > UNSENT_BYTES_MAX) connection.close();
        return [];
      }
      case "close":
        this.#connections.get(effect.link)?.close();
        return [];
      case "dial":
        this.#transport.dial(effect.address);
        return [];
      case "sign": {
        const signature = this.#identity.sign(effect.bytes);
        return [{ kind: "signed", purpose: effect.purpose, signature, ...now() }];
      }
      case "verify": {
        const valid = effect.request.checks.map((check) => this.#verifier.check(check));
        return [{ kind: "verified", request: effect.request, valid, ...now() }];
      }
      case "print":
        this.#handler.print(
          effect.records,
          () => this.#dispatch({ kind: "printed", bytes: effect.bytes, ...now() }),
        );
        return [];
      case "notice":
        this.#handler.notice(effect.notice);
        return [];
      case "done":
        this.#handler.done(effect.acknowledged);
        return [];
    }
  }

  /** One tick for all that arrives in this turn of the event loop. */
  #scheduleTick(): void {
    if (this.#tick_due) return;
    this.#tick_due = true;
    queueMicrotask(() => {
      this.#tick_due = false;
      this.#dispatch({ kind: "tick", ...now() });
    });
  }

  #armTimer(): void {
    const { wake_ms } = this.#state;
    // A timer that fires too early does no harm: its tick asks for the right time again.
    if (wake_ms >= this.#timer_ms) return;
    clearTimeout(this.#timer);
    this.#timer_ms = wake_ms;
    const pause_ms = Math.min(Math.max(0, wake_ms - now().now_ms), 2 ** 31 - 1);
    this.#timer = setTimeout(() => {
      this.#timer_ms = Infinity;
      this.#dispatch({ kind: "tick", ...now() });
    }, pause_ms);
  }
}

/** Milliseconds since 1970 by a clock that nobody can set back. */
function now(): { now_ms: number } {
  return { now_ms: Math.ceil(performance.timeOrigin + performance.now()) };
}
