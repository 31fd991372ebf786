/** The C library, for the few calls that Deno has not got. */

/** Where it is; the permissions in deno.json name the same paths. */
const LIBRARIES: Readonly<Record<string, readonly string[]>> = {
  linux: [
    "/lib/x86_64-linux-gnu/libc.so.6",
    "/lib/aarch64-linux-gnu/libc.so.6",
    "/lib64/libc.so.6",
    "/usr/lib/libc.so.6",
  ],
  darwin: ["/usr/lib/libSystem.B.dylib"],
};

/** The library with these functions; null where it is out of reach. */
export function openLibc<S extends Deno.ForeignLibraryInterface>(
  symbols: S,
): Deno.DynamicLibrary<S> | null {
  for (const path of LIBRARIES[Deno.build.os] ?? []) {
    try {
      if (Deno.permissions.querySync({ name: "ffi", path }).state !== "granted") continue;
      return Deno.dlopen(path, symbols);
    } catch {
      // Not this one.
    }
  }
  return null;
}
