/**
 * One direction of a connection through bad weather: late, slow, lossy, or not at all.
 *
 * A relay of TCP cannot lose a packet: the systems at both ends would not agree on what was sent. A
 * lost packet is therefore what an application sees of one: the bytes, and all that are behind them,
 * come 200 ms later, or 600 ms where the second try is lost, too, or 1.4 s; the fourth gets through.
 */

import type { Dice } from "../../src/sim/dice.ts";

/** What happens to bytes that go one way. */
export interface Weather {
  readonly delay_ms: number;
  /** Up to so much is added to the delay; order is kept. */
  readonly jitter_ms: number;
  readonly bytes_per_second: number;
  /** The share of packets that are lost, and sent again: 0 to 1. */
  readonly loss: number;
  /** Nothing goes through, and nobody is told: as when a cable is out. */
  readonly stalled: boolean;
  /** Connections are closed, and so is each new one. */
  readonly cut: boolean;
}

/** Everything goes through at once. */
export const CALM: Weather = {
  delay_ms: 0,
  jitter_ms: 0,
  bytes_per_second: Infinity,
  loss: 0,
  stalled: false,
  cut: false,
};

/** What was done to connections so far. */
export interface Damage {
  connections: number;
  /** Connections that were open when they were cut. */
  cut: number;
  /** New connections that were closed at once. */
  refused: number;
  /** Reads that came late on purpose. */
  delayed: number;
  lost_packets: number;
  /** Reads that waited because nothing went through. */
  stalled: number;
  bytes: number;
}

/** What a pump asks of where it belongs to. */
export interface Surroundings {
  readonly dice: Dice;
  readonly damage: Damage;
  /** The weather on this way, at this moment. */
  weather(): Weather;
  /** Resolves when the weather changes. */
  changed(): Promise<void>;
  /** Resolves after so long, or when everything ends. */
  sleep(ms: number): Promise<void>;
  ended(): boolean;
}

const READ_BYTES = 65_536;
/** Bytes that may be under way; more are not read, so the sender feels it. */
const UNDER_WAY_BYTES_MAX = 262_144;
const PACKET_BYTES = 1_448;
const RESEND_MS = 200;
const RESEND_MS_MAX = 1_600;

interface Chunk {
  readonly bytes: Uint8Array;
  readonly due_ms: number;
}

/** Moves bytes from one connection to another. */
export class Pump {
  /** Bytes that came out at the other end. */
  passed_bytes = 0;
  readonly #from: Deno.TcpConn;
  readonly #to: Deno.TcpConn;
  readonly #around: Surroundings;
  readonly #chunks: Chunk[] = [];
  #queued_bytes = 0;
  #over = false;
  /** When the last chunk is due: those behind it are not earlier. */
  #due_ms = 0;
  #moved = Promise.withResolvers<void>();

  constructor(from: Deno.TcpConn, to: Deno.TcpConn, around: Surroundings) {
    this.#from = from;
    this.#to = to;
    this.#around = around;
  }

  /** Puts bytes in that were read before. */
  push(bytes: Uint8Array): void {
    const transmit_ms = 1000 * bytes.length / this.#around.weather().bytes_per_second;
    const late_ms = this.#lateness(bytes.length);
    if (transmit_ms + late_ms > 0) this.#around.damage.delayed++;
    this.#due_ms = Math.max(this.#due_ms, performance.now() + late_ms) + transmit_ms;
    this.#chunks.push({ bytes, due_ms: this.#due_ms });
    this.#queued_bytes += bytes.length;
    this.#move();
  }

  /** Runs until the source ends and all of it is delivered, or either side breaks. */
  async run(): Promise<void> {
    await Promise.all([this.#read(), this.#write()]);
  }

  async #read(): Promise<void> {
    const buffer = new Uint8Array(READ_BYTES);
    try {
      for (let n = await this.#from.read(buffer); n !== null; n = await this.#from.read(buffer)) {
        this.push(buffer.slice(0, n));
        while (this.#queued_bytes >= UNDER_WAY_BYTES_MAX && !this.#around.ended()) {
          await this.#moved.promise;
        }
      }
    } catch {
      // A connection that broke is over, like one that was closed.
    }
    this.#over = true;
    this.#move();
  }

  async #write(): Promise<void> {
    try {
      while (!this.#around.ended()) {
        const chunk = this.#chunks[0];
        if (chunk === undefined && this.#over) break;
        if (chunk === undefined) await this.#moved.promise;
        else await this.#deliver(chunk);
      }
      await this.#open();
      await this.#to.closeWrite();
    } catch {
      // Whoever does not read any more need not be told.
      this.#over = true;
      this.#close(this.#from);
    }
    this.#move();
  }

  async #deliver({ bytes, due_ms }: Chunk): Promise<void> {
    const wait_ms = due_ms - performance.now();
    if (wait_ms > 0) await this.#around.sleep(wait_ms);
    await this.#open();
    for (let at = 0; at < bytes.length;) at += await this.#to.write(bytes.subarray(at));
    this.#chunks.shift();
    this.#queued_bytes -= bytes.length;
    this.passed_bytes += bytes.length;
    this.#around.damage.bytes += bytes.length;
    this.#move();
  }

  /** Waits while nothing goes through. */
  async #open(): Promise<void> {
    if (this.#around.weather().stalled) this.#around.damage.stalled++;
    while (this.#around.weather().stalled && !this.#around.ended()) await this.#around.changed();
  }

  /** How much later than without bad weather the bytes come. */
  #lateness(bytes: number): number {
    const { dice, damage } = this.#around;
    const { delay_ms, jitter_ms, loss } = this.#around.weather();
    let total_ms = delay_ms + jitter_ms * dice.next();
    for (let packet = 0; loss > 0 && packet * PACKET_BYTES < bytes; packet++) {
      for (let resend_ms = RESEND_MS; resend_ms < RESEND_MS_MAX && dice.next() < loss;) {
        damage.lost_packets++;
        total_ms += resend_ms;
        resend_ms *= 2;
      }
    }
    return total_ms;
  }

  #move(): void {
    this.#moved.resolve();
    this.#moved = Promise.withResolvers<void>();
  }

  #close(connection: Deno.TcpConn): void {
    try {
      connection.close();
    } catch {
      // It is closed already.
    }
  }
}
