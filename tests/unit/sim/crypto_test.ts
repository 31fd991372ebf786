import { assertEquals, assertNotEquals } from "@std/assert";
import { isIdText } from "../../../src/core/data/public_key.ts";
import { fakeCrypto } from "../../../src/sim/crypto.ts";
import { realCrypto } from "../../../src/sim/real_crypto.ts";
import { testSealing } from "../../helpers/sealing.ts";

const crypto = fakeCrypto();
testSealing("`fakeCrypto().sealer()`", () => crypto.sealer("ann"));

for (const [what, make] of Object.entries({ fakeCrypto, realCrypto })) {
  Deno.test(`\`${what}().sealer()\` gives each run of a node another box, the same each time`, () => {
    const boxes = () => {
      const { sealer } = make();
      return [sealer("ann"), sealer("bob"), sealer("ann")].map(({ box }) => box);
    };
    const [ann, bob, again] = boxes();
    assertEquals(boxes(), [ann, bob, again]);
    assertNotEquals(ann, again);
    assertNotEquals(ann, bob);
    assertEquals([ann, bob, again].map(isIdText), [true, true, true]);
  });
}
