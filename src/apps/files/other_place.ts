/** What is served twice is served from where it was first: there its user put it. */

import type { SharedFile } from "./tasks.ts";

/** Whether a file that came is served from elsewhere already: then it goes on being served from there. */
export function isOtherPlace(before: SharedFile | undefined, { path }: SharedFile): boolean {
  return before !== undefined && !before.is_directory && before.path !== path;
}
