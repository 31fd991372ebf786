/** Which hellos are refused, by nodes and by trackers alike. */

import type { Id, LinkId } from "../types.ts";
import type { Line } from "./line.ts";
import { isPublicKey } from "../data/public_key.ts";
import { PROTOCOL_VERSION } from "../data/limits.ts";

/** Whoever closes links with a reason. */
export interface Closer {
  close(link: LinkId, code: string, why: string): void;
}

/** Closes a link whose hello is of no use here; whether it did. */
export function refuseHello(
  turn: Closer,
  link: LinkId,
  hello: Extract<Line, { k: "hello" }>,
  config: { readonly id: Id; readonly network: string },
): boolean {
  if (hello.v !== PROTOCOL_VERSION) {
    const why = `protocol version ${hello.v} is not spoken here, only ${PROTOCOL_VERSION}`;
    turn.close(link, "bad-version", why);
  } else if (hello.network !== config.network) {
    turn.close(link, "bad-network", `this is the network ${config.network}`);
  } else if ("guest" in hello) return false;
  else if (hello.id === config.id) turn.close(link, "self", "this is the same node");
  else if (!isPublicKey(hello.id)) turn.close(link, "bad-key", "the id is no usable key");
  else return false;
  return true;
}
