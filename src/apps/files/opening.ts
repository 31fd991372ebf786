/** Opening the part of what a user wants, as soon as it is known what it is called. */

import { beginFetch } from "./fetches.ts";
import { MANIFEST_BYTES_MAX } from "./limits.ts";
import { parseLink } from "./link.ts";
import { safeName } from "./safe_names.ts";
import type { Get } from "./state.ts";
import type { Target } from "./tasks.ts";
import type { FilesTurn } from "./turn.ts";

/** This node has it itself. */
export function takeOwn(turn: FilesTurn, get: Get): Get {
  const file = turn.state.served.get(get.link!);
  return file === undefined ? get : openAs(turn, get, file.name, file.is_directory);
}

/** It is known what it is called, so its part can be opened. */
export function openAs(turn: FilesTurn, before: Get, given: string, is_directory: boolean): Get {
  if (before.name !== null) return before;
  const { chosen, what } = before, { size } = parseLink(before.link!)!;
  // Who asks for a name gets it under that one, whatever its holders call it.
  const meant = parseLink(what) === null ? what : given, name = chosen ?? safeName(meant);
  // Others may have it under a name that is one.
  if (name === null) return turn.change(before, { is_nameless: true });
  let get = turn.change(before, {
    name,
    is_directory: is_directory && !before.passes && size <= MANIFEST_BYTES_MAX,
    files: 1,
  });
  if (chosen === null && name !== meant) get = turn.note(get, `${meant} is stored as ${name}`);
  beginFirst(turn, get);
  return get;
}

/** Opens the part of a file, or of the list of a directory's files. */
function beginFirst(turn: FilesTurn, get: Get): void {
  const name = get.chosen ?? get.name!;
  beginFetch(turn, get, get.link!, targetOf(get, get.is_directory ? `${name}/` : name));
}

/** Where a file of a get goes. */
export function targetOf(
  { directory, force, passes, chosen }: Get,
  name: string,
  is_executable = false,
): Target {
  return { directory, name, is_chosen: chosen !== null, is_executable, force, passes };
}
