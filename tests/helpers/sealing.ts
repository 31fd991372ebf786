/** What must hold of everything that seals private messages, real or cheap. */

import { assert, assertEquals, assertNotEquals, assertThrows } from "@std/assert";
import { encodeBase64Url } from "@std/encoding/base64url";
import fc from "fast-check";
import type { PacketRole, Seal } from "../../src/core/types.ts";
import type { SimSealer } from "../../src/sim/crypto.ts";
import { anyText } from "./any_text.ts";
import { check } from "./check.ts";

const encoder = new TextEncoder();
const decoder = new TextDecoder();
const ROLES: readonly PacketRole[] = ["data", "ack", "bulk", "bulk-ack"];
const BASE64URL = { alphabet: "base64url", omitPadding: true } as const;
const TEXT = encoder.encode("the canary sings for nobody else");

/** Seals with what a test does not care about filled in. */
export function sealFor(box: string, other: Partial<Seal> = {}): Seal {
  return { peer: "", box, context: "rumor ann bob", role: "data", number: 1, ...other };
}

/** Registers the tests; `make()` gives another sealer each time. */
export function testSealing(what: string, make: () => SimSealer): void {
  Deno.test(`${what} opens what a peer sealed, whatever it is`, () => {
    const ann = make(), bob = make();
    let number = 0;
    const seals = fc.record({
      context: anyText({ maxLength: 40 }),
      role: fc.constantFrom(...ROLES),
      step: fc.oneof(fc.constant(1), fc.integer({ min: 1, max: 2 ** 40 })),
    });
    const bytes = fc.oneof(
      fc.uint8Array({ maxLength: 64 }),
      fc.integer({ min: 0, max: 70_000 }).map((length) => new Uint8Array(length).fill(length)),
    );
    check(fc.property(seals, bytes, ({ context, role, step }, plain) => {
      number += step;
      const other = { context, role, number };
      const text = ann.seal(sealFor(bob.box, other), plain)!;
      assert(/^[\w-]+$/.test(text));
      assertEquals(bob.open(sealFor(ann.box, other), text), plain);
    }));
  });

  Deno.test(`${what} opens nothing for others, nor as something else`, () => {
    const ann = make(), bob = make(), eve = make();
    const text = ann.seal(sealFor(bob.box), TEXT)!;
    assertEquals(eve.open(sealFor(ann.box), text), null);
    assertEquals(eve.open(sealFor(bob.box), text), null);
    assertEquals(bob.open(sealFor(eve.box), text), null);
    // Sent back to where it came from.
    assertEquals(ann.open(sealFor(bob.box), text), null);
    const wrong: Partial<Seal>[] = [
      ...ROLES.slice(1).map((role) => ({ role })),
      { number: 2 },
      { number: 0 },
      { number: 2 ** 32 + 1 },
      { context: "rumor ann" },
      { context: "rumor ann bob\n" },
      { context: "" },
    ];
    for (const other of wrong) {
      assertEquals(bob.open(sealFor(ann.box, other), text), null, JSON.stringify(other));
    }
    assertEquals(bob.open(sealFor(ann.box), text), TEXT);
  });

  Deno.test(`${what} opens nothing that was changed`, () => {
    const ann = make(), bob = make();
    const text = ann.seal(sealFor(bob.box), TEXT)!;
    const open = (changed: string) => bob.open(sealFor(ann.box), changed);
    const bytes = Uint8Array.fromBase64(text, BASE64URL);
    for (let bit = 0; bit < bytes.length * 8; bit++) {
      const changed = bytes.slice();
      changed[bit >> 3] ^= 1 << (bit & 7);
      assertEquals(open(encodeBase64Url(changed)), null, `bit ${bit}`);
    }
    for (let length = 0; length < bytes.length; length++) {
      assertEquals(open(encodeBase64Url(bytes.subarray(0, length))), null, `${length} bytes`);
    }
    assertEquals(open(`${text}AAAA`), null);
    assertEquals(open(text), TEXT);
  });

  Deno.test(`${what} takes one spelling of what was sealed`, () => {
    const ann = make(), bob = make();
    const text = ann.seal(sealFor(bob.box), TEXT.subarray(0, 6))!;
    // 22 bytes are 30 characters, the last of which has four bits to spare.
    const other = text.slice(0, 29) + String.fromCharCode(text.charCodeAt(29) + 1);
    const [bytes, same] = [text, other].map((spelled) => Uint8Array.fromBase64(spelled, BASE64URL));
    assertEquals(same, bytes);
    assertEquals(bob.open(sealFor(ann.box), other), null);
    for (const spelled of [`${text}==`, ` ${text}`, `${text}\n`, `${text}!`, "\u{1f600}", text]) {
      const expected = spelled === text ? TEXT.slice(0, 6) : null;
      assertEquals(bob.open(sealFor(ann.box), spelled), expected, JSON.stringify(spelled));
    }
  });

  Deno.test(`${what} opens no part of a tag`, () => {
    const ann = make(), bob = make();
    const text = ann.seal(sealFor(bob.box), new Uint8Array(0))!;
    const tag = Uint8Array.fromBase64(text, BASE64URL);
    assertEquals(bob.open(sealFor(ann.box), text), new Uint8Array(0));
    for (let length = 0; length < tag.length; length++) {
      const part = encodeBase64Url(tag.subarray(0, length));
      assertEquals(bob.open(sealFor(ann.box), part), null, `${length} bytes`);
    }
  });

  Deno.test(`${what} shows nothing of what it sealed`, () => {
    const ann = make(), bob = make();
    const one = ann.seal(sealFor(bob.box, { number: 1 }), TEXT)!;
    const two = ann.seal(sealFor(bob.box, { number: 2 }), TEXT)!;
    assertNotEquals(one, two);
    for (const text of [one, two]) {
      assert(!decoder.decode(Uint8Array.fromBase64(text, BASE64URL)).includes("canary sings"));
      // How words are spelled depends on where in three bytes they begin.
      for (const start of [0, 1, 2]) {
        assert(!text.includes(encodeBase64Url(TEXT.subarray(start, start + 24))));
      }
    }
  });

  Deno.test(`${what} makes nothing of a box that is no key`, () => {
    const ann = make(), bob = make();
    const text = ann.seal(sealFor(bob.box), TEXT)!;
    const { box } = ann;
    const wrong = ["", "x", `${box}=`, ` ${box}`, box.slice(1), `${box}A`, `!${box.slice(1)}`];
    for (const [index, bad] of [...wrong, "\u{1f600}", "A".repeat(5_000)].entries()) {
      assertEquals(ann.seal(sealFor(bad, { number: index + 2 }), TEXT), null, bad);
      assertEquals(bob.open(sealFor(bad), text), null, bad);
    }
  });

  Deno.test(`${what} never uses a number twice`, () => {
    const ann = make(), bob = make(), cyd = make();
    ann.seal(sealFor(bob.box, { number: 7 }), TEXT);
    for (const number of [7, 6, 0, NaN]) {
      assertThrows(() => ann.seal(sealFor(bob.box, { number }), TEXT), Error, "sealed before");
      assertThrows(() => ann.seal(sealFor(cyd.box, { number }), TEXT), Error, "sealed before");
    }
    // Each role counts for itself, and what it seals shows nothing of the others.
    const texts = ROLES.slice(1).map((role) =>
      ann.seal(sealFor(bob.box, { number: 7, role }), TEXT)
    );
    assertEquals(new Set(texts).size, ROLES.length - 1);
    assert(!texts.includes(null));
    assert(ann.seal(sealFor(bob.box, { number: 8 }), TEXT) !== null);
  });
}
