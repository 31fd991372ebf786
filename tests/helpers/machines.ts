/** Nodes of a simulation that have disks, and can be started again with what they stored. */

import { assertEquals } from "@std/assert";
import type { Network } from "../../src/sim/network.ts";
import type { SimNode } from "../../src/sim/sim_node.ts";
import type { SimStore } from "../../src/sim/sim_store.ts";
import { hashOf } from "./history.ts";
import { makeNetwork } from "./sim_network.ts";

const decoder = new TextDecoder();

/** A network with disks, that looks at everything which is sent. */
export class Machines {
  readonly sim: Network;
  readonly stores = new Map<string, SimStore>();
  /** The node that runs now, by name. */
  readonly running = new Map<string, SimNode>();
  /** For each origin, topic and number, the hash of the entry that was seen. */
  readonly #seen = new Map<string, string>();

  constructor(seed = 1) {
    this.sim = makeNetwork({
      seed,
      onCarried: (_from, _to, carried) => {
        if (carried.kind === "line") this.#see(carried.bytes);
      },
    });
  }

  start(name: string, join: readonly SimNode[] = [], store?: SimStore): SimNode {
    if (store !== undefined) this.stores.set(name, store);
    else if (!this.stores.has(name)) this.stores.set(name, this.sim.newStore());
    const node = this.sim.addNode({ name, join, store: this.stores.get(name) });
    this.running.set(name, node);
    return node;
  }

  pair(): [SimNode, SimNode] {
    const a = this.start("a"), b = this.start("b", [a]);
    this.sim.settle();
    return [a, b];
  }

  /** A copy of the disk of `b`, which then says more and dies. */
  oldCopy(b: SimNode): SimStore {
    const { sim } = this;
    sim.publish(b, "chat", ["one"]);
    sim.settle();
    const copy = this.stores.get("b")!.copy();
    sim.publish(b, "chat", ["two"]);
    sim.settle();
    b.kill();
    return copy;
  }

  /** Nobody ever sees one number of a log on two entries. */
  #see(line: Uint8Array): void {
    if (line[2] !== 0x6f) return;
    const { o, t, s } = JSON.parse(decoder.decode(line));
    const key = `${o}/${t}#${s}`, hash = hashOf(line);
    assertEquals(this.#seen.get(key) ?? hash, hash, `${key} was signed twice`);
    this.#seen.set(key, hash);
  }
}
