/** What nodes hold of each other, asked again and again, and the entries that they hold. */

import { pause } from "./campaign.ts";
import type { Machine, PeerRow } from "./machines.ts";
import { RawPeer } from "../helpers/raw_peer.ts";

/** Asks machines for their peers until it is stopped, and remembers who was held for what. */
export class Watch {
  /** How often somebody answered. */
  answers = 0;
  readonly #seen = new Set<string>();
  readonly #work: Promise<void>[];
  #stopped = false;

  constructor(machines: readonly Machine[], every_ms = 500) {
    this.#work = machines.map((machine) => this.#ask(machine, every_ms));
  }

  /** Stops, and says who was ever held for `state`, as `name by name`. */
  async stop(state: PeerRow["state"]): Promise<string[]> {
    this.#stopped = true;
    await Promise.all(this.#work);
    return this.seen(state);
  }

  /** Who was ever held for `state` until now, as `name by name`. */
  seen(state: PeerRow["state"]): string[] {
    return [...this.#seen].filter((line) => line.endsWith(` ${state}`)).sort();
  }

  async #ask(machine: Machine, every_ms: number): Promise<void> {
    while (!this.#stopped) {
      for (const [name, { state }] of await machine.peers()) {
        this.#seen.add(`${name} by ${machine.name} ${state}`);
      }
      this.answers++;
      await pause(every_ms);
    }
  }
}

/** Whether a machine holds each of the others for `state`. */
export async function holds(
  machine: Machine,
  others: readonly Machine[],
  state: PeerRow["state"],
): Promise<boolean> {
  const peers = await machine.peers();
  return others.every((other) => other === machine || peers.get(other.name)?.state === state);
}

const TOPICS = ["chat", "ledger", "presence"];
const QUIET_MS = 150;

/** All entries that a machine gives out, as the bytes on the wire. */
export async function collectEntries(machine: Machine): Promise<string[]> {
  await using guest = await RawPeer.guest(machine.listen, { acks: true });
  for (const t of TOPICS) guest.send(JSON.stringify({ k: "want", t }));
  // Nothing says that it was all; but a node that is idle has nothing to wait for.
  for (let before = -1; before < guest.received.lines;) {
    before = guest.received.lines;
    await pause(QUIET_MS);
  }
  return guest.lines.filter((line) => line.startsWith('{"o":'));
}

/** Every entry that anybody has shown, by origin, topic and number. */
export class Census {
  readonly #entries = new Map<string, string>();
  /** Numbers under which there are two entries. */
  readonly forks: string[] = [];

  /** Adds entries as they stood on the wire. */
  add(lines: readonly string[]): void {
    for (const line of lines) {
      const { o, t, s } = JSON.parse(line);
      const key = `${o} ${t} ${s}`;
      const known = this.#entries.get(key);
      if (known === undefined) this.#entries.set(key, line);
      else if (known !== line) this.forks.push(key);
    }
  }

  /** How many different entries there are. */
  get size(): number {
    return this.#entries.size;
  }
}
