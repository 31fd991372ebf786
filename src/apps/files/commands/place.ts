/** Where something goes that is fetched. */

import { basename, dirname, resolve } from "node:path";
import type { GetRequest } from "../requests.ts";

/** An absolute directory, and a name in it; null for its own. */
export type Place = Pick<GetRequest, "directory" | "name">;

/** What a user means by a path: a directory, or a name that is still free, or is not; none means here. */
export function placeOf(output: string | undefined): Place {
  if (output === undefined) return { directory: Deno.cwd(), name: null };
  const path = resolve(output);
  if (/[/\\]$/.test(output) || isDirectory(path)) return { directory: path, name: null };
  return { directory: dirname(path), name: basename(path) };
}

function isDirectory(path: string): boolean {
  try {
    return Deno.statSync(path).isDirectory;
  } catch {
    return false;
  }
}
