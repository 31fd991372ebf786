/**
 * How the two ends of a connection prove to each other that they have the same token, without saying it.
 * Each end makes a nonce, and answers with a keyed hash of both nonces and of its role: so an answer is
 * good once, for one end. The node's comes last: who has no token learns nothing from a node, and who
 * merely took the port of a node that is gone is told nothing of use, and can not pose as it.
 */

import { createHmac, randomBytes, timingSafeEqual } from "node:crypto";

export const TOKEN_BYTES = 32;
const NONCE_BYTES = 32, PROOF_BYTES = 32;

/** What the two ends talk over. */
export type Wire = Pick<Deno.Conn, "read" | "write">;

type Role = "node" | "guest";

/** The node's part: whether the other end has the token. */
export async function admit(wire: Wire, token: Uint8Array): Promise<boolean> {
  const nonce = randomBytes(NONCE_BYTES);
  await writeAll(wire, nonce);
  const answer = await readExactly(wire, NONCE_BYTES + PROOF_BYTES);
  if (answer === null) return false;
  const nonces = [nonce, answer.subarray(0, NONCE_BYTES)];
  if (!isProof(answer.subarray(NONCE_BYTES), "guest", token, nonces)) return false;
  await writeAll(wire, proofOf("node", token, nonces));
  return true;
}

/** The guest's part: whether the other end has the token. Throws where it does not say. */
export async function enter(wire: Wire, token: Uint8Array): Promise<boolean> {
  const nonce = await readExactly(wire, NONCE_BYTES);
  if (nonce === null) throw new Error(CLOSED);
  const nonces = [nonce, randomBytes(NONCE_BYTES)];
  await writeAll(wire, nonces[1]);
  await writeAll(wire, proofOf("guest", token, nonces));
  const proof = await readExactly(wire, PROOF_BYTES);
  if (proof === null) throw new Error(CLOSED);
  return isProof(proof, "node", token, nonces);
}

const CLOSED = "the node closed the link";

/** The nonces are the node's and the guest's, in this order. */
function proofOf(role: Role, token: Uint8Array, nonces: readonly Uint8Array[]): Uint8Array {
  const hmac = createHmac("sha256", token).update(`rumor token 1 ${role}\n`);
  for (const nonce of nonces) hmac.update(nonce);
  return new Uint8Array(hmac.digest());
}

function isProof(
  proof: Uint8Array,
  role: Role,
  token: Uint8Array,
  nonces: readonly Uint8Array[],
): boolean {
  return timingSafeEqual(proof, proofOf(role, token, nonces));
}

/** So many bytes and none behind them, which are lines; null where the other end closes before. */
async function readExactly(wire: Wire, bytes: number): Promise<Uint8Array | null> {
  const buffer = new Uint8Array(bytes);
  for (let at = 0; at < bytes;) {
    const count = await wire.read(buffer.subarray(at));
    if (count === null) return null;
    at += count;
  }
  return buffer;
}

async function writeAll(wire: Wire, bytes: Uint8Array): Promise<void> {
  for (let at = 0; at < bytes.length;) at += await wire.write(bytes.subarray(at));
}
