import { localSockets, LocalTransport } from "../../src/shell/net/local.ts";
import { conform, Waker } from "./suite.ts";

/** Whether there are sockets; where there are none, files with tokens do. */
for (const has_sockets of Deno.build.os === "windows" ? [false] : [true, false]) {
  conform(`\`LocalTransport\` with ${has_sockets ? "a socket" : "a token"}`, (near, far) => {
    const waker = new Waker();
    const place = Deno.makeTempDirSync();
    const there = new LocalTransport(waker.watch(far), () => [place], has_sockets);
    const here = new LocalTransport(waker.watch(near));
    there.listen("127.0.0.1", 7000);
    return Promise.resolve({
      address: localSockets([place])[0].path,
      nowhere: `${place}/7001-1.${has_sockets ? "sock" : "token"}`,
      dial: (path: string) => void here.dial(path),
      until: (condition: () => boolean) => waker.until(condition),
      end: async () => {
        await here.close();
        await there.close();
        Deno.removeSync(place, { recursive: true });
      },
    });
  });
}
