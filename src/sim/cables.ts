/**
 * Cables between hosts: connections that carry lines in order, each after a while, and that can be
 * cut, slowed down and stalled. A host sees the same `Connection` and `TransportHandler` as over TCP.
 */

import type { Address } from "../core/types.ts";
import type { Connection, TransportHandler } from "../shell/net/transport.ts";
import type { Clock } from "./clock.ts";
import type { Dice } from "./dice.ts";
import { type Read, Wire } from "./wire.ts";

/** How one direction between two hosts carries, also on connections that are made later. */
export interface Shape {
  /** Least and most time that a line is under way. */
  readonly latency_ms: readonly [number, number];
  readonly bytes_per_ms: number;
  /** Nothing arrives; what is sent waits. */
  readonly stalled: boolean;
  /** Nobody can connect. */
  readonly blocked: boolean;
  /** What becomes of lines; without it none is lost, and all keep their order. */
  readonly loss?: Loss;
}

/** How likely a line is lost, comes twice, or is held back so that others overtake it. */
export interface Loss {
  readonly drop: number;
  readonly duplicate: number;
  readonly reorder: number;
}

/** How much later than others a line comes that is held back. */
const HELD_BACK_MS = 30;

/** Somebody to be connected to. */
export interface Host {
  readonly name: string;
  readonly address: Address;
  readonly handler: TransportHandler;
  /** A dead host hears nothing, and cannot be dialled. */
  readonly alive: boolean;
}

/** What arrives somewhere. Bytes are valid only during the call. */
export type Carried =
  | { readonly kind: "opened" | "closed" }
  | { readonly kind: "line"; readonly bytes: Uint8Array };
export type CarriedHandler = (from: string, to: string, carried: Carried) => void;

type Parcel =
  | { readonly at_ms: number; readonly kind: "opened"; readonly dialled: Address | null }
  | { readonly at_ms: number; readonly kind: "lines"; readonly lines: readonly Uint8Array[] }
  | { readonly at_ms: number; readonly kind: "closed" };
type Sent<T = Parcel> = T extends unknown ? Omit<T, "at_ms"> : never;

const NEWLINE = 0x0a;

export class Cables {
  readonly #clock: Clock;
  readonly #dice: Dice;
  readonly #usual: Shape;
  readonly #shapes = new Map<string, Shape>();
  readonly #hosts = new Map<Address, Host>();
  readonly #ends = new Set<End>();
  readonly #onCarried: CarriedHandler;
  /** Where reads end; null where each line arrives whole. */
  readonly framing: Dice | null;

  constructor(
    clock: Clock,
    dice: Dice,
    usual: Shape,
    onCarried: CarriedHandler,
    framing: Dice | null = null,
  ) {
    this.#clock = clock;
    this.#dice = dice;
    this.#usual = usual;
    this.#onCarried = onCarried;
    this.framing = framing;
  }

  /** From now on a host can be dialled. */
  listen(host: Host): void {
    this.#hosts.set(host.address, host);
  }

