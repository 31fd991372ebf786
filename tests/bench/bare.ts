/**
 * The yardstick: the same job with nothing but Deno, and none of the guarantees. One writer sends
 * JSON lines over TCP to readers that parse each and print its text.
 *
 *     deno run --allow-net bare.ts writer READERS
 *     deno run --allow-net bare.ts reader PORT
 */

const CHUNK_BYTES = 64 * 1024;
const encoder = new TextEncoder();

async function writeAll(to: Deno.Conn | typeof Deno.stdout, bytes: Uint8Array): Promise<void> {
  for (let done = 0; done < bytes.length;) done += await to.write(bytes.subarray(done));
}

/** Gives the whole lines of each read together, as text that ends with a newline. */
async function* batches(from: Deno.Conn | typeof Deno.stdin): AsyncGenerator<string> {
  const buffer = new Uint8Array(CHUNK_BYTES);
  const decoder = new TextDecoder();
  let rest = "";
  for (let n = await from.read(buffer); n !== null; n = await from.read(buffer)) {
    const text = rest + decoder.decode(buffer.subarray(0, n), { stream: true });
    const end = text.lastIndexOf("\n") + 1;
    rest = text.slice(end);
    if (end > 0) yield text.slice(0, end);
  }
}

async function writer(readers: number): Promise<void> {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  Deno.stderr.writeSync(encoder.encode(`listening on 127.0.0.1:${listener.addr.port}\n`));
  const links: Deno.TcpConn[] = [];
  while (links.length < readers) {
    const link = await listener.accept();
    link.setNoDelay(true);
    links.push(link);
  }
  Deno.stderr.writeSync(encoder.encode("all are here\n"));
  for await (const batch of batches(Deno.stdin)) {
    let json = "";
    for (const text of batch.slice(0, -1).split("\n")) json += JSON.stringify({ text }) + "\n";
    const bytes = encoder.encode(json);
    await Promise.all(links.map((link) => writeAll(link, bytes)));
  }
  for (const link of links) link.close();
  listener.close();
}

async function reader(port: number): Promise<void> {
  const link = await Deno.connect({ hostname: "127.0.0.1", port });
  for await (const batch of batches(link)) {
    let texts = "";
    for (const line of batch.slice(0, -1).split("\n")) texts += JSON.parse(line).text + "\n";
    await writeAll(Deno.stdout, encoder.encode(texts));
  }
  link.close();
}

if (import.meta.main) {
  const [role, value] = Deno.args;
  await (role === "writer" ? writer(Number(value)) : reader(Number(value)));
}
