/**
 * Where the nodes of one user on one machine are found: a directory that nobody else can enter. What
 * comes through it is the user's own.
 */

import { plainError, StoreError } from "./files.ts";

const HINT = "set RUMOR_RUNTIME_DIR to a directory that only you can enter";

/**
 * The places where the nodes of this user may be; a node takes the first. A program that was started
 * without `XDG_RUNTIME_DIR`, as cron does, still finds the nodes of one that was started with it, if
 * these are at the usual place.
 */
export function runtimeDirectories(
  variable: (name: string) => string = readVariable,
  uid: number | null = Deno.uid(),
): readonly string[] {
  const chosen = variable("RUMOR_RUNTIME_DIR");
  if (chosen !== "") return [chosen];
  if (uid === null) {
    // Windows has neither numbers of users nor modes, so nothing can be checked; but what is in the
    // user's own profile nobody else may read, unless the user allows it.
    const profile = variable("LOCALAPPDATA");
    return profile === "" ? [] : [`${profile}/rumor`];
  }
  const places = [variable("XDG_RUNTIME_DIR"), `/run/user/${uid}`].filter((place) =>
    place !== "" && faultOf(place) === null
  );
  const temporary = variable("TMPDIR") || "/tmp";
  return [...new Set([...places.map((place) => `${place}/rumor`), `${temporary}/rumor-${uid}`])];
}

/**
 * Whether nodes can listen on Unix sockets here, and need no token instead. A program that is told
 * `RUMOR_NO_SOCKETS` does without them, for tests.
 */
export function hasLocalSockets(
  os: typeof Deno.build.os = Deno.build.os,
  variable: (name: string) => string = readVariable,
): boolean {
  return os !== "windows" && variable("RUMOR_NO_SOCKETS") === "";
}

/** Makes the directory if it is missing. Throws where it is not the user's alone, or cannot be made. */
export function makeRuntimeDirectory(path: string): void {
  try {
    Deno.mkdirSync(path, { mode: 0o700 });
  } catch (error) {
    // A symbolic link that leads nowhere is there, too; what it is shows below.
    if (!(error instanceof Deno.errors.AlreadyExists)) {
      throw new StoreError(`${path} cannot be made: ${plainError(error)}; ${HINT}`);
    }
  }
  checkRuntimeDirectory(path);
}

/** Throws where somebody else may have put something into the directory, or could. */
export function checkRuntimeDirectory(path: string): void {
  const fault = faultOf(path);
  if (fault !== null) throw new StoreError(`${path} ${fault}; ${HINT}`);
}

/** Whether the directory is there, be it safe or not. */
export function isThere(path: string): boolean {
  try {
    Deno.lstatSync(path);
    return true;
  } catch {
    return false;
  }
}

/** What is wrong with a directory; null where it is the user's alone. */
function faultOf(path: string): string | null {
  let info: Deno.FileInfo;
  try {
    info = Deno.lstatSync(path);
  } catch (error) {
    return `cannot be used: ${plainError(error)}`;
  }
  if (info.isSymlink) return "is a symbolic link";
  if (!info.isDirectory) return "is no directory";
  if (info.uid !== Deno.uid()) return "belongs to another user";
  if (((info.mode ?? 0) & 0o077) !== 0) return "can be entered by others";
  return null;
}

function readVariable(name: string): string {
  try {
    return Deno.env.get(name) ?? "";
  } catch {
    // It is no Unicode.
    return "";
  }
}
