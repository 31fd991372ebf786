/** What a node is told of files when it starts. */

import type { NodeConfig } from "../../core/data/config.ts";
import { isCount } from "../../core/log/entry.ts";

/** The name of the app. */
export const FILES = "files";

export interface FilesOptions {
  /** Bytes a second that are sent to others at most, in all; null for no limit. */
  readonly upload_bytes_max: number | null;
}

/** What the configuration says of files. */
export function optionsOf({ apps = {} }: NodeConfig): FilesOptions {
  const told = (Object.hasOwn(apps, FILES) ? apps[FILES] : null) as Partial<FilesOptions> | null;
  const upload_bytes_max = told?.upload_bytes_max;
  return { upload_bytes_max: isCount(upload_bytes_max, 1) ? upload_bytes_max : null };
}
