/** Simulated networks with all apps, and what tests do and see there again and again. */

import type { PrivateRecord, PrivateRequest } from "../../src/apps/private/app.ts";
import type { Applied } from "../../src/apps/ledger/ledger.ts";
import type { Id, Json } from "../../src/core/types.ts";
import type { Outward } from "../../src/core/flow/slice.ts";
import { isPeer, type Session } from "../../src/core/session/slice.ts";
import { Network, type NetworkOptions } from "../../src/sim/network.ts";
import type { ShowRecord } from "../../src/sim/printed.ts";
import type { SimNode } from "../../src/sim/sim_node.ts";
import { APPS } from "./node_subject.ts";

/** How long private messages are sent again, unless a test says otherwise. */
const POST_MS = 600_000;

/** A network whose nodes run all apps. */
export function makeNetwork(options: NetworkOptions = {}): Network {
  return new Network({ apps: APPS, show: showRecord, ...options });
}

/** Sends private messages. */
export function post(
  from: SimNode,
  to: Id,
  items: readonly Json[],
  within_ms = POST_MS,
): void {
  const request: PrivateRequest = { to, items, within_ms };
  from.request("private", { ...request });
}

/** The link from one node to another; undefined where there is none. */
export function linkBetween(from: SimNode, to: SimNode): Session | undefined {
  const links = [...from.state.session.links.values()];
  return links.find((link) => isPeer(link) && link.peer === to.id);
}

/** What goes out on the link from one node to another. */
export function outwardTo(from: SimNode, to: SimNode): Outward {
  return from.state.flow.links.get(linkBetween(from, to)!.id)!.outward;
}

/** How a payment, or private messages, stand among what a node printed. */
const showRecord: ShowRecord = (app, record, nameOf) => {
  if (app === "ledger") {
    const { id, from, to, amount } = (record as unknown as Applied).transaction;
    return [`${id} ${from} ${to} ${amount}`];
  }
  const { from, items } = record as unknown as PrivateRecord;
  const text = (item: Json) => typeof item === "string" ? item : JSON.stringify(item);
  return items.map((item) => `(pm ${nameOf(from)}) ${text(item)}`);
};
