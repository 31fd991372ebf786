/** A node on a stage: peers that live on its links, what they say in presence, and what it says. */

import { decodeStored } from "../../src/core/log/entry.ts";
import type { MemberState } from "../../src/core/membership/members.ts";
import type { NodeState } from "../../src/core/node.ts";
import type { Event, Json } from "../../src/core/types.ts";
import { fakeId } from "../../src/sim/crypto.ts";
import { hashOf, makeLine } from "./history.ts";
import { CONFIG, drive, greeting, linesEvent, openedEvent, startNode } from "./node_subject.ts";

const PING = '{"k":"ping","x":0}';

/** Everybody that is dialled refuses. */
export class Stage {
  node: NodeState;
  /** Links on which something comes every 100 ms. */
  readonly links = new Map<string, number>();
  /** The addresses that were dialled. */
  readonly dialled: string[] = [];
  readonly #newest = new Map<string, { seq: number; line: Uint8Array }>();

  constructor(...names: string[]) {
    this.node = startNode({}, names.length);
    for (const [at, name] of names.entries()) {
      this.links.set(name, at + 1);
      this.#drive(linesEvent(at + 1, ...greeting(at + 1, name)));
    }
    for (const name of names) this.say(name);
    this.pass(100);
  }

  /** Somebody says something in presence, which comes on the first link. */
  say(name: string, more: Record<string, Json> = {}): void {
    const before = this.#newest.get(name), seq = (before?.seq ?? 0) + 1;
    const line = makeLine({
      origin: fakeId(name),
      topic: "presence",
      seq,
      first: seq,
      previous: before === undefined ? "" : hashOf(before.line),
      items: JSON.stringify([{ address: `${name}:7000`, ...more }]),
    });
    this.#newest.set(name, { seq, line });
    this.#drive({ ...linesEvent([...this.links.values()][0], line), now_ms: this.node.now_ms });
  }

  /** The link of a peer breaks, and nobody answers at its address any more. */
  lose(name: string): void {
    const link = this.links.get(name)!;
    this.links.delete(name);
    this.#drive({ kind: "closed", now_ms: this.node.now_ms, link });
  }

  /** A new link to a peer comes up. */
  link(name: string, link: number): void {
    const { now_ms } = this.node;
    this.links.set(name, link);
    this.#drive({ ...openedEvent(link), now_ms }, {
      ...linesEvent(link, ...greeting(link, name)),
      now_ms,
    });
  }

  /** Lets time pass, in which something comes on all links that live. */
  pass(time_ms: number): void {
    const end_ms = this.node.now_ms + time_ms;
    for (let now_ms = this.node.now_ms + 100; now_ms <= end_ms; now_ms += 100) {
      this.#drive(
        ...[...this.links.values()].map((id): Event => ({ ...linesEvent(id, PING), now_ms })),
        { kind: "tick", now_ms },
      );
    }
  }

  stateOf(id: string): MemberState {
    return this.node.membership.members.by_id.get(id)!.state;
  }

  /** What this node said of others, or [] where it only said that it is there. */
  get said(): (readonly [string, Json])[][] {
    const { log } = this.node;
    return [...log.topics.get("presence")!.order.from()]
      .filter((stored) => log.heads[stored.log].origin === CONFIG.id)
      .flatMap(({ line }) => decodeStored(line).items as Record<string, Json>[])
      .map(({ address: _, box: __, ...rest }) => Object.entries(rest));
  }

  #drive(...events: Event[]): void {
    for (let next = events.shift(); next !== undefined; next = events.shift()) {
      const [after, effects] = drive(this.node, next);
      this.node = after;
      const { now_ms } = next, why = "connection refused";
      for (const effect of effects) {
        if (effect.kind !== "dial") continue;
        const { address } = effect;
        this.dialled.push(address);
        events.unshift({ kind: "dial_failed", now_ms, address, why });
      }
    }
  }
}
