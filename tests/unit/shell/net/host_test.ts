import { assertEquals } from "@std/assert";
import { hostTowards } from "../../../../src/shell/net/host.ts";

const INTERFACES = [
  { family: "IPv4", address: "127.0.0.1", netmask: "255.0.0.0" },
  { family: "IPv4", address: "192.0.2.9", netmask: "255.255.255.0" },
  { family: "IPv4", address: "10.1.2.3", netmask: "255.255.0.0" },
  { family: "IPv6", address: "::1", netmask: "" },
  { family: "IPv6", address: "fe80::1", netmask: "" },
  { family: "IPv6", address: "2001:db8::5", netmask: "" },
] as const;

Deno.test("hostTowards() names the own address in the network of the other", () => {
  const towards = (remote: string) => hostTowards(remote, 4, INTERFACES);
  assertEquals(towards("10.1.200.1"), "10.1.2.3");
  assertEquals(towards("192.0.2.1"), "192.0.2.9");
  // Who is in none of them is reached through the first.
  assertEquals(towards("198.51.100.1"), "192.0.2.9");
});

Deno.test("hostTowards() stays on this machine where the other is on it", () => {
  assertEquals(hostTowards("127.0.0.1", 4, INTERFACES), "127.0.0.1");
  assertEquals(hostTowards("10.1.2.3", 4, INTERFACES), "10.1.2.3");
  assertEquals(hostTowards("::1", 6, INTERFACES), "::1");
});

Deno.test("hostTowards() names an IPv6 address that others can reach", () => {
  assertEquals(hostTowards("2001:db8:1::7", 6, INTERFACES), "2001:db8::5");
});