  /** Opens a connection; the dialling host is told how it went. */
  dial(from: Host, address: Address): void {
    const name = this.#hosts.get(address)?.name ?? "";
    this.#clock.at(this.#clock.now_ms + this.#latency(from.name, name), "work", () => {
      const to = this.#hosts.get(address);
      if (!from.alive) return;
      if (!to?.alive) return from.handler.dialFailed(address, "connection refused");
      if (this.shape(from.name, name).blocked) return from.handler.dialFailed(address, "no route");
      const near = new End(this, from, to), far = new End(this, to, from);
      near.other = far;
      far.other = near;
      this.#ends.add(near).add(far);
      this.push(near, { kind: "opened", dialled: null });
      this.push(far, { kind: "opened", dialled: address });
    });
  }

  /** How a direction carries. */
  shape(from: string, to: string): Shape {
    return this.#shapes.get(`${from}>${to}`) ?? this.#usual;
  }

  /** Changes how a direction carries what is sent from now on. */
  reshape(from: string, to: string, change: Partial<Shape>): void {
    const shape = { ...this.shape(from, to), ...change };
    this.#shapes.set(`${from}>${to}`, shape);
    if (shape.stalled) return;
    for (const end of this.#between(from, to)) {
      for (const { at_ms } of end.queue) this.#clock.at(at_ms, "work", () => this.#arrive(end));
    }
  }

  /** Bytes that a host has sent to another and that have not arrived. */
  unsentBytes(from: string, to: string): number {
    return this.#between(from, to).reduce((sum, end) => sum + end.unsent_bytes, 0);
  }

  /** Breaks all connections between two hosts; what is under way is lost. */
  cut(a: string, b: string): void {
    const ends = [...this.#between(a, b), ...this.#between(b, a)];
    // As bytes, the beginning of what is under way may just have come through.
    for (const end of ends) {
      const [first] = end.queue;
      if (end.wire === null || first?.kind !== "lines") continue;
      end.queue.shift();
      this.#hand(end, end.wire.carryPart(first.lines));
    }
    for (const end of ends) {
      this.#ends.delete(end);
      end.closing = true;
      const opening = end.queue.find((parcel) => parcel.kind === "opened");
      end.queue.length = 0;
      const { other, peer } = end;
      // Who has not heard that it is open hears that it could not be opened, or nothing.
      other.told ||= opening !== undefined;
      this.#clock.at(this.#clock.now_ms, "work", () => {
        if (!opening) {
          this.#onCarried(end.host.name, peer.name, { kind: "closed" });
          this.#tell(other);
        } else if (opening.dialled !== null && peer.alive) {
          peer.handler.dialFailed(opening.dialled, "connection reset");
        }
      });
    }
  }

  /** A host has died, as a process that was killed: what it had sent arrives. */
  abandon(host: Host): void {
    for (const end of this.#ends) if (end.host === host) end.close();
  }

  /** Sends something from an end to the other. */
  push(end: End, sent: Sent): void {
    const { name } = end.host, to = end.peer.name;
    const { loss } = this.shape(name, to);
    if (loss !== undefined && sent.kind === "lines") return this.#toss(end, sent.lines, loss);
    const bytes = sent.kind === "lines" ? bytesOf(sent.lines) : 0;
    // A direction is a queue: nothing overtakes what was sent before.
    const earliest_ms = Math.max(end.last_ms, this.#clock.now_ms + this.#latency(name, to));
    end.last_ms = earliest_ms + bytes / this.shape(name, to).bytes_per_ms;
    end.unsent_bytes += bytes;
    end.queue.push({ ...sent, at_ms: end.last_ms });
    // That two who have nothing to say still live is nothing that happens.
    if (sent.kind !== "lines" || !sent.lines.every(isHeartbeat)) this.#clock.stir(end.last_ms);
    this.#clock.at(end.last_ms, "work", () => this.#arrive(end));
  }

  /** Sends lines each on its own, as datagrams that may get lost. */
  #toss(end: End, lines: readonly Uint8Array[], loss: Loss): void {
    const { name } = end.host, to = end.peer.name;
    for (const line of lines) {
      const copies = this.#dice.next() < loss.duplicate ? 2 : 1;
      for (let copy = 0; copy < copies; copy++) {
        if (this.#dice.next() < loss.drop || this.shape(name, to).stalled) continue;
        const held_ms = this.#dice.next() < loss.reorder ? HELD_BACK_MS : 0;
        const latency_ms = this.#latency(name, to) + held_ms;
        // Only what opens and closes a connection keeps its place.
        const at_ms = Math.max(end.last_ms, this.#clock.now_ms + latency_ms);
        if (!isHeartbeat(line)) this.#clock.stir(at_ms);
        this.#clock.at(at_ms, "work", () => {
          if (this.#ends.has(end)) this.#read(end, [line.slice()]);
        });
      }
    }
  }

  /** Hands the other side what has arrived; sometimes as one read, sometimes as several. */
  #arrive(end: End): void {
    const { queue, host, peer, other } = end;
    if (this.shape(host.name, peer.name).stalled) return;
    const isDue = () => queue.length > 0 && queue[0].at_ms <= this.#clock.now_ms;
    if (!isDue()) return;
    const parcel = queue.shift()!;
    if (parcel.kind === "lines") {
      let lines = parcel.lines;
      while (isDue() && queue[0].kind === "lines" && this.#dice.next() < 0.5) {
        lines = lines.concat((queue.shift() as typeof parcel).lines);
      }
      end.unsent_bytes -= bytesOf(lines);
      return this.#read(end, lines);
    }
    this.#onCarried(host.name, peer.name, { kind: parcel.kind });
    if (parcel.kind === "opened") {
      if (peer.alive) peer.handler.opened(other, parcel.dialled);
      return;
    }
    this.#ends.delete(end);
    this.#tell(other);
    // Who hears that the other side has closed closes too.
    other.close();
  }

  #read(end: End, lines: readonly Uint8Array[]): void {
    this.#hand(end, end.wire?.carry(lines) ?? [lines.map((line) => line.subarray(0, -1))]);
  }

  #hand({ host, peer, other }: End, reads: readonly Read[]): void {
    for (const lines of reads) {
      if (!peer.alive || other.told || other.closing) return;
      if (lines === "too-long") return peer.handler.garbled(other, lines);
      for (const bytes of lines) this.#onCarried(host.name, peer.name, { kind: "line", bytes });
      peer.handler.lines(other, lines);
    }
  }

  #tell(end: End): void {
    if (end.told || !end.host.alive) return;
    end.told = true;
    if (end.other.wire?.is_torn) end.host.handler.garbled(end, "cut-off");
    end.host.handler.closed(end);
  }

  #between(from: string, to: string): End[] {
    return [...this.#ends].filter((end) => end.host.name === from && end.peer.name === to);
  }

  #latency(from: string, to: string): number {
    const [least, most] = this.shape(from, to).latency_ms;
    return this.#dice.between(least, most);
  }
}

