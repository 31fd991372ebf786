/** What was done outside the core, and whom that concerns. */

import type { AppEvent } from "../../core/host/app.ts";
import { stopFetch, takeBegun, takeFailed, takeGot } from "./fetches.ts";
import { endGet } from "./ending.ts";
import { takeFinished, takeGetBegun, takeRefused } from "./gets.ts";
import { getOf } from "./open_files.ts";
import { takeDialled, takeUndialled } from "./holders.ts";
import { sayLack, sayNone, takeAdmitted, takeAnswered, takeRead } from "./serving.ts";
import { isShare, takeChanged, takeHashed } from "./shares.ts";
import type { Job } from "./state.ts";
import type { Admitted, Begun, Changed, Dialled, Finished, Got, HasNews } from "./tasks.ts";
import { end } from "./transfers.ts";
import type { FilesTurn } from "./turn.ts";

type Worked = Extract<AppEvent, { kind: "worked" }>;

/** A work got on, ended, or failed. */
export function takeWorked(turn: FilesTurn, event: Worked): void {
  const job = turn.state.jobs.get(event.tag);
  if (job === undefined) return;
  if (event.done) turn.state.jobs = turn.state.jobs.delete(event.tag);
  if (event.fault !== null) takeFault(turn, job, event.fault);
  else if (event.done) takeResult(turn, job, event.result);
  else takeReport(turn, job, event.result);
}

/** What was sent arrived, or never will. */
export function takeSent(turn: FilesTurn, tag: number): void {
  const job = turn.state.jobs.get(tag);
  if (job?.kind !== "answer") return;
  turn.state.jobs = turn.state.jobs.delete(tag);
  takeAnswered(turn, job.peer, job.owed);
}

function takeReport(turn: FilesTurn, job: Job, result: unknown): void {
  switch (job.kind) {
    case "open": {
      const news = result as Partial<Changed>;
      if (news.changed !== undefined) takeChanged(turn, news.changed, news.why!);
      return;
    }
    case "share": {
      const share = turn.state.transfers.get(job.transfer);
      return isShare(share) ? takeHashed(turn, share, result, false) : undefined;
    }
    case "dial":
      return takeDialled(turn, job.peer, result as Dialled | HasNews);
  }
}

function takeResult(turn: FilesTurn, job: Job, result: unknown): void {
  const { transfers, fetches } = turn.state;
  switch (job.kind) {
    case "share": {
      const share = transfers.get(job.transfer);
      return isShare(share) ? takeHashed(turn, share, result, true) : undefined;
    }
    case "admit":
      return takeAdmitted(turn, job.peer, job.link, result as Admitted);
    case "dial":
      return takeUndialled(turn, job.peer, "it closed the connection");
    case "begin": {
      const file = fetches.get(job.fetch);
      if (file === undefined) return;
      const get = getOf(turn, file.number);
      if (get !== undefined) takeGetBegun(turn, get, result as Begun);
      return takeBegun(turn, file, result as Begun);
    }
    case "ask":
      return takeGot(turn, job.ask, result as Got);
    case "read":
      return takeRead(turn, job.peer, job.n, result as readonly string[]);
    case "finish": {
      const file = fetches.get(job.fetch);
      return file && takeFinished(turn, file, result as Finished);
    }
  }
}

/** It cannot be done, for a reason that a user understands. */
function takeFault(turn: FilesTurn, job: Job, why: string): void {
  const { transfers, fetches } = turn.state;
  switch (job.kind) {
    case "open":
      return takeBroken(turn, why);
    case "share": {
      const share = transfers.get(job.transfer);
      return isShare(share) ? end(turn, share, "bad", why) : undefined;
    }
    case "serve":
      // It may well be there, and is shared again by the next run.
      if (turn.state.worker !== "broken") takeChanged(turn, job.link, why);
      return;
    case "admit":
      return sayNone(turn, job.peer, job.link);
    case "dial":
      return takeUndialled(turn, job.peer, why);
    case "ask":
      return takeFailed(turn, job.ask, why);
    case "read":
      return sayLack(turn, job.peer, job.n);
    case "begin":
    case "finish": {
      const file = fetches.get(job.fetch);
      if (file === undefined) return;
      const get = getOf(turn, file.number);
      if (job.kind === "begin") turn.own("fetches").delete(file.number);
      else stopFetch(turn, file);
      return get && takeRefused(turn, get, why);
    }
  }
}

/** The disk and the connections are gone, and with them all that was under way. */
function takeBroken(turn: FilesTurn, fault: string): void {
  const why = `files are neither shared nor fetched here any more: ${fault}`;
  turn.state.worker = "broken";
  turn.out({ kind: "tell", text: why });
  for (const one of turn.state.transfers.values()) {
    if (one.kind === "get" && one.ended === null) endGet(turn, one, "incomplete", why);
  }
}
