/** Files as an app: shared once, fetched from everybody who has a piece, found without knowing who has it. */

import { type App, type AppEvent, type AppOut, type AppView, asApp } from "../../core/host/app.ts";
import type { Id } from "../../core/types.ts";
import { foundNames, foundRow } from "./search/found.ts";
import type { HeldFile } from "./search/messages.ts";
import { searchOuts } from "./search/outs.ts";
import { reduceSearches, wakeOfSearches } from "./search/reduce.ts";
import { isSearchMessage } from "./search/relay.ts";
import { isSearchRequest, readSearchRequest } from "./search/requests.ts";
import { newSearches, type Searches } from "./search/state.ts";
import type { SearchEvent } from "./search/turn.ts";

interface State {
  /** What is here, and is found by others. */
  readonly files: readonly HeldFile[];
  readonly searches: Searches;
}

/** The app, where these files are here. */
export function filesApp(files: readonly HeldFile[]): App {
  return asApp<State>({
    name: "files",
    initial: ({ id }) => ({ files, searches: newSearches(seedOf(id)) }),
    requests: (request) => isSearchRequest(request) ? "say" : "own",
    reduce: (state, event, view) => react(state, event, view),
    questions: {
      found: {
        right: "say",
        names: ({ searches }, args) => foundNames(searches, args),
        row: ({ searches }, name, view) => foundRow(searches, name, view),
      },
    },
  });
}

export const files: App = filesApp([]);

function react(
  before: State,
  event: AppEvent,
  view: AppView,
): readonly [State, readonly AppOut[]] {
  const outs: AppOut[] = [];
  let state = before;
  const search = (event: SearchEvent) => {
    const { self, now_ms, neighbours } = view;
    const seen = { self, now_ms, neighbours, files: () => state.files };
    const [searches, wanted] = reduceSearches(state.searches, event, seen);
    if (searches !== state.searches) state = { ...state, searches };
    for (const out of wanted) for (const one of searchOuts(out, view)) outs.push(one);
  };
  switch (event.kind) {
    case "request": {
      const { request, source } = event;
      const wish = isSearchRequest(request)
        ? readSearchRequest(request, source)
        : "there is no such request";
      if (typeof wish === "string") outs.push({ kind: "answer", source, why: wish });
      else search({ kind: "begin", wish });
      break;
    }
    case "message":
      for (const item of event.items) {
        if (isSearchMessage(item)) search({ kind: "message", from: event.from, item });
      }
      break;
    case "gone":
      search({ kind: "gone", link: event.link });
      break;
    case "woken":
      search({ kind: "woken" });
      break;
    default:
      return [before, []];
  }
  const at_ms = wakeOfSearches(state.searches);
  if (at_ms < Infinity) outs.push({ kind: "wake", at_ms });
  return [state, outs];
}

/** Where the chance of a node begins: its id is chance already. */
function seedOf(id: Id): number {
  return Array.from(id).reduce((seed, one) => Math.imul(seed, 31) + one.charCodeAt(0) | 0, 0);
}
