/** What goes with files. */

import type { AppModule } from "../app.ts";
import { readBytes } from "../../cli/args/values.ts";
import { files } from "./app.ts";
import { SEARCH } from "./commands/search_slash.ts";
import { FILES_WORD, GET, SHARE } from "./commands/slash.ts";
import { makeFilesWorker } from "./worker/engine.ts";

/** Slower is not to be meant. */
const UPLOAD_BYTES_MIN = 1_024;

export default {
  app: files,
  commands: {
    share: () => import("./commands/share.ts"),
    get: () => import("./commands/get.ts"),
    search: () => import("./commands/search.ts"),
    files: () => import("./commands/files.ts"),
    unshare: () => import("./commands/unshare.ts"),
  },
  experiments: { files: () => import("./commands/sim.ts") },
  node_flags: {
    flags: {
      upload: {
        value: "BYTES",
        help: "bytes of files a second that go to other nodes at most, such as 10M (default: all)",
        read: readBytes(UPLOAD_BYTES_MIN),
      },
    },
    wish: ({ upload }) => upload === undefined ? undefined : { upload_bytes_max: upload as number },
  },
  slash: [SHARE, GET, SEARCH, FILES_WORD],
  message: "message about files",
  worker: makeFilesWorker,
} satisfies AppModule;
