/** The room of messages to one node on its own, and peers whose messages hide nothing. */

import { encodeAck, encodeParcel, type Parcel } from "../../src/core/unicast/packets.ts";
import { reduceUnicast } from "../../src/core/unicast/reduce.ts";
import type { Errand, UnicastEvent, UnicastOut } from "../../src/core/unicast/turn.ts";
import { namedMember, setMembers, speak } from "../../src/core/membership/members.ts";
import type { NodeState } from "../../src/core/node.ts";
import type { Env, Id, Json, PacketRole, Seal } from "../../src/core/types.ts";
import { fakeCrypto } from "../../src/sim/crypto.ts";
import { CONFIG, ENV, linkedNode } from "./node_subject.ts";
import { tellRoom } from "./rooms.ts";

const BASE64URL = { alphabet: "base64url", omitPadding: true } as const;

/** A key to which messages may be sealed. */
export const BOX = fakeCrypto().sealer("ann").box;

/** Seals that hide nothing, however often a number is used: states of a test may part. */
export const PLAIN: Env = {
  ...ENV,
  seal: (_seal, bytes) => bytes.toBase64(BASE64URL),
  open: (_seal, text) => Uint8Array.fromBase64(text, BASE64URL),
};

/** A node that knows these members, and where messages for them are sealed to. */
export function knowing(ids: readonly Id[], name = "", node = linkedNode()): NodeState {
  const members = ids.map((id) => {
    const word = { seq: 1, address: "far:7000", name, box: BOX, left: false };
    return speak(namedMember(id, "far:7000", node.now_ms), word, node.now_ms);
  });
  const { membership } = node;
  return {
    ...node,
    membership: { ...membership, members: setMembers(membership.members, members) },
  };
}

/** Keeps a node, and what its messages come to. What it seals can be read. */
export class Messenger {
  /** What was handed back, oldest first. */
  readonly outs: UnicastOut[] = [];
  /** With what was sealed. */
  readonly seals: Seal[] = [];
  readonly #env: Env = {
    ...PLAIN,
    seal: (seal, bytes) => {
      this.seals.push(seal);
      return PLAIN.seal(seal, bytes);
    },
  };

  constructor(public node: NodeState, readonly freeze = true) {}

  /** An event; gives what it handed back. */
  tell(event: UnicastEvent, later_ms = 0): readonly UnicastOut[] {
    const options = { later_ms, env: this.#env, freeze: this.freeze };
    const [after, outs] = tellRoom(this.node, "unicast", reduceUnicast, event, options);
    this.node = after;
    // There may be more of them than a call takes arguments.
    for (const out of outs) this.outs.push(out);
    return outs;
  }

  /** Something is to be said to a node; gives why it is not taken, or null. */
  send(to: Id, items: readonly Json[], more: Partial<Errand> = {}): string | null {
    const errand: Errand = {
      app: "private",
      to,
      items,
      source: { kind: "local", tag: 7 },
      deadline_ms: Infinity,
      bulk: false,
      ...more,
    };
    const [answer] = answersOf(this.tell({ kind: "send", errand }));
    return answer?.why ?? null;
  }

  /** Time passes: what is due goes out. */
  pass(later_ms = 0): readonly UnicastOut[] {
    return this.tell({ kind: "send_due" }, later_ms);
  }

  /** A packet with messages came from a peer. */
  take(
    from: Id,
    number: number,
    parcel: Partial<Parcel>,
    role: PacketRole = "data",
  ): readonly UnicastOut[] {
    const whole = { after: 0, time_ms: 1, app: "private", items: [], ...parcel };
    return this.#packet(from, number, role, encodeParcel(whole));
  }

  /** A peer says how far it has read, and what of that it cannot read. */
  takeAck(
    from: Id,
    last: number,
    role: PacketRole = "ack",
    refused: readonly number[] = [],
  ): readonly UnicastOut[] {
    return this.#packet(from, 1, role, encodeAck({ last, refused }));
  }

  /** The items of all messages that came. */
  get heard(): Json[] {
    return this.outs.flatMap((out) => out.kind === "message" ? out.items : []);
  }

  /** How often something happened. */
  count(what: string): number {
    const counts = this.outs.flatMap((out) =>
      out.kind === "count" && out.what === what ? [out.times] : []
    );
    return counts.reduce((sum, times) => sum + times, 0);
  }

  #packet(o: Id, n: number, m: PacketRole, bytes: Uint8Array): readonly UnicastOut[] {
    const x = bytes.toBase64(BASE64URL), { id: to } = CONFIG;
    return this.tell({ kind: "packet", line: { k: "route", h: 5, to, o, m, n, x } });
  }
}

/** How errands ended. */
export function answersOf(
  outs: readonly UnicastOut[],
): Extract<UnicastOut, { kind: "answered" }>[] {
  return outs.filter((out) => out.kind === "answered");
}

/** The packets that go out, by their role and number. */
export function packetsOf(outs: readonly UnicastOut[]): string[] {
  return outs.flatMap((out) => out.kind === "hand_on" ? [`${out.line.m} ${out.line.n}`] : []);
}
