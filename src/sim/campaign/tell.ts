/** Runs what was drawn once more, and tells what happens. */

import type { CampaignApps } from "./app_rules.ts";
import { type Drawn, runWith } from "./runner.ts";
import type { RunResult } from "./session.ts";
import { traceCarried, traceReduced } from "./trace.ts";

/** Runs it; `tell` is handed one line after the other, with its time since the start. */
export function tellRun(
  drawn: Drawn,
  apps: CampaignApps,
  tell: (line: string) => void,
): RunResult {
  const names = new Map<string, string>();
  const nameOf = (id: string) => names.get(id) ?? id.slice(0, 8);
  let begin_ms = -1, now_ms = 0;
  const say = (text: string) => tell(`${(now_ms / 1000).toFixed(3).padStart(9)} ${text}`);
  const result = runWith(drawn, {
    ...apps,
    onStep: (at_ms, text) => {
      if (begin_ms < 0) begin_ms = at_ms;
      now_ms = at_ms - begin_ms;
      if (text !== "") say(`-- ${text}`);
    },
    onCarried: (from, to, carried) => {
      const line = traceCarried(from, to, carried, nameOf);
      if (line !== null) say(line);
    },
    onReduced: (node, event, effects) => {
      names.set(node.id, node.name);
      for (const line of traceReduced(node, event, effects, nameOf)) say(line);
    },
  });
  if (result.violation !== null) say(`** ${result.violation.message}`);
  return result;
}
