/** Files and directories that a node keeps something in, whatever it is. */

/** Why a directory cannot be used: one line for the user. */
export class StoreError extends Error {
  override name = "StoreError";
}

/** Makes the directory if it is missing, and checks that it is one. */
export function makeDirectory(dir: string): void {
  try {
    Deno.mkdirSync(dir, { recursive: true, mode: 0o700 });
  } catch (error) {
    throw new StoreError(`${dir} cannot be made: ${plainError(error)}`);
  }
}

/** Size of a file, -1 where it is not there. */
export function sizeOf(path: string): number {
  try {
    return Deno.statSync(path).size;
  } catch {
    return -1;
  }
}

/** Makes a renamed file survive a power failure, where the system can do that. */
export function syncDirectory(dir: string): void {
  try {
    using file = Deno.openSync(dir);
    file.syncSync();
  } catch {
    // Windows cannot open a directory.
  }
}

/** What is wrong, in a few words without error classes. */
export function plainError(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error);
  if (error instanceof Deno.errors.PermissionDenied || /\(os error 13\)/.test(text)) {
    return "permission denied";
  }
  if (/disk is full|\(os error (28|122)\)/.test(text)) return "the disk is full";
  if (/database is locked/.test(text)) return "another program is reading or writing it";
  if (/readonly database|\(os error 30\)/i.test(text)) return "it is read-only";
  return text.replace(/ \(os error \d+\).*$/s, "").replace(/\n.*/s, "");
}

/** A name for what is kept aside, that sorts by time and is not there yet. */
export function asideName(path: string): string {
  const stamp = new Date().toISOString().replace(/\.\d+Z$/, "Z").replaceAll(/[-:]/g, "");
  let name = `${path}-${stamp}`;
  for (let number = 2; sizeOf(name) >= 0; number++) name = `${path}-${stamp}-${number}`;
  return name;
}
