import { assert, assertEquals, assertRejects } from "@std/assert";
import { Signatures } from "../../../src/apps/chain/worker/signatures.ts";
import { makeIdentity } from "../../../src/shell/crypto/crypto.ts";

const { id, sign } = makeIdentity();
/** More than one thread does alone. */
const MANY = 2_000;
const bytes = new TextEncoder().encode("signed"), good = sign(bytes);
const bad = sign(new TextEncoder().encode("something else"));

Deno.test("`Signatures.check()` finds what is wrong at once where there are few", async () => {
  using signatures = new Signatures(() => {
    throw new Error("no thread is needed");
  });
  assertEquals([good, bad, ""].map((one) => signatures.check(id, bytes, one)), [
    true,
    false,
    false,
  ]);
  assert(await signatures.allGood());
});

Deno.test("`Signatures.allGood()` says whether one of many is wrong", async () => {
  for (const wrong of [null, 300, MANY - 1]) {
    using signatures = new Signatures();
    let found = true;
    for (let i = 0; i < MANY; i++) {
      if (!signatures.check(id, bytes, i === wrong ? bad : good)) found = false;
    }
    assertEquals(await signatures.allGood() && found, wrong === null);
  }
});

Deno.test("`Signatures.allGood()` rejects where the other thread fell", async () => {
  const url = new URL("./falling_thread.ts", import.meta.url);
  using signatures = new Signatures(() => new Worker(url, { type: "module" }));
  for (let i = 0; i < MANY; i++) signatures.check(id, bytes, good);
  await assertRejects(() => signatures.allGood(), Error, "out of luck");
});
