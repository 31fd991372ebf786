/** The proof of a token: who passes it, who does not, and what it tells to whoever listens. */

import { assert, assertEquals, assertNotEquals, assertRejects } from "@std/assert";
import { Buffer } from "node:buffer";
import { admit, enter, TOKEN_BYTES, type Wire } from "../../../../src/shell/net/token_proof.ts";

const TOKEN = new Uint8Array(TOKEN_BYTES).fill(7), OTHER = new Uint8Array(TOKEN_BYTES).fill(8);

/** One direction: bytes come out as they were written, a few at a time. */
class Stream {
  readonly all: number[] = [];
  #at = 0;
  #ended = false;
  #changed = Promise.withResolvers<void>();

  write(bytes: Uint8Array): Promise<number> {
    const some = bytes.subarray(0, 20);
    this.all.push(...some);
    this.#wake();
    return Promise.resolve(some.length);
  }

  async read(buffer: Uint8Array): Promise<number | null> {
    while (this.#at === this.all.length) {
      if (this.#ended) return null;
      await this.#changed.promise;
    }
    const some = this.all.slice(this.#at, this.#at + Math.min(buffer.length, 9));
    buffer.set(some);
    this.#at += some.length;
    return some.length;
  }

  end(): void {
    this.#ended = true;
    this.#wake();
  }

  #wake(): void {
    this.#changed.resolve();
    this.#changed = Promise.withResolvers();
  }
}

/** A connection: its two ends, and what goes over it. */
function connection() {
  const to_guest = new Stream(), to_node = new Stream();
  const end = (input: Stream, output: Stream): Wire & { end(): void } => ({
    read: (buffer) => input.read(buffer),
    write: (bytes) => output.write(bytes),
    end: () => output.end(),
  });
  return { node: end(to_node, to_guest), guest: end(to_guest, to_node), to_guest, to_node };
}

/** Both parts over one connection, and what went over it. */
async function meet(node_token: Uint8Array, guest_token: Uint8Array) {
  const { node, guest, to_guest, to_node } = connection();
  const [admitted, entered] = await Promise.all([
    admit(node, node_token).finally(() => node.end()),
    enter(guest, guest_token).catch((error: Error) => error.message),
  ]);
  return { admitted, entered, to_guest: to_guest.all, to_node: to_node.all };
}

async function hmac(key: Uint8Array, role: string, ...nonces: number[][]): Promise<number[]> {
  const hash = { name: "HMAC", hash: "SHA-256" };
  const imported = await crypto.subtle.importKey("raw", new Uint8Array(key), hash, false, ["sign"]);
  const text = Buffer.concat([Buffer.from(`rumor token 1 ${role}\n`), Buffer.from(nonces.flat())]);
  return [...new Uint8Array(await crypto.subtle.sign("HMAC", imported, text))];
}

Deno.test("`admit()` and `enter()` agree where both have the token, and say what the protocol says", async () => {
  const { admitted, entered, to_guest, to_node } = await meet(TOKEN, TOKEN);
  assertEquals([admitted, entered], [true, true]);
  const node = to_guest.slice(0, 32), guest = to_node.slice(0, 32);
  assertEquals(to_node.slice(32), await hmac(TOKEN, "guest", node, guest));
  assertEquals(to_guest.slice(32), await hmac(TOKEN, "node", node, guest));
});

Deno.test("`admit()` refuses another token, and proves nothing then", async () => {
  const { admitted, entered, to_guest } = await meet(TOKEN, OTHER);
  assertEquals([admitted, entered], [false, "the node closed the link"]);
  assertEquals(to_guest.length, 32);
});

Deno.test("`admit()` refuses an answer that was good before, or comes to an end too soon", async () => {
  const { to_node } = await meet(TOKEN, TOKEN);
  for (const answer of [to_node, to_node.slice(0, 63), []]) {
    const { node, to_guest, to_node } = connection();
    to_node.all.push(...answer);
    to_node.end();
    assertEquals(await admit(node, TOKEN), false);
    assertEquals(to_guest.all.length, 32);
  }
});

Deno.test("`admit()` leaves what comes behind the answer", async () => {
  const { node, guest } = connection();
  const admitted = admit(node, TOKEN);
  await enter(guest, TOKEN);
  await guest.write(new Uint8Array([1, 2, 3]));
  assertEquals(await admitted, true);
  assertEquals(await node.read(new Uint8Array(9)), 3);
});

Deno.test("`enter()` does not believe who has no token, whatever it says back", async () => {
  const lies: Record<string, (heard: Uint8Array) => Uint8Array> = {
    "the guest's own proof": (heard) => heard.subarray(32),
    "the guest's nonce": (heard) => heard.subarray(0, 32),
    "zeros": () => new Uint8Array(32),
  };
  for (const [what, lie] of Object.entries(lies)) {
    const { node, guest } = connection();
    const entered = enter(guest, TOKEN);
    await node.write(new Uint8Array(20));
    await node.write(new Uint8Array(12));
    const heard = new Uint8Array(64);
    for (let at = 0; at < 64;) at += (await node.read(heard.subarray(at)))!;
    for (let at = 0; at < 32;) at += await node.write(lie(heard).subarray(at));
    assertEquals(await entered, false, what);
  }
});

Deno.test("`enter()` throws where the other end goes without an answer", async () => {
  const { node, guest } = connection();
  node.end();
  await assertRejects(() => enter(guest, TOKEN), Error, "the node closed the link");
});

Deno.test("`admit()` and `enter()` never say the token, nor the same twice", async () => {
  const [one, two] = [await meet(TOKEN, TOKEN), await meet(TOKEN, TOKEN)];
  for (const part of ["to_guest", "to_node"] as const) {
    assertNotEquals(one[part].slice(0, 32), two[part].slice(0, 32));
    assertNotEquals(one[part].slice(32), two[part].slice(32));
    assert(!Buffer.from(one[part]).includes(Buffer.from(TOKEN)));
  }
});
