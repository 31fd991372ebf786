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
  SENDERS_MAX,
  TOPICS_MAX,
  WINDOW_BYTES,
} from "../../core/data/limits.ts";
import type { Link } from "../../core/session/link.ts";
import { isKeptWhole } from "../../core/log/log.ts";
import type { Machine } from "./machine.ts";
import { must } from "./violation.ts";

/** Everything that somebody else can make grow stays below its limit. */
export function memoryBounds(machine: Machine, before: NodeState): void {
  const { state } = machine.node;
  const atMost = (what: string, is: number, most: number) =>
    must(is <= most, "memory_bounds", () => `${machine.name} holds ${is} ${what}, over ${most}`);
  if (state.log !== before.log || state.settled !== before.settled) boundLog(state, atMost);
  if (state.links !== before.links) {
    atMost("links", state.links.size, LINKS_MAX + 64);
    for (const link of state.links.values()) {
      if (link !== before.links.get(link.id)) boundLink(link, state, atMost);
    }
  }
  if (state.members !== before.members) boundMembers(state, before, atMost);
  atMost("counts", state.counts.size, COUNTS_MAX + 1);
  atMost("offers", state.offers.size, OFFERS_MAX);
  atMost("watched members", state.watched.size, MEMBERS_MAX);
  atMost("routes", state.routes.size, MEMBERS_MAX + DEPARTED_MAX);
  atMost("branches", state.branches.size, LOGS_MAX);
  atMost("logs that are ahead elsewhere", state.ahead.size, AHEAD_MAX);
  atMost("bytes of early packets", state.early_bytes, EARLY_BYTES_MAX);
  atMost("bytes of waiting messages", state.posted_bytes, POSTED_BYTES_MAX);
  atMost("dials under way", state.dialling.size, 10 * DIALS_PER_SECOND);
  atMost("senders", state.incoming.size, SENDERS_MAX);
  atMost("unprinted bytes", state.front.unprinted_bytes, FRONT_MOST_BYTES);
  if (state.incoming !== before.incoming) {
    for (const one of state.incoming.values()) {
      atMost("early packets", one.early.size, PACKETS_EARLY_MAX);
    }
  }
  if (state.outgoing !== before.outgoing) boundOutgoing(state, atMost);
}

type AtMost = (what: string, is: number, most: number) => void;

/** What may be printed at once goes one line beyond the window. */
const FRONT_MOST_BYTES = FRONT_WINDOW_BYTES + PRINT_BYTES + 2 * LINE_BYTES_MAX;

/** What a peer asks for by itself is sent besides the window. */
const ASKED_BYTES = 2 * ENTRY_BYTES_TARGET;

function boundLog({ log, config, settled, storage, restoring }: NodeState, atMost: AtMost): void {
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
  if (settled.log !== log || storage.under_way !== null || restoring !== null) return;
  atMost("kept bytes that are counted", log.kept_bytes, config.keep_bytes);
  // Where much is kept, nothing is dropped that could be counted wrongly.
  if (config.keep_bytes === KEEP_BYTES_DEFAULT) return;
  // Only what is shown was trimmed, too.
  let kept_bytes = 0;
  for (const [name, { order }] of log.topics) {
    if (isKeptWhole(name)) continue;
    for (const { line } of order.from()) kept_bytes += line.length + ENTRY_OVERHEAD_BYTES;
  }
  atMost("kept bytes", kept_bytes, config.keep_bytes);
  atMost("kept bytes that are not counted", kept_bytes - log.kept_bytes, 0);
}

function boundLink(link: Link, state: NodeState, atMost: AtMost): void {
  atMost("bytes under way", link.sent_bytes - link.acked_bytes, WINDOW_BYTES + ASKED_BYTES);
  atMost("control lines in a budget", link.budget, CONTROL_BURST);
  atMost("topics of a link", link.cursors.size, TOPICS_MAX + 3);
  atMost("logs that a peer is said to have", link.has.length, state.log.heads.length);
}

function boundMembers({ members }: NodeState, before: NodeState, atMost: AtMost): void {
  atMost("members", members.by_id.size, MEMBERS_MAX + DEPARTED_MAX);
  atMost("members that may be there", members.sorted.length, MEMBERS_MAX);
  atMost("members that were only named", members.introduced, INTRODUCED_MAX);
  for (const [id, member] of members.by_id) {
    if (member === before.members.by_id.get(id)) continue;
    atMost("accusers of one member", member.accusations.length, ACCUSERS_MAX);
  }
}

function boundOutgoing({ outgoing }: NodeState, atMost: AtMost): void {
  let bytes = 0;
  for (const { flight, waiting } of outgoing.values()) {
    atMost("packets in flight", flight.length, PACKETS_IN_FLIGHT_MAX);
    for (const post of waiting.from()) bytes += post.bytes;
  }
  atMost("bytes of private messages", bytes, POSTED_BYTES_MAX + ITEM_JSON_BYTES_MAX);
}
