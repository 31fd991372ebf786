/** The door of the log: what happens to it, and what it hands back. */

import type { Env } from "../types.ts";
import { forgetLogs, rememberForgotten } from "./forgotten.ts";
import { insertEntries, renameSelf, skipEntries, trimLog, waiveCauses } from "./log.ts";
import { LogEdit } from "./log_edit.ts";
import type { LogOutput, LogState } from "./slice.ts";
import type { LogEvent, LogOut, LogView } from "./turn.ts";

/** What the log does about an event; the same reference where that is nothing. */
export function reduceLog(
  before: LogState,
  event: LogEvent,
  { env, now_ms }: LogView,
): readonly [LogState, readonly LogOut[]] {
  switch (event.kind) {
    case "insert":
      return told(insertEntries(before, event.entries, now_ms, env));
    case "skip": {
      const [log, outs] = told(skipEntries(before, event.gap, env));
      return [log, log === before ? outs : [{ kind: "gapped", gap: event.gap }, ...outs]];
    }
    case "waive":
      return told(waiveCauses(before, event.index, env));
    case "load":
      return load(before, event, env);
    case "end": {
      const edit = new LogEdit(before, env);
      for (const { origin, topic, lines } of event.forks) edit.restoreFork(origin, topic, lines);
      return told(edit.finish());
    }
    case "remember": {
      const forgotten = rememberForgotten(before.forgotten, event.logs);
      return [{ ...before, forgotten }, []];
    }
    case "forget": {
      const { log, logs, moved } = forgetLogs(before, event.indices);
      return [log, [{ kind: "forgot", indices: event.indices, logs, moved }]];
    }
    case "trim":
      return [trimLog(before, event.keep_bytes), []];
    case "rename":
      return [renameSelf(before, event.self), []];
  }
}

function load(
  before: LogState,
  { rows, jumps }: Extract<LogEvent, { kind: "load" }>,
  env: Env,
): readonly [LogState, readonly LogOut[]] {
  const edit = new LogEdit(before, env);
  const unfit = rows.filter(({ entry, arrival, hash }) =>
    !edit.restore(entry, arrival, hash, () => jumps(entry, edit.isNew(entry.origin, entry.topic)))
  );
  const [log, outs] = told(edit.finish());
  if (unfit.length === 0) return [log, outs];
  return [log, [...outs, { kind: "unfit", arrivals: unfit.map(({ arrival }) => arrival) }]];
}

/** Says what became of a batch, in the order in which others are to hear it. */
function told(
  [log, { delivered, rejected, duplicates, forks }]: readonly [LogState, LogOutput],
): readonly [LogState, readonly LogOut[]] {
  const outs: LogOut[] = [];
  if (duplicates > 0) outs.push({ kind: "count", what: "duplicates", times: duplicates });
  for (const code of rejected) outs.push({ kind: "count", what: `rejected:${code}`, times: 1 });
  for (const fork of forks) outs.push({ kind: "forked", ...fork });
  if (delivered.length > 0) outs.push({ kind: "delivered", delivered });
  return [log, outs];
}