/** One side of a connection. Its queue is what it has sent and the other side has not got. */
class End implements Connection {
  readonly queue: Parcel[] = [];
  other!: End;
  last_ms = 0;
  unsent_bytes = 0;
  /** This side sends nothing more, and takes nothing more. */
  closing = false;
  /** The host was told that the connection is closed. */
  told = false;
  /** What it sends, as bytes; null where lines arrive whole. */
  readonly wire: Wire | null;

  constructor(readonly cables: Cables, readonly host: Host, readonly peer: Host) {
    this.wire = cables.framing === null || this.lossy ? null : new Wire(cables.framing);
  }

  get lossy(): boolean {
    return this.cables.shape(this.host.name, this.peer.name).loss !== undefined;
  }

  get local_host(): string {
    return this.host.name;
  }

  get remote_host(): string {
    return this.peer.name;
  }

  send(lines: readonly Uint8Array[]): void {
    if (this.closing || lines.length === 0) return;
    if (lines.some((line) => line.indexOf(NEWLINE) !== line.length - 1)) {
      throw new Error("A line must have one newline, at its end");
    }
    // Copies, as a socket makes: the reader may do with them what it likes.
    this.cables.push(this, { kind: "lines", lines: lines.map((line) => line.slice()) });
  }

  close(): void {
    if (this.closing) return;
    this.closing = true;
    this.cables.push(this, { kind: "closed" });
  }
}

/** Whether a line is a ping or a pong: `{"k":"ping"` or `{"k":"pong"`. */
function isHeartbeat(line: Uint8Array): boolean {
  return line[2] === 0x6b && line[6] === 0x70 && line[8] === 0x6e && line[9] === 0x67 &&
    line[10] === 0x22;
}

function bytesOf(lines: readonly Uint8Array[]): number {
  return lines.reduce((sum, line) => sum + line.length, 0);
}
