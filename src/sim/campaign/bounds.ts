/** The rule that nothing grows without bound: the limits of the core, looked at from outside. */

import type { NodeState } from "../../core/node.ts";
import {
  ACCUSERS_MAX,
  AHEAD_MAX,
  CONTROL_BURST,
  COUNTS_MAX,
  DEPARTED_MAX,
  DIALS_PER_SECOND,
  EARLY_BYTES_MAX,
  ENTRY_BYTES_TARGET,
  ENTRY_OVERHEAD_BYTES,
  FRONT_WINDOW_BYTES,
  INTRODUCED_MAX,
  ITEM_JSON_BYTES_MAX,
  KEEP_BYTES_DEFAULT,
  LANES_MAX,
  LINE_BYTES_MAX,
  LINKS_MAX,
  LOGS_MAX,
  MEMBERS_MAX,
  OFFERS_MAX,
  PACKETS_EARLY_MAX,
  PACKETS_IN_FLIGHT_MAX,
  PENDING_BYTES_MAX,
  PENDING_ENTRIES_MAX,
  POSTED_BYTES_MAX,
  PRINT_BYTES,
  TOPICS_MAX,
  WINDOW_BYTES,
} from "../../core/data/limits.ts";
import { underWay } from "../../core/flow/slice.ts";
import { isKeptWhole } from "../../core/log/slice.ts";
import type { Machine } from "./machine.ts";
import { must } from "./violation.ts";

/** Everything that somebody else can make grow stays below its limit. */
export function memoryBounds(machine: Machine, before: NodeState): void {
  const { state } = machine.node;
  const atMost = (what: string, is: number, most: number) =>
    must(is <= most, "memory_bounds", () => `${machine.name} holds ${is} ${what}, over ${most}`);
  const { session, flow, replication, membership, broadcast, unicast, storage } = state;
  if (state.log !== before.log || storage.settled !== before.storage.settled) {
    boundLog(state, atMost);
  }
  atMost("links", session.links.size, LINKS_MAX + 64);
  if (flow !== before.flow) boundFlow(flow, before, atMost);
  if (replication !== before.replication) boundReplicas(state, before, atMost);
  if (membership.members !== before.membership.members) boundMembers(state, before, atMost);
  atMost("counts", state.counts.size, COUNTS_MAX + 1);
  atMost("offers", broadcast.offers.size, OFFERS_MAX);
  atMost("watched members", membership.watched.size, MEMBERS_MAX);
  atMost("routes", unicast.routes.size, MEMBERS_MAX + DEPARTED_MAX);
  atMost("branches", broadcast.trees.size, LOGS_MAX);
  atMost("logs that are ahead elsewhere", broadcast.missing.size, AHEAD_MAX);
  atMost("bytes of early packets", unicast.early_bytes, EARLY_BYTES_MAX);
  atMost("bytes of waiting messages", unicast.outgoing_bytes, POSTED_BYTES_MAX);
  atMost("dials under way", membership.dials.open.size, 10 * DIALS_PER_SECOND);
  atMost("lanes of senders", unicast.incoming.size, LANES_MAX);
  atMost("unprinted bytes", state.output.debt.unprinted_bytes, FRONT_MOST_BYTES);
  if (unicast.incoming !== before.unicast.incoming) {
    for (const one of unicast.incoming.values()) {
      atMost("early packets", one.early.size, PACKETS_EARLY_MAX);
    }
  }
  if (unicast.outgoing !== before.unicast.outgoing) boundOutgoing(state, atMost);
}

type AtMost = (what: string, is: number, most: number) => void;

/** What may be printed at once goes one line beyond the window. */
const FRONT_MOST_BYTES = FRONT_WINDOW_BYTES + PRINT_BYTES + 2 * LINE_BYTES_MAX;

/** What a peer asks for by itself is sent besides the window. */
const ASKED_BYTES = 2 * ENTRY_BYTES_TARGET;

function boundLog({ log, config, storage }: NodeState, atMost: AtMost): void {
  atMost("waiting entries", log.pending.entries, PENDING_ENTRIES_MAX);
  atMost("waiting bytes", log.pending.bytes, PENDING_BYTES_MAX);
  let waiting = 0;
  for (const [index, entries] of log.pending.logs) {
    waiting += entries.length;
    // What waits has not been delivered.
    atMost("entries that wait behind what they are", log.clock[index] - entries[0].entry.seq, -1);
  }
  atMost("waiting entries that are not counted", waiting - log.pending.entries, 0);
  atMost("logs", log.keys.length, LOGS_MAX + 256);
  atMost("topics", log.topics.size, TOPICS_MAX + 3);
  const { settled, under_way, restoring } = storage;
  if (settled.log !== log || under_way !== null || restoring !== null) return;
  atMost("kept bytes that are counted", log.totals.kept_bytes, config.keep_bytes);
  // Where much is kept, nothing is dropped that could be counted wrongly.
  if (config.keep_bytes === KEEP_BYTES_DEFAULT) return;
  // Only what is shown was trimmed, too.
  let kept_bytes = 0;
  for (const [name, { order }] of log.topics) {
    if (isKeptWhole(log, name)) continue;
    for (const { line } of order.from()) kept_bytes += line.length + ENTRY_OVERHEAD_BYTES;
  }
  atMost("kept bytes", kept_bytes, config.keep_bytes);
  atMost("kept bytes that are not counted", kept_bytes - log.totals.kept_bytes, 0);
}

/** The versions of a table are read one after the other: to read an old one moves the table back. */
function boundFlow({ links }: NodeState["flow"], before: NodeState, atMost: AtMost): void {
  for (const [link, flow] of [...links.entries()]) {
    if (flow === before.flow.links.get(link)) continue;
    atMost("bytes under way", underWay(flow.outward), WINDOW_BYTES + ASKED_BYTES);
    atMost("control lines in a budget", flow.control.left, CONTROL_BURST);
  }
}

function boundReplicas({ replication, log }: NodeState, before: NodeState, atMost: AtMost): void {
  for (const [link, replica] of [...replication.links.entries()]) {
    if (replica === before.replication.links.get(link)) continue;
    atMost("topics of a link", replica.cursors.size, TOPICS_MAX + 3);
    atMost("logs that a peer is said to have", replica.logs.size, log.heads.length);
  }
}

function boundMembers({ membership }: NodeState, before: NodeState, atMost: AtMost): void {
  const { members } = membership;
  atMost("members", members.by_id.size, MEMBERS_MAX + DEPARTED_MAX);
  atMost("members that may be there", members.sorted.length, MEMBERS_MAX);
  atMost("members that were only named", members.introduced, INTRODUCED_MAX);
  for (const [id, member] of members.by_id) {
    if (member === before.membership.members.by_id.get(id)) continue;
    atMost("accusers of one member", member.accusations.length, ACCUSERS_MAX);
  }
}

function boundOutgoing({ unicast: { outgoing } }: NodeState, atMost: AtMost): void {
  let bytes = 0;
  for (const { flight, waiting } of outgoing.values()) {
    atMost("packets in flight", flight.length, PACKETS_IN_FLIGHT_MAX);
    for (const message of waiting.from()) bytes += message.bytes;
  }
  atMost("bytes of private messages", bytes, POSTED_BYTES_MAX + ITEM_JSON_BYTES_MAX);
}
