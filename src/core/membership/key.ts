/**
 * Whether this node may sign with its key. A node whose data were copied back, or damaged, may have
 * signed more than it knows: it signs nothing before it has heard from others how far its own logs go,
 * and takes a new key where nobody can say.
 */

import { isPeer } from "../session/slice.ts";
import { hasOf } from "../replication/slice.ts";
import { type MembershipTurn, setKey } from "./turn.ts";
import { JOIN_TIMEOUT_MS } from "../data/limits.ts";

/** This node must not sign with its key again. */
export function renew(turn: MembershipTurn): void {
  if (turn.slice.key.renewing) return;
  setKey(turn, { renewing: true });
  turn.out({ kind: "renew" });
}

/**
 * A node that may have signed more than it knows signs nothing before it has asked around: the peer
 * that it joined may not have had everything either.
 */
export function endStale(turn: MembershipTurn): void {
  const { slice, now_ms } = turn, { stale, renewing, trusted_ms } = slice.key;
  if (!stale || renewing || slice.life.phase === "joining") return;
  if (now_ms < trusted_ms) return turn.wakeAt(trusted_ms);
  if (!isBehind(turn)) setKey(turn, { stale: false });
  else if (now_ms < trusted_ms + JOIN_TIMEOUT_MS) turn.wakeAt(trusted_ms + JOIN_TIMEOUT_MS);
  else renew(turn);
}

/** Whether a peer has more of this node's own logs than this node. */
function isBehind({ view: { log, session, replication } }: MembershipTurn): boolean {
  const peers = [...session.links.values()].filter(isPeer);
  return log.heads.some(({ origin }, index) =>
    origin === log.self &&
    peers.some(({ id }) => hasOf(replication.links.get(id)!, index) > log.clock[index])
  );
}
