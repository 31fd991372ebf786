import { UdpTransport } from "../../src/shell/net/udp.ts";
import { DatagramSocket } from "../../src/shell/net/udp_socket.ts";
import { conformLossy, type MakePair } from "./suite.ts";

/** Two ends on loopback; `nowhere` is a socket that reads nothing. */
function makePair(mtu: number): MakePair {
  return async (near, far) => {
    const told = { resolve: () => {} };
    const wake = <T extends object>(handler: T): T =>
      new Proxy(handler, {
        get(target, name) {
          const value = Reflect.get(target, name);
          if (typeof value !== "function") return value;
          return (...args: unknown[]) => {
            value.apply(target, args);
            told.resolve();
          };
        },
      });
    const socket = await DatagramSocket.bind("127.0.0.1", 0);
    const silent = await DatagramSocket.bind("127.0.0.1", 0);
    const here = new UdpTransport(wake(near), null, { mtu, dial_timeout_ms: 300 });
    const there = new UdpTransport(wake(far), socket, { mtu });
    const port = there.listen("127.0.0.1", 0);
    return {
      address: `udp:127.0.0.1:${port}`,
      nowhere: `127.0.0.1:${silent.port}`,
      dial: (address: string) => void here.dial(address),
      until: async (condition: () => boolean) => {
        while (!condition()) await new Promise<void>((resolve) => told.resolve = resolve);
      },
      end: async () => {
        await here.close();
        await there.close();
        await silent.close();
      },
    };
  };
}

conformLossy("`UdpTransport`", makePair(1_200));
conformLossy("`UdpTransport` with large datagrams", makePair(60_000));
