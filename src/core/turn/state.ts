/** The state of a node: one slice a room. */

import type { NodeConfig } from "../data/config.ts";
import { type Broadcast, newBroadcast } from "../broadcast/slice.ts";
import { type Flow, newFlow } from "../flow/slice.ts";
import { type Guests, newGuests } from "../guests/slice.ts";
import type { App } from "../host/app.ts";
import { type Host, newHost, topicRules } from "../host/slice.ts";
import { emptyLog, type LogState } from "../log/slice.ts";
import { type Membership, newMembership } from "../membership/slice.ts";
import { newOutput, type Output } from "../output/slice.ts";
import { newPublish, type Publish } from "../publish/slice.ts";
import { newRepair, type Repair } from "../repair/slice.ts";
import { newReplication, type Replication } from "../replication/slice.ts";
import { newSessions, type Sessions } from "../session/slice.ts";
import { newStorage, type Storage } from "../storage/slice.ts";
import { newUnicast, type Unicast } from "../unicast/slice.ts";
import { nextRandom } from "../data/random.ts";

/** Each field but the first four belongs to the room of its name, and is written by it alone. */
export interface NodeState {
  /** Never changes. */
  readonly config: NodeConfig;
  readonly now_ms: number;
  /** When the next tick is due even if nothing happens. */
  readonly wake_ms: number;
  /** How often each thing happened: rejected lines, forks, ... */
  readonly counts: ReadonlyMap<string, number>;
  readonly log: LogState;
  readonly session: Sessions;
  readonly flow: Flow;
  readonly replication: Replication;
  readonly repair: Repair;
  readonly membership: Membership;
  readonly broadcast: Broadcast;
  readonly unicast: Unicast;
  readonly publish: Publish;
  readonly output: Output;
  readonly guests: Guests;
  readonly storage: Storage;
  readonly host: Host;
}

/** A node before anything happened, with its apps. `seed` makes its randomness. */
export function initialState(config: NodeConfig, seed: number, apps: readonly App[]): NodeState {
  const log = emptyLog(config.id, topicRules(apps));
  const host = newHost(apps, config);
  const joins = config.join.length + config.trackers.length > 0;
  // Rooms draw from generators of their own, so that one does not change what another draws.
  const [, second] = nextRandom(seed | 0);
  return {
    config,
    now_ms: 0,
    wake_ms: Infinity,
    counts: new Map(),
    log,
    session: newSessions(config.advertise),
    flow: newFlow(),
    replication: newReplication(),
    repair: newRepair(),
    membership: newMembership(seed | 0),
    broadcast: newBroadcast(~second),
    unicast: newUnicast(),
    publish: newPublish(),
    output: newOutput(joins && config.front.history !== null),
    guests: newGuests(),
    storage: newStorage({ log, states: host.states }),
    host,
  };
}
