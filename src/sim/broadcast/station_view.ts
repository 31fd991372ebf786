/** What a station shows to the rules of spreading, and how it hears what they want. */

import type { Broadcast } from "../../core/broadcast/slice.ts";
import type { BroadcastOut, KnownLogs, SpreadLink, SpreadView } from "../../core/broadcast/turn.ts";
import type { LinkId } from "../../core/types.ts";
import type { Line } from "../../core/wire/line.ts";
import { RoomTurn } from "../../core/wire/room.ts";
import type { Air } from "./air.ts";
import { MARK } from "./entry.ts";

/** A link of a station. */
interface End extends SpreadLink {
  readonly end: number;
  readonly up: boolean;
}

const NOTHING = { get: () => undefined };

export class StationView implements SpreadView {
  readonly config;
  readonly log: KnownLogs;
  readonly session: SpreadView["session"];
  readonly replication: SpreadView["replication"];
  readonly #air: Air;

  constructor(air: Air, clock: readonly number[], wires: readonly End[]) {
    const { logs } = air;
    this.#air = air;
    this.config = { spread: air.spread };
    // What waits for an entry before it came from somebody who has that, too.
    this.log = {
      keys: logs.keys,
      heads: logs.heads,
      clock,
      forgotten: { seqs: NOTHING },
      pending: { logs: NOTHING },
    };
    const get = (link: LinkId) => wires[link - 1]?.up ? wires[link - 1] : undefined;
    const links = {
      get,
      has: (link: LinkId) => get(link) !== undefined,
      values: () => wires.filter(({ up }) => up),
    };
    this.session = { links };
    this.replication = { links: { get: (link) => knownBy(air, wires[link - 1].end) } };
  }

  get now_ms(): number {
    return this.#air.now_ms;
  }
}

/** How far each log is at the other end of a link, as far as is known. */
function knownBy({ logs }: Air, end: number) {
  const has = (log: number) => {
    const settled = logs.settledOf(log);
    for (let seq = logs.lastOf(log); seq > settled; seq--) {
      if ((logs.find(log, seq).marks[end] & MARK.known) !== 0) return seq;
    }
    return settled;
  };
  return { logs: { get: (log: number) => ({ has: has(log) }) } };
}

/** What a station does about what the rules want. */
export interface StationHands {
  readonly send: (link: LinkId, line: Line) => void;
  readonly wakeAt: (at_ms: number) => void;
  readonly relay: () => void;
}

/**
 * The turn of a station lasts as long as the station, because nobody looks at an older slice; and what
 * the rules want is done at once. So ten thousand stations copy nothing.
 */
export class StationTurn extends RoomTurn<Broadcast, SpreadView, BroadcastOut> {
  readonly #hands: StationHands;

  constructor(slice: Broadcast, view: SpreadView, hands: StationHands) {
    super(slice, { ...slice }, view);
    this.#hands = hands;
  }

  override send(link: LinkId, ...lines: Line[]): void {
    for (const line of lines) this.#hands.send(link, line);
  }

  override out(out: BroadcastOut): void {
    if (out.kind === "wake") this.#hands.wakeAt(out.at_ms);
    else if (out.kind === "relay") this.#hands.relay();
  }
}
