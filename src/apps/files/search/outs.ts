/** What searches want, as an app wants it. */

import type { Source } from "../../../core/types.ts";
import type { AppOut, AppView } from "../../../core/host/app.ts";
import { SEARCH_SEND_MS } from "../limits.ts";
import { FILES } from "../options.ts";
import { foundLine, holderName } from "./found.ts";
import type { SearchOut } from "./turn.ts";

/** Whether a message arrives, nobody waits for. */
const NOBODY: Source = { kind: "app", app: FILES, tag: 0 };

/** What follows from it for others, for the user and for guests. */
export function searchOuts(out: SearchOut, view: AppView): readonly AppOut[] {
  switch (out.kind) {
    case "send": {
      const { to, item, bulk } = out;
      return [{ kind: "send", to, items: [item], source: NOBODY, within_ms: SEARCH_SEND_MS, bulk }];
    }
    case "found":
      // Guests ask for it.
      if (out.search.source?.kind !== "local") return [];
      return out.rows.map((row) => {
        const text = foundLine(row, holderName(row.holder, view));
        return { kind: "tell", text, bare: true };
      });
    case "over": {
      const { source, rows, words } = out.search;
      if (source === null) return [];
      const answer: AppOut = { kind: "answer", source, why: null };
      if (source.kind !== "local" || rows.length > 0) return [answer];
      return [{ kind: "tell", text: `nothing found for ${words.join()}` }, answer];
    }
    case "refused": {
      const { wish: { source }, why } = out;
      return source === null ? [] : [{ kind: "answer", source, why }];
    }
    case "ignored": {
      const { from, what, why } = out;
      return [{ kind: "ignored", origin: from, topic: FILES, what, why }];
    }
  }
}
