/** What a node can be asked about itself, by guests and at the prompt alike. */

import type { Id, Right } from "../types.ts";
import type { LogState } from "../log/slice.ts";
import type { Membership } from "../membership/slice.ts";
import { linkTo, type Sessions } from "../session/slice.ts";
import type { Unicast } from "../unicast/slice.ts";
import { nextHop } from "../unicast/turn.ts";
import type { View } from "../wire/room.ts";

/** A question that can be answered now: what the rows are about, and each row. */
export interface Answer {
  readonly right: Right;
  readonly names: (args: readonly string[]) => readonly string[];
  readonly row: (name: string) => readonly string[];
}

/** What the answers are made of. */
export interface QuestionView extends View {
  readonly log: LogState;
  readonly session: Sessions;
  readonly membership: Membership;
  readonly unicast: Unicast;
  /** How often each thing happened. */
  readonly counts: ReadonlyMap<string, number>;
  /** What apps can be asked. */
  readonly appAnswer: (question: string) => Answer | null;
}

/** What can be answered to a question by its name; null where there is no such question. */
export function answerTo(view: QuestionView, question: string): Answer | null {
  const { members } = view.membership, { self } = view.log;
  switch (question) {
    case "peers":
      return {
        right: "read",
        names: () => [self, ...members.by_id.keys()],
        row: (id) => peerRow(view, id),
      };
    case "routes":
      return {
        right: "read",
        names: () => [...members.by_id.keys()].filter((id) => hopTo(view, id) !== null),
        row: (id) => routeRow(view, id),
      };
    case "counts":
      return {
        right: "read",
        names: () => [...view.counts.keys()].sort(),
        row: (what) => [what, String(view.counts.get(what) ?? 0)],
      };
    default:
      return view.appAnswer(question);
  }
}

/** Id, name, address, state, since when in milliseconds since 1970, and whether there is a link. */
function peerRow({ config, log, session, membership }: QuestionView, id: Id): string[] {
  const { address } = session.place;
  if (id === log.self) return [id, config.name, address ?? "", "alive", "", "self"];
  const member = membership.members.by_id.get(id);
  // It was forgotten while the answer was read.
  if (member === undefined) return [id, "", "", "left", "", ""];
  const direct = linkTo(session, id) === undefined ? "" : "direct";
  const { name, state, since_ms } = member;
  return [id, name, member.address, state, String(Math.floor(since_ms)), direct];
}

/** Origin, its name, the id of the next hop, since when in milliseconds since 1970. */
function routeRow(view: QuestionView, id: Id): string[] {
  const name = view.membership.members.by_id.get(id)?.name ?? "";
  const hop = hopTo(view, id);
  // It was lost while the answer was read.
  if (hop === null) return [id, name, "", ""];
  const since_ms = hop.peer === id ? hop.opened_ms : view.unicast.routes.get(id)!.since_ms;
  return [id, name, hop.peer, String(Math.floor(since_ms))];
}

function hopTo({ unicast, session }: QuestionView, id: Id) {
  return nextHop(unicast, session, id);
}
