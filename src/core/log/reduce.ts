/** The door of the log: what happens to it, and what it hands back. */

import type { Env, Fork, Gap, Id, Topic } from "../types.ts";
import type { Entry } from "./entry.ts";
import { forgetLogs, type ForgottenLog, rememberForgotten } from "./forgotten.ts";
import { insertEntries, renameSelf, skipEntries, trimLog, waiveCauses } from "./log.ts";
import { LogEdit } from "./log_edit.ts";
import type { Delivered, LogOutput, LogState } from "./slice.ts";

/** A stored entry that comes back, with its place and its hash. */
export interface Loaded {
  readonly entry: Entry;
  readonly arrival: number;
  readonly hash: string;
}

export type LogEvent =
  /** Entries whose signatures are good. */
  | { readonly kind: "insert"; readonly entries: readonly Entry[] }
  /** Entries that nobody has any more. */
  | { readonly kind: "skip"; readonly gap: Gap }
  /** The causes of the first entry that waits in a log did not come. */
  | { readonly kind: "waive"; readonly index: number }
  /** `jumps` tells of an entry that does not follow whether what is missing may be missing. */
  | {
    readonly kind: "load";
    readonly rows: readonly Loaded[];
    readonly jumps: (entry: Entry, is_new: boolean) => boolean;
  }
  /** Forks that were proved before. */
  | { readonly kind: "end"; readonly forks: readonly Fork[] }
  /** Logs that were forgotten before. */
  | { readonly kind: "remember"; readonly logs: readonly ForgottenLog[] }
  /** Logs, by their numbers, whose origins are gone. */
  | { readonly kind: "forget"; readonly indices: ReadonlySet<number> }
  | { readonly kind: "trim"; readonly keep_bytes: number }
  /** This node goes on under another id. */
  | { readonly kind: "rename"; readonly self: Id };

export type LogOut =
  | { readonly kind: "delivered"; readonly delivered: readonly Delivered[] }
  | { readonly kind: "forked"; readonly origin: Id; readonly topic: Topic; readonly seq: number }
  | { readonly kind: "gapped"; readonly gap: Gap }
  /** The numbers of these logs will mean others; positions in `moved` topics are no longer valid. */
  | {
    readonly kind: "forgot";
    readonly indices: ReadonlySet<number>;
    readonly logs: readonly ForgottenLog[];
    readonly moved: readonly Topic[];
  }
  /** Loaded rows, by their arrivals, that do not follow what is there. */
  | { readonly kind: "unfit"; readonly arrivals: readonly number[] }
  | { readonly kind: "count"; readonly what: string; readonly times: number };

/** What the log may read. */
export interface LogView {
  readonly env: Env;
  readonly now_ms: number;
}

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
