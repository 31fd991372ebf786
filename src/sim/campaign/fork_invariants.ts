/** The rules about origins that sign two entries with one number. */

import type { VerifyRequest } from "../../core/types.ts";
import { logKey, peekHeader, sameBytes, sealOf } from "../../core/log/entry.ts";
import { keptEntry } from "../../core/log/log.ts";
import type { NodeState } from "../../core/node.ts";
import type { Machine } from "./machine.ts";
import { must } from "./violation.ts";

/** A second version of an entry, well signed, ends its log; nobody takes more of it then. */
export function forksAreProven(
  machine: Machine,
  request: VerifyRequest,
  valid: readonly boolean[],
  before: NodeState,
): void {
  const { log, links } = machine.node.state;
  // A link that was closed on the way was not listened to.
  if (!links.has(request.link) || links.get(request.link)!.role !== "peer") return;
  const entries = request.batch.flatMap((one) => one.kind === "entry" ? [one.entry] : []);
  for (const [index, entry] of entries.entries()) {
    const key = logKey(entry.origin, entry.topic), at = before.log.keys.find(key);
    if (!valid[index] || at < 0) continue;
    const head = before.log.heads[at], kept = keptEntry(head, entry.seq);
    const differs = kept !== undefined && !sameBytes(kept.line, entry.line);
    const branches = entry.seq === before.log.clock[at] + 1 && head.hash !== null &&
      entry.previous !== head.hash && entry.deps.length === 0;
    if (!differs && !branches) continue;
    const now = log.keys.find(key);
    must(
      now < 0 || log.heads[now].fork !== null,
      "logs_are_prefixes",
      () => `${machine.name} got another version of ${key}#${entry.seq} and proved no fork`,
    );
  }
}

/** What may be another version of a kept entry is looked at. */
export function versionsAreChecked(
  machine: Machine,
  lines: readonly Uint8Array[],
  before: NodeState,
): void {
  for (const line of lines) {
    const header = peekHeader(line);
    if (header === null) continue;
    const at = before.log.keys.find(header.key);
    const kept = at < 0 ? undefined : keptEntry(before.log.heads[at], header.seq);
    must(
      kept === undefined || sameBytes(sealOf(kept.line), sealOf(line)),
      "logs_are_prefixes",
      () => `${machine.name} did not look at another version of ${header.key}#${header.seq}`,
    );
  }
}

/** A log that ended in a fork stays so. */
export function forksStay(machine: Machine, before: NodeState, after: NodeState): void {
  if (before.log.heads === after.log.heads) return;
  for (const [index, { fork, origin }] of before.log.heads.entries()) {
    if (fork === null || after.log.heads[index].origin !== origin) continue;
    must(
      after.log.heads[index].fork !== null && after.log.clock[index] === before.log.clock[index],
      "logs_are_prefixes",
      () => `${machine.name} forgot the fork of ${logKey(origin, after.log.heads[index].topic)}`,
    );
  }
}
