/** What was done outside the core, and whom that concerns. */

import type { AppEvent } from "../../core/host/app.ts";
import { drive, stopFetch, takeBegun, takeGot } from "./fetches.ts";
import { takeGetBegun, takeRefused } from "./gets.ts";
import { takeFinished } from "./got.ts";
import { takeDialled, takeUndialled, unwant } from "./holders.ts";
import { takeAdmitted, takeRead } from "./serving.ts";
import { isShare, takeChanged, takeHashed } from "./shares.ts";
import type { Get, Job } from "./state.ts";
import type { Admitted, Begun, Changed, Finished, Got } from "./tasks.ts";
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
      return takeDialled(turn, job.peer, result);
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
      takeGetBegun(turn, transfers.get(file.transfer) as Get, result as Begun);
      return takeBegun(turn, file, result as Begun);
    }
    case "ask":
      return takeGot(turn, job.ask, result as Got);
    case "read":
      return takeRead(turn, job.peer, job.n, result as readonly string[], null);
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
      turn.state.worker = "broken";
      turn.out({
        kind: "tell",
        text: `files are neither shared nor fetched here any more: ${why}`,
      });
      return;
    case "share": {
      const share = transfers.get(job.transfer);
      return isShare(share) ? end(turn, share, "bad", why) : undefined;
    }
    case "serve":
      return takeChanged(turn, job.link, why);
    case "dial":
      return takeUndialled(turn, job.peer, why);
    case "ask":
      return drive(turn, { kind: "failed", ask: job.ask, why });
    case "read":
      return takeRead(turn, job.peer, job.n, null, why);
    case "begin":
    case "finish": {
      const file = fetches.get(job.fetch);
      if (file === undefined) return;
      if (job.kind === "begin") turn.own("fetches").delete(file.number);
      else stopFetch(turn, file);
      unwant(turn, file.link);
      return takeRefused(turn, transfers.get(file.transfer) as Get, why);
    }
  }
}
