/**
 * The driver carries events to a reducer and carries out those effects that every reducer has:
 * connections and the timer. Other effects go to whoever made the driver.
 */

import type { Address, Effect, Env, Event, LinkId } from "../../core/types.ts";
import { randomText } from "../crypto/crypto.ts";
import type { Connection, Transport, TransportHandler } from "../net/transport.ts";

/** A pure function from a state and an event to the next state and what is to be done. */
export type Reducer<State> = (
  state: State,
  event: Event,
  env: Env,
) => readonly [State, readonly Effect[]];

/** What a driver carries out by itself. */
export type CommonEffect = Extract<
  Effect,
  { kind: "send" | "close" | "dial" }
>;

/** What a driver leaves to others. */
export type OwnEffect = Exclude<Effect, CommonEffect>;

/** What a driver needs from its surroundings. */
export interface DriverHandler<State> {
  /** What the reducer may call. */
  readonly env: Env;
  /** Whether a tick is to follow an event that the reducer was given. */
  asksForTick(state: State, event: Event): boolean;
  /** Carries out an effect; gives the events that answer it, if it was answered at once. */
  perform(effect: OwnEffect): readonly Event[];
  /** Nothing waits any more: the state may have changed. */
  settled(): void;
}

/** An outbox this large belongs to a peer that asks for much and reads nothing. */
const UNSENT_BYTES_MAX = 67_108_864;

export class Driver<State extends { readonly wake_ms: number }> {
  #state: State;
  readonly #reduce: Reducer<State>;
  readonly #handler: DriverHandler<State>;
  readonly #transport: Transport;
  readonly #connections = new Map<LinkId, Connection>();
  readonly #links = new Map<Connection, LinkId>();
  #queue: Event[] = [];
  #running = false;
  #tick_due = false;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #timer_ms = Infinity;
  #next_link = 1;

  constructor(
    state: State,
    reduce: Reducer<State>,
    handler: DriverHandler<State>,
    makeTransport: (handler: TransportHandler) => Transport,
  ) {
    this.#state = state;
    this.#reduce = reduce;
    this.#handler = handler;
    this.#transport = makeTransport({
      opened: (connection, dialled) => this.#opened(connection, dialled),
      dialFailed: (address, why) => this.dispatch({ kind: "dial_failed", address, why, ...now() }),
      lines: (connection, lines) => {
        const link = this.#links.get(connection);
        if (link !== undefined) this.dispatch({ kind: "lines", link, lines, ...now() });
      },
      garbled: (connection, code) => {
        const link = this.#links.get(connection);
        if (link !== undefined) this.dispatch({ kind: "garbled", link, code, ...now() });
      },
      closed: (connection) => this.#closed(connection),
    });
  }

  /** The state, for reading. */
  get state(): State {
    return this.#state;
  }

  /** Accepts connections. `host` is "0.0.0.0" or "::" for all addresses. */
  start(host: string, port: number, fallback_host: string): void {
    const bound = this.#transport.listen(host, port);
    const any = host === "0.0.0.0" || host === "::";
    this.dispatch({
      kind: "started",
      host: any ? null : host,
      fallback_host,
      port: bound,
      ...now(),
    });
  }

  /** Leaves; the effect `done` follows within the given time. */
  leave(within_ms: number): void {
    const time = now();
    this.dispatch({ kind: "leave", deadline_ms: time.now_ms + within_ms, ...time });
  }

  /** Closes everything. */
  async close(): Promise<void> {
    clearTimeout(this.#timer);
    await this.#transport.close();
    clearTimeout(this.#timer);
  }

  /** Gives an event to the reducer, behind those that wait, and carries out what follows from it. */
  dispatch(event: Event): void {
    this.#queue.push(event);
    if (this.#running) return;
    this.#running = true;
    try {
      while (this.#queue.length > 0) {
        const next = this.#queue.shift()!;
        const [state, effects] = this.#reduce(this.#state, next, this.#handler.env);
        this.#state = state;
        if (this.#handler.asksForTick(state, next)) this.#scheduleTick();
        const answers = effects.flatMap((effect) => this.#perform(effect));
        // Answers go first, so that a link's lines stay in order.
        if (answers.length > 0) this.#queue = [...answers, ...this.#queue];
      }
    } finally {
      this.#running = false;
    }
    this.#armTimer();
    this.#handler.settled();
  }

  #opened(connection: Connection, dialled: Address | null): void {
    const link = this.#next_link++;
    this.#connections.set(link, connection);
    this.#links.set(connection, link);
    const { local_host, remote_host, lossy = false, own = false } = connection;
    const nonce = randomText();
    const opened = { link, dialled, local_host, remote_host, lossy, own, nonce };
    this.dispatch({ kind: "opened", ...opened, ...now() });
  }

  #closed(connection: Connection): void {
    const link = this.#links.get(connection);
    if (link === undefined) return;
    this.#links.delete(connection);
    this.#connections.delete(link);
    this.dispatch({ kind: "closed", link, ...now() });
  }

  /** Carries out an effect; what can be answered at once is. */
  #perform(effect: Effect): readonly Event[] {
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
      default:
        return this.#handler.perform(effect);
    }
  }

  /** One tick for all that arrives in this turn of the event loop. */
  #scheduleTick(): void {
    if (this.#tick_due) return;
    this.#tick_due = true;
    queueMicrotask(() => {
      this.#tick_due = false;
      this.dispatch({ kind: "tick", ...now() });
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
      this.dispatch({ kind: "tick", ...now() });
    }, pause_ms);
  }
}

/** Milliseconds since 1970 by a clock that nobody can set back. */
export function now(): { now_ms: number } {
  return { now_ms: Math.ceil(performance.timeOrigin + performance.now()) };
}
