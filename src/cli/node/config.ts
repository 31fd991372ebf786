/** What a node is told about itself, from its flags. */

import type { Address, Id } from "../../core/types.ts";
import type { FrontConfig, NodeConfig } from "../../core/data/config.ts";
import { UDP_PREFIX } from "../../core/data/address.ts";
import { KEEP_BYTES_DEFAULT } from "../../core/data/limits.ts";
import type { Given } from "../args/args.ts";
import { UsageError } from "../args/exit.ts";
import { type nodeFlags, readTimes } from "../args/flags.ts";

/** What the flags do not say. */
export interface NodeFacts {
  readonly id: Id;
  /** The key to which private messages are sealed. */
  readonly box: string;
  readonly durable: boolean;
  readonly front: FrontConfig;
  readonly apps: NonNullable<NodeConfig["apps"]>;
  /** The address of `--listen`. */
  readonly listen: Address;
}

/** Puts together flags and facts; `join` is whom to join, from a flag or from a person. */
export function makeNodeConfig(
  given: Given<typeof nodeFlags>,
  join: readonly Address[],
  { id, box, durable, front, apps, listen }: NodeFacts,
): NodeConfig {
  // A node that listens for datagrams only means them where it does not say more.
  const only_udp = given.transport === "udp";
  const qualify = (address: Address) =>
    only_udp && !address.startsWith(UDP_PREFIX) ? `${UDP_PREFIX}${address}` : address;
  if (given.overlay === "given" && given.tracker.length > 0) {
    throw new UsageError("--overlay given links to the nodes of --join only; leave out --tracker");
  }
  const advertise = given.advertise && qualify(given.advertise);
  // One list of addresses serves all permanent nodes: a node does not join itself.
  const own = [qualify(listen), `${UDP_PREFIX}${listen}`, advertise];
  const others = join.map(qualify).filter((address) => !own.includes(address));
  return {
    id,
    network: given.network ?? "rumor",
    join: others,
    // Whoever names somebody wants to be with them, and not alone.
    must_join: given.join.length > 0 && others.length > 0 || given.tracker.length > 0,
    trackers: given.tracker,
    name: given.name ?? "",
    box,
    spread: given.spread ?? "tree",
    overlay: given.overlay ?? "fingers",
    ...(given.batch === undefined ? {} : { batch_ms: given.batch }),
    times: readTimes(given),
    durable,
    advertise: advertise ?? null,
    ...(only_udp ? { address_prefix: UDP_PREFIX } : {}),
    keep_bytes: given["keep-bytes"] ?? KEEP_BYTES_DEFAULT,
    front,
    apps,
  };
}
