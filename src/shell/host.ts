/** What this machine is called where others must reach it. */

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
