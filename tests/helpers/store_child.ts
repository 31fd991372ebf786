/** A process that stores entries in a directory, says so, and then waits to be killed. */

import { Author, NO_BATCH, openStore } from "./stored.ts";

const [dir, count] = Deno.args;
const store = openStore(dir);
const author = new Author(store.identity, "chat", { next: 0 });
for (let number = 1; number <= Number(count); number++) {
  const fault = store.commit({ ...NO_BATCH, entries: [author.write(`line ${number}`)] });
  if (fault !== null) throw new Error(fault);
}
await Deno.stdout.write(new TextEncoder().encode("stored\n"));
await new Promise(() => setInterval(() => {}, 60_000));
