/** The file `key`: who a node with `--data` is. One line, a private Ed25519 key as JWK (RFC 8037). */

import { generateKeyPairSync } from "node:crypto";
import { type Identity, makeIdentity, Verifier } from "./crypto.ts";
import { asideName, plainError, sizeOf, StoreError, syncDirectory } from "../files/files.ts";

/** Refuses a key that others on the machine can read. Not on Windows, which has other rights. */
export function checkKeyMode(path: string): void {
  if (Deno.build.os === "windows" || sizeOf(path) < 0) return;
  const { mode } = Deno.statSync(path);
  if (mode !== null && (mode & 0o077) !== 0) {
    throw new StoreError(`${path} can be read by others; run: chmod 600 ${shellWord(path)}`);
  }
}

/** The identity in the file; null where it is missing or broken. */
export function readKey(path: string): Identity | null {
  let text: string;
  try {
    text = Deno.readTextFileSync(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return null;
    throw new StoreError(`${path} cannot be read: ${plainError(error)}`);
  }
  try {
    const jwk = JSON.parse(text) as JsonWebKey;
    const identity = makeIdentity(jwk);
    const bytes = new TextEncoder().encode("rumor");
    const works = new Verifier().check(identity.id, bytes, identity.sign(bytes));
    // The public half stands beside the private one: a flipped byte in either is noticed.
    return identity.id === jwk.x && works ? identity : null;
  } catch {
    return null;
  }
}

/** Makes a key in place of the one that may be there, which is kept aside. Gives its name, too. */
export function replaceKey(
  path: string,
  dir: string,
): { identity: Identity; aside: string | null } {
  const jwk = generateKeyPairSync("ed25519").privateKey.export({ format: "jwk" }) as JsonWebKey;
  const fresh = `${path}.new`;
  try {
    Deno.writeTextFileSync(fresh, `${JSON.stringify(jwk)}\n`, { mode: 0o600 });
    // The mode above does not count for a file that was there already.
    if (Deno.build.os !== "windows") Deno.chmodSync(fresh, 0o600);
    {
      using file = Deno.openSync(fresh);
      file.syncSync();
    }
    const aside = sizeOf(path) < 0 ? null : asideName(`${path}.old`);
    if (aside !== null) Deno.renameSync(path, aside);
    Deno.renameSync(fresh, path);
    syncDirectory(dir);
    return { identity: makeIdentity(jwk), aside };
  } catch (error) {
    throw new StoreError(`${path} cannot be written: ${plainError(error)}`);
  }
}

/** A path as it can be given to a shell. */
function shellWord(path: string): string {
  return /^[A-Za-z0-9_./-]+$/.test(path) ? path : `'${path.replaceAll("'", `'\\''`)}'`;
}
