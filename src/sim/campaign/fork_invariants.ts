/** The rules about origins that sign two entries with one number. */

import type { Env, LinkId } from "../../core/types.ts";
import {
  decodeEntry,
  logKey,
  peekHeader,
  sameBytes,
  sealOf,
  signedBytes,
} from "../../core/log/entry.ts";
import { keptEntry } from "../../core/log/slice.ts";
import type { NodeState } from "../../core/node.ts";
import { isPeer } from "../../core/session/slice.ts";
import type { Machine } from "./machine.ts";
import { must } from "./violation.ts";

/**
 * A second version of an entry is looked at; where it is well signed, it ends the log, and nobody takes
 * more of it then.
 */
export function forksAreProven(
  machine: Machine,
  link: LinkId,
  lines: readonly Uint8Array[],
  before: NodeState,
  verify: Env["verify"],
): void {
  const { log, session } = machine.node.state;
  // A link that was closed on the way was not listened to.
  const [was, is] = [before.session.links.get(link), session.links.get(link)];
  if (was === undefined || is === undefined || !isPeer(was) || !isPeer(is)) return;
  for (const line of lines) {
    const header = peekHeader(line), at = header === null ? -1 : before.log.keys.find(header.key);
    if (header === null || at < 0) continue;
    const { key, seq } = header, head = before.log.heads[at], kept = keptEntry(head, seq);
    const now = log.keys.find(key), is_proven = now < 0 || log.heads[now].fork !== null;
    if (is_proven) continue;
    must(
      kept === undefined || sameBytes(sealOf(kept.line), sealOf(line)),
      "logs_are_prefixes",
      () => `${machine.name} did not look at another version of ${key}#${seq}`,
    );
    if (seq !== before.log.clock[at] + 1 || head.hash === null) continue;
    const entry = decodeEntry(line);
    if (typeof entry === "string") continue;
    const branches = entry.previous !== head.hash && entry.deps.length === 0 &&
      verify(entry.origin, signedBytes(entry), entry.signature);
    must(
      !branches,
      "logs_are_prefixes",
      () => `${machine.name} got another version of ${key}#${seq} and proved no fork`,
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
