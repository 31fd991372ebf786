/** Somebody on a simulated network who is no node, and says exactly what a test says. */

import type { Connection } from "../../src/shell/net/transport.ts";
import { proofText } from "../../src/core/wire/line.ts";
import { fakeId, fakeSignature } from "../../src/sim/crypto.ts";
import type { Network } from "../../src/sim/network.ts";
import type { SimNode } from "../../src/sim/sim_node.ts";
import { makeLine } from "./history.ts";

const decoder = new TextDecoder();
const encoder = new TextEncoder();

// deno-lint-ignore no-explicit-any -- what comes may be anything
type AnyLine = any;

export class Scripted {
  /** Everything that came, parsed. */
  readonly heard: AnyLine[] = [];
  /** The same, as it came. */
  readonly raw: string[] = [];
  closed = false;
  #answers = false;
  readonly id: string;
  #connection: Connection | null = null;

  constructor(readonly sim: Network, readonly name: string, node: SimNode) {
    this.id = fakeId(name);
    const dial = sim.attach(name, {
      opened: (connection) => this.#connection = connection,
      dialFailed: () => this.closed = true,
      lines: (_, lines) => {
        for (const line of lines) {
          this.raw.push(decoder.decode(line));
          this.heard.push(JSON.parse(this.raw.at(-1)!));
          const { k, x } = this.heard.at(-1);
          if (this.#answers && k === "ping") this.#write([{ k: "pong", x }]);
        }
      },
      garbled: () => {},
      closed: () => this.closed = true,
    });
    dial(node.address);
    sim.deliver();
  }

  /** Sends lines: values as JSON, text and bytes as they are; they arrive at once. */
  send(...lines: readonly unknown[]): this {
    this.#write(lines);
    this.sim.deliver();
    return this;
  }

  /** From now on it answers pings, as whoever lives does. */
  answering(): this {
    this.#answers = true;
    return this;
  }

  /** Says hello as a guest. */
  asGuest(): this {
    return this.send({ k: "hello", v: 1, network: "rumor", guest: true });
  }

  /** Says hello as a peer, proves it, and sends a clock. */
  asPeer(clock: unknown = {}): this {
    const { id, name } = this;
    const address = `${name}:7000`;
    this.send({ k: "hello", v: 1, network: "rumor", id, address, nonce: `of-${name}` });
    const { nonce, id: other } = this.kind("hello")[0];
    const z = fakeSignature(id, proofText("rumor", nonce, id, other));
    return this.send({ k: "proof", z }, { k: "have", c: clock });
  }

  /** An entry of this one's own, or of another origin whose key it has. */
  entry(fields: Partial<Parameters<typeof makeLine>[0]> & { seq: number }): Uint8Array {
    return makeLine({ origin: this.id, ...fields });
  }

  /** What came of one kind. */
  kind(k: string): AnyLine[] {
    return this.heard.filter((line) => line.k === k);
  }

  /** The entries that came of a topic, as `name seq`. */
  entries(topic: string): string[] {
    return this.heard.filter((line) => line.t === topic && line.o !== undefined && line.b)
      .map((line) => `${this.sim.nameOf(line.o)} ${line.s}`);
  }

  #write(lines: readonly unknown[]): void {
    this.#connection!.send(lines.map((line) => {
      const text = typeof line === "string" ? line : JSON.stringify(line);
      const bytes = line instanceof Uint8Array ? line : encoder.encode(text);
      return Uint8Array.of(...bytes, 0x0a);
    }));
  }

  close(): void {
    this.#connection!.close();
    this.sim.deliver();
  }
}
