/** What a node tells its user beside the output, one line each. */

import type { Id, Notice } from "../../core/types.ts";
import { EXIT } from "../args/exit.ts";

/** Complaints about other nodes' items that are said one by one; the rest are counted. */
const LEFT_OUT_LINES = 10;

/** What the user calls somebody, and the messages of an app. */
export interface Words {
  readonly labelOf: (id: Id) => string;
  readonly messageOf: (app: string) => string;
}

/** The line for a notice; null where nothing is to be said. */
export function noticeText(notice: Notice, { labelOf, messageOf }: Words): string | null {
  switch (notice.kind) {
    case "listening":
      return `listening on ${notice.address}`;
    case "joined":
    case "done":
      return null;
    case "join_failed":
      return `rumor: cannot join ${notice.address}: ${notice.why}`;
    case "tracker_failed":
      return `rumor: tracker ${notice.address}: ${notice.why}`;
    case "alone":
      return `rumor: ${ALONE[notice.then]}`;
    case "storage":
      return notice.fault === null
        ? "rumor: everything is stored again"
        : `rumor: ${notice.fault}; nothing more is acknowledged until it can be stored`;
    case "quarantined":
      return `rumor: ${notice.entries} stored entries do not verify and were set aside; ` +
        "peers are asked for them again";
    case "renewed":
      return `rumor: ${notice.why}; this node goes on as ${notice.id}`;
    case "forked":
      return `rumor: ${notice.origin} signed two different entries ${notice.seq} in ` +
        `${notice.topic}; nothing more of it is taken`;
    case "refused": {
      const line = notice.source.kind === "local" ? `line ${notice.source.tag}: ` : "";
      return `rumor: ${line}${notice.why}`;
    }
    case "told":
      return notice.bare ? notice.text : `rumor: ${notice.text}`;
    case "undelivered":
      return `rumor: ${messageOf(notice.app)} to ${labelOf(notice.to)} not acknowledged: ` +
        notice.why;
    case "ignored":
      return `rumor: left out, from ${notice.origin}: ${notice.why}`;
  }
}

const ALONE = {
  end: "no peer reachable",
  wait: "nobody answers; waiting alone for the others",
  begin: "nobody to join; starting a new network",
} as const;

/**
 * With which code a run ends because of a notice, unless something else failed before. Somebody else's
 * bad items are not the failure of the node, which is `self`.
 */
export function noticeCode(notice: Notice, self: Id): number {
  if (notice.kind === "undelivered") return EXIT.unacknowledged;
  const is_own = notice.kind === "ignored" && notice.origin === self;
  return is_own || notice.kind === "refused" ? EXIT.failed : EXIT.done;
}

/** Items of others that all nodes leave out. */
export class LeftOut {
  #count = 0;

  /** Counts one; whether it is named, as others must not fill this node's stderr. */
  isToldOf(): boolean {
    return ++this.#count <= LEFT_OUT_LINES;
  }

  /** What is said of them at the end; null where each was named. */
  get more(): string | null {
    return this.#count <= LEFT_OUT_LINES
      ? null
      : `${this.#count} items of other nodes were left out`;
  }
}
