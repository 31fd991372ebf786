/** The app of files at a node that has some, or pieces of some, without a disk. */

import { files } from "../../../src/apps/files/app.ts";
import type { HeldFile } from "../../../src/apps/files/search/messages.ts";
import type { Fetch, FilesState, Get } from "../../../src/apps/files/state.ts";
import { reduceSwarm } from "../../../src/apps/files/swarm/reduce_swarm.ts";
import { levelsOf } from "../../../src/apps/files/tree.ts";
import { parseLink } from "../../../src/apps/files/link.ts";
import { type App, asApp } from "../../../src/core/host/app.ts";

/** The app, where these are shared, or on their way, from the beginning. */
export function filesApp(held: readonly HeldFile[]): App {
  const app = files as App<FilesState>;
  return asApp<FilesState>({
    ...app,
    initial: (config, apps) => held.reduce(hold, app.initial(config, apps)),
    // What was shared in an earlier run is looked for on the disk.
    reduce: (state, event, view) =>
      event.kind === "started" ? [state, []] : app.reduce!(state, event, view),
  });
}

function hold(state: FilesState, { link, name, has }: HeldFile, at: number): FilesState {
  if (has === null) {
    const rest = { path: `/${name}`, changed_ms: 0, is_directory: false, files: 1 };
    const file = { link, name, ...rest, bytes: parseLink(link)!.size };
    return { ...state, served: state.served.set(link, file) };
  }
  const number = -1 - at, fetching: Fetch = { number, transfer: number, link, stage: "open" };
  const never = { until_ms: Infinity, look_ms: Infinity, decide_ms: Infinity };
  const source = { kind: "local", tag: 0 } as const;
  const get: Partial<Get> = { kind: "get", number, link, name, source, ended: null, ...never };
  const lists = levelsOf(parseLink(link)!.size).slice(1).map(({ chunks }) =>
    [[0, chunks]] as const
  );
  const begun = { kind: "begun", fetch: number, link, has: [has, ...lists] } as const;
  return {
    ...state,
    swarm: reduceSwarm(state.swarm, begun, { now_ms: 0 })[0],
    fetches: new Map(state.fetches).set(number, fetching),
    transfers: new Map(state.transfers).set(number, get as Get),
  };
}
