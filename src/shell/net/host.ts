/** What this machine is called where others must reach it. */

import { isLoopback } from "../../core/data/address.ts";

/** The first address of this machine that is not loopback. */
export function fallbackHost(): string {
  try {
    const found = Deno.networkInterfaces().find(({ family, address }) =>
      family === "IPv4" && !address.startsWith("127.")
    );
    return found?.address ?? "127.0.0.1";
  } catch {
    return "127.0.0.1";
  }
}

/**
 * The address of this machine that another one probably sees, for sockets that do not tell: the one
 * in its own network.
 */
export function hostTowards(
  remote: string,
  family: 4 | 6,
  interfaces: readonly Interface[] = listInterfaces(),
): string {
  if (isLoopback(remote)) return remote;
  const all = interfaces.filter((one) => one.family === (family === 6 ? "IPv6" : "IPv4"));
  if (all.some(({ address }) => address === remote)) return remote;
  const outer = all.filter(({ address }) => !isLoopback(address) && !address.startsWith("fe80"));
  const near = outer.find(({ address, netmask }) =>
    family === 4 && mask(address, netmask) === mask(remote, netmask)
  );
  return (near ?? outer[0])?.address ?? fallbackHost();
}

type Interface = Pick<Deno.NetworkInterfaceInfo, "family" | "address" | "netmask">;

function listInterfaces(): Interface[] {
  try {
    return Deno.networkInterfaces();
  } catch {
    return [];
  }
}

/** The network that an IPv4 address belongs to. */
function mask(address: string, netmask: string): string {
  const bits = netmask.split(".").map(Number);
  return address.split(".").map((part, at) => Number(part) & bits[at]).join(".");
}
