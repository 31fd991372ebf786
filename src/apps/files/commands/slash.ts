/** `/share`, `/get` and `/files` at the prompt. */

import { resolve } from "node:path";
import type { PromptDesk, SlashCommand } from "../../app.ts";
import { PATIENCE_MS } from "../limits.ts";
import { FILES } from "../options.ts";
import { listFiles } from "../questions.ts";
import type { GetRequest, ShareRequest } from "../requests.ts";
import type { FilesState } from "../state.ts";
import { bytesText } from "./progress.ts";
import { newKey } from "./following.ts";
import { placeOf } from "./place.ts";

export const SHARE: SlashCommand = {
  name: "share",
  form: "/share FILE|DIR",
  help: "let others fetch it",
  run: (rest, _, desk) => {
    const path = rest.trim();
    if (path === "") return "expected /share FILE|DIR";
    desk.request(FILES, { k: "share", key: newKey(), path: resolve(path) } satisfies ShareRequest);
    return null;
  },
};

export const GET: SlashCommand = {
  name: "get",
  form: "/get LINK|NAME [PATH]",
  help: "fetch it from everybody who has a piece",
  run: (rest, _, desk) => {
    const [, what, path] = /^\s*(\S+)(?:\s+(\S.*?))?\s*$/su.exec(rest) ?? [];
    if (what === undefined) return "expected /get LINK|NAME [PATH]";
    const request: GetRequest = {
      k: "get",
      key: newKey(),
      what,
      from: null,
      ...placeOf(path),
      force: false,
      passes: false,
      patience_ms: PATIENCE_MS,
    };
    desk.request(FILES, request);
    return null;
  },
};

export const FILES_WORD: SlashCommand = {
  name: "files",
  form: "/files",
  help: "what is shared here, and what is on its way",
  run: (rest, _, desk) => {
    if (rest.trim() !== "") return "expected /files";
    showFiles(desk);
    return null;
  },
};

function showFiles({ node, tell }: PromptDesk): void {
  const state = node.host.states.get(FILES) as FilesState | undefined;
  const rows = state === undefined ? [] : listFiles(state, node.now_ms);
  if (rows.length === 0) return tell(["rumor: nothing is shared here, and nothing is on its way"]);
  tell(rows.map(({ state, link, name, bytes_here, bytes }) => {
    const part = bytes_here < bytes ? `${bytesText(bytes_here)} of ` : "";
    return `${state} ${link} ${name} (${part}${bytesText(bytes)})`;
  }));
}
