import { assert, assertEquals, assertRejects } from "@std/assert";
import { delay } from "@std/async/delay";
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

Deno.test("`Signatures.check()` hands over some at a time, and goes on itself where too many wait", () => {
  const handed: (readonly [string, Uint8Array, string])[][] = [];
  // A thread that never comes to anything.
  const idle = {
    postMessage: (data: unknown) => void (Array.isArray(data) && handed.push(data)),
    terminate: () => {},
  };
  using signatures = new Signatures(() => idle as unknown as Worker);
  const large = new Uint8Array(10_000);
  large.set(bytes, 77);
  const part = large.subarray(77, 77 + bytes.length);
  for (let i = 0; i < 256; i++) assert(signatures.check(id, part, good));
  assertEquals(handed, []);
  let taken = 0;
  while (taken < 2_000 && signatures.check(id, part, bad)) taken++;
  assertEquals([taken, handed.length], [512, 8]);
  assert(handed.every((batch) => batch.length === 64));
  const [[key, copy, signature]] = handed[0];
  assertEquals([key, copy, signature], [id, bytes, bad]);
  assertEquals(copy.buffer.byteLength, bytes.length);
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

Deno.test("`Signatures` knows how far the other thread is, and ends it", async () => {
  let ends = 0;
  let counts: Int32Array | null = null;
  const open = () => {
    const url = new URL("../../../src/apps/chain/worker/signatures.ts", import.meta.url);
    const worker = new Worker(url, { type: "module" });
    const post = worker.postMessage.bind(worker), end = worker.terminate.bind(worker);
    worker.postMessage = (data: unknown) => {
      if (data instanceof Int32Array) counts = data;
      post(data);
    };
    worker.terminate = () => {
      ends++;
      end();
    };
    return worker;
  };
  {
    using signatures = new Signatures(open);
    for (let i = 0; i < 300; i++) signatures.check(id, bytes, good);
    assert(await signatures.allGood());
    assertEquals([counts?.[0], ends], [44, 0]);
  }
  assertEquals(ends, 1);
});

Deno.test("a thread that falls is no error of the program, whether or not anybody waits for it", async () => {
  const idle = { postMessage: () => {}, terminate: () => {} } as unknown as Worker;
  using signatures = new Signatures(() => idle);
  for (let i = 0; i < 400; i++) signatures.check(id, bytes, good);
  const event = new ErrorEvent("error", { message: "out of luck", cancelable: true });
  idle.onerror!(event);
  // Nobody handled it until then.
  await delay(0);
  assert(event.defaultPrevented);
});

Deno.test("`Signatures.allGood()` rejects where the other thread fell", async () => {
  const url = new URL("./falling_thread.ts", import.meta.url);
  using signatures = new Signatures(() => new Worker(url, { type: "module" }));
  for (let i = 0; i < MANY; i++) signatures.check(id, bytes, good);
  await assertRejects(() => signatures.allGood(), Error, "out of luck");
});
