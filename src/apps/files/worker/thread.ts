/** What runs in the thread of files. */

import { plainError } from "../../../shell/files/files.ts";
import type { FilesTask } from "../tasks.ts";
import { REAL_CLOCK } from "./clock.ts";
import type { FilesDisk } from "./files_disk.ts";
import { Hands } from "./hands.ts";
import type { FromThread, ToThread } from "./thread_messages.ts";

/** What a Worker has as its global scope, which the types of a program do not know. */
export interface ThreadScope {
  postMessage(message: FromThread): void;
}

/** Makes the disk of a node; `data` is null where it keeps nothing. */
export type MakeDisk = (place: { readonly data: string | null }) => FilesDisk;

/** Gives what hears the messages to a thread, which does its tasks and tells of them. */
export function runThread(scope: ThreadScope, makeDisk: MakeDisk): (message: ToThread) => void {
  const jobs = new Map<number, { readonly control: AbortController; ended: Promise<void> }>();
  let hands: Hands;
  const start = (job: number, task: FilesTask) => {
    const control = new AbortController();
    const report = (result: unknown) => scope.postMessage({ kind: "report", job, result });
    const ended = hands.do(task, control.signal, report)
      .then((result) => scope.postMessage({ kind: "done", job, result }), (error) => {
        scope.postMessage({ kind: "fault", job, fault: plainError(error) });
      })
      .finally(() => jobs.delete(job));
    jobs.set(job, { control, ended });
  };
  const end = async () => {
    for (const { control } of jobs.values()) control.abort(new Error("the node is leaving"));
    await Promise.all([...jobs.values()].map(({ ended }) => ended));
    hands.close();
    scope.postMessage({ kind: "ended" });
  };
  return (message) => {
    if (message.kind === "place") {
      hands = new Hands(message.host, makeDisk({ data: message.data }), REAL_CLOCK);
    } else if (message.kind === "start") start(message.job, message.task);
    else if (message.kind === "cancel") jobs.get(message.job)?.control.abort();
    else end();
  };
}
