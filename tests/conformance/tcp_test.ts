import { assertEquals } from "@std/assert";
import { TcpTransport } from "../../src/shell/net/tcp.ts";
import { conform, Waker } from "./suite.ts";

conform("`TcpTransport`", (near, far) => {
  const waker = new Waker();
  const here = new TcpTransport(waker.watch(near)), there = new TcpTransport(waker.watch(far));
  const port = there.listen("127.0.0.1", 0);
  // A port that was just given back is one that nobody listens on.
  const gone = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const nowhere = `127.0.0.1:${gone.addr.port}`;
  gone.close();
  return Promise.resolve({
    address: `127.0.0.1:${port}`,
    nowhere,
    dial: (address: string) => void here.dial(address),
    until: (condition: () => boolean) => waker.until(condition),
    end: async () => {
      await here.close();
      await there.close();
    },
  });
});

Deno.test("`TcpTransport` tells of a read that holds only a part of a line", async () => {
  const told: string[][] = [];
  let wake = () => {};
  const transport = new TcpTransport({
    opened: () => {},
    dialFailed: () => {},
    lines: (_, lines) => {
      told.push(lines.map((line) => new TextDecoder().decode(line)));
      wake();
    },
    garbled: () => {},
    closed: () => wake(),
  });
  const hears = () => new Promise<void>((resolve) => wake = resolve);
  const conn = await Deno.connect({
    hostname: "127.0.0.1",
    port: transport.listen("127.0.0.1", 0),
  });
  try {
    for (const text of ["a line ", "in parts\n"]) {
      const heard = hears();
      await conn.write(new TextEncoder().encode(text));
      await heard;
    }
    assertEquals(told, [[], ["a line in parts"]]);
  } finally {
    conn.close();
    await transport.close();
  }
});
