import { localSockets, LocalTransport } from "../../src/shell/net/local.ts";
import { conform, Waker } from "./suite.ts";

if (Deno.build.os !== "windows") {
  conform("`LocalTransport`", (near, far) => {
    const waker = new Waker();
    const place = Deno.makeTempDirSync();
    const there = new LocalTransport(waker.watch(far), () => [place]);
    const here = new LocalTransport(waker.watch(near));
    there.listen("127.0.0.1", 7000);
    return Promise.resolve({
      address: localSockets([place])[0].path,
      nowhere: `${place}/7001-1.sock`,
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
