/** Ways to nodes, and the messages that travel on them. */

import type { Id, Json, LinkId, Source } from "../types.ts";
import { AppendLog } from "../data/append_log.ts";
import type { Parcel } from "./packets.ts";
import { PACKET_RETRY_MS, SEEK_MS } from "../data/limits.ts";

/** The slice of this room. */
export interface Unicast {
  /** Where what is for an origin goes next, if there is no link to it. */
  readonly routes: ReadonlyMap<Id, Route>;
  /** Messages that are not acknowledged, by their lanes. */
  readonly outgoing: ReadonlyMap<string, Outgoing>;
  /** What they cost, in bytes. */
  readonly outgoing_bytes: number;
  /** How far the messages of each sender were read, by their lanes. */
  readonly incoming: ReadonlyMap<string, Incoming>;
  /** What those cost, in bytes, that wait for others before them. */
  readonly early_bytes: number;
  /** Whether some sender is to be told how far it was read. */
  readonly owes_acks: boolean;
  /** Number of the last packet that this run sealed for anybody. */
  readonly packets: number;
}

/** Where what is for an origin goes next. */
export interface Route {
  readonly link: LinkId;
  /** The newest of its entries in `presence` that taught it, and the time that the newest of any told. */
  readonly seq: number;
  readonly time_ms: number;
  /** When this was learnt. */
  readonly since_ms: number;
}

/** Messages that were handed over together, and are answered for together. */
export interface Message {
  /** Which app of the recipient they are for. */
  readonly app: string;
  readonly items: readonly Json[];
  /** As JSON. */
  readonly bytes: number;
  readonly source: Source;
  readonly deadline_ms: number;
}

/** What was sealed together. */
export interface Packet {
  readonly number: number;
  /** Those whose time is not over. */
  readonly messages: readonly Message[];
  /** Of all that is sealed in it, as JSON. */
  readonly bytes: number;
  /** What was sealed; null where the recipient's key is not usable. */
  readonly text: string | null;
}

/** A recipient or sender, and whether it is about large messages, which wait for the others. */
export interface Lane {
  readonly peer: Id;
  readonly bulk: boolean;
}

/** Everything for one recipient on one lane. */
export interface Outgoing extends Lane {
  /** The key that the flight is sealed to; "" before the first. */
  readonly box: string;
  readonly waiting: AppendLog<Message>;
  /** Oldest first; each is delivered after the one before it. */
  readonly flight: readonly Packet[];
  /** The earliest deadline. */
  readonly expires_ms: number;
  /** When the flight is sent again. */
  readonly due_ms: number;
  readonly pause_ms: number;
  /** When the recipient may be asked again to speak. */
  readonly seek_ms: number;
  readonly seek_pause_ms: number;
}

/** How far one sender was read on one lane. */
export interface Incoming extends Lane {
  /** The key of the run of the sender that this is about. */
  readonly box: string;
  /** Number of the newest packet that was delivered; 0 before. */
  readonly last: number;
  /** Packets for an app that is not here, of those that the sender may not know to be read. */
  readonly refused: readonly number[];
  /** Packets that wait for one before them, by their number. */
  readonly early: ReadonlyMap<number, Early>;
  /** Whether the sender is to be told how far it was read, once the output has taken so much. */
  readonly owes_ack: boolean;
  readonly print: number;
}

/** A packet that waits, and what it costs in memory. */
export interface Early {
  readonly parcel: Parcel;
  readonly bytes: number;
}

/** No way is known, and nothing under way. */
export function newUnicast(): Unicast {
  return {
    routes: new Map(),
    outgoing: new Map(),
    outgoing_bytes: 0,
    incoming: new Map(),
    early_bytes: 0,
    owes_acks: false,
    packets: 0,
  };
}

/** What a lane is found by. */
export function laneKey({ peer, bulk }: Lane): string {
  return bulk ? `${peer}/bulk` : peer;
}

/** Nothing for a recipient yet. */
export function newOutgoing({ peer, bulk }: Lane): Outgoing {
  const empty = { box: "", flight: [], expires_ms: Infinity, due_ms: Infinity };
  return { peer, bulk, ...empty, waiting: AppendLog.empty(), ...CALM };
}

/** The first pauses before something is tried again. */
export const CALM = { pause_ms: PACKET_RETRY_MS, seek_ms: 0, seek_pause_ms: SEEK_MS } as const;
