/**
 * Whether anybody still reads a pipe. A write would tell, but `rumor sub | head -1` must end although
 * nothing more is written; only poll(2) says so without writing, and Deno reaches it by FFI. Where
 * that is not to be had, the next write finds out.
 */

/** Where the C library is; the permissions name the same paths. */
const LIBRARIES: Readonly<Record<string, readonly string[]>> = {
  linux: [
    "/lib/x86_64-linux-gnu/libc.so.6",
    "/lib/aarch64-linux-gnu/libc.so.6",
    "/lib64/libc.so.6",
    "/usr/lib/libc.so.6",
  ],
  darwin: ["/usr/lib/libSystem.B.dylib"],
};
const POLL = {
  poll: { parameters: ["buffer", "u64", "i32"], result: "i32", nonblocking: true },
} as const;
/** The other side is gone: POLLERR, POLLHUP or POLLNVAL. */
const GONE = 0x08 | 0x10 | 0x20;

/** Resolves when the reader of a pipe that this process writes to is gone; else never. */
export async function whenReaderCloses(descriptor: number): Promise<void> {
  const library = isPipe() ? openLibrary() : null;
  if (library !== null) {
    // struct pollfd { int fd; short events; short revents; }, in the machine's byte order.
    const request = new Int32Array([descriptor, 0]);
    const results = new Int16Array(request.buffer);
    // An interrupted call (-1) is made again, but not forever.
    for (let failures = 0; failures < 100 && (results[3] & GONE) === 0; failures++) {
      await library.symbols.poll(new Uint8Array(request.buffer), 1n, -1);
    }
    if ((results[3] & GONE) !== 0) return;
  }
  await new Promise(() => {});
}

function isPipe(): boolean {
  return Deno.build.os in LIBRARIES && !Deno.stdout.isTerminal();
}

function openLibrary(): Deno.DynamicLibrary<typeof POLL> | null {
  for (const path of LIBRARIES[Deno.build.os]) {
    try {
      if (Deno.permissions.querySync({ name: "ffi", path }).state !== "granted") continue;
      return Deno.dlopen(path, POLL);
    } catch {
      // Not this one.
    }
  }
  return null;
}
