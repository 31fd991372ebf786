import { assert, assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import { isAddress, joinAddress, splitAddress } from "../../../../src/core/data/address.ts";
import { check } from "../../../helpers/check.ts";

Deno.test("`isAddress()` takes hosts and ports that can be dialled", () => {
  for (const text of ["10.0.0.5:7000", "[::1]:80", "[fe80::1%2]:1", "my-host.local:65535"]) {
    assert(isAddress(text), text);
  }
  for (
    const text of [
      "",
      "host",
      "host:",
      ":80",
      "host:0",
      "host:65536",
      "host:-1",
      "::1:80",
      "a b:80",
      "host:80 ",
      "host:8e1",
      "[]:80",
      `${"x".repeat(254)}:80`,
      "h\u00f6st:80",
      80,
      null,
    ]
  ) {
    assert(!isAddress(text), String(text));
  }
});

Deno.test("`splitAddress()` undoes `joinAddress()`", () => {
  const host = fc.oneof(fc.ipV4(), fc.ipV6(), fc.domain());
  check(
    fc.property(host, fc.integer({ min: 1, max: 65_535 }), (host, port) => {
      const address = joinAddress(host, port);
      assert(isAddress(address), address);
      assertEquals(splitAddress(address), { host, port });
    }),
  );
});

Deno.test("`splitAddress()` takes port 0 and throws where there is no address", () => {
  assertEquals(splitAddress("0.0.0.0:0"), { host: "0.0.0.0", port: 0 });
  assertThrows(() => splitAddress("nowhere"), TypeError, "nowhere is not host:port");
  assertThrows(() => splitAddress("host:65536"), TypeError, "is not host:port");
});
