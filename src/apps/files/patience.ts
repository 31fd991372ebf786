/** How long a get waits: as long as something comes, and not for those who sent something else. */

import type { Id } from "../../core/types.ts";
import { WRONG_MS } from "./limits.ts";
import type { Link } from "./link.ts";
import type { Get } from "./state.ts";
import { excludedKey } from "./swarm/swarm.ts";
import type { FilesTurn } from "./turn.ts";

/** Something came: there is time again, but not for those who all sent something else. */
export function touch(turn: FilesTurn, get: Get): Get {
  if (areAllWrong(get)) return get;
  return turn.change(get, { until_ms: turn.now_ms + get.patience_ms });
}

/** A holder sent something else: where there is no other, it is soon over. */
export function takeWrong(turn: FilesTurn, get: Get, id: Id): void {
  if (get.wrong.includes(id)) return;
  const what = get.name ?? get.what;
  const noted = turn.note(
    get,
    `${turn.labelOf(id)} sent what is not in ${what}, and is not asked for it any more`,
  );
  const after = turn.change(noted, { wrong: [...get.wrong, id] });
  if (!areAllWrong(after)) return;
  turn.change(after, { until_ms: Math.min(get.until_ms, turn.now_ms + WRONG_MS) });
  turn.wakeAt(turn.now_ms + WRONG_MS);
}

/** Whether a node is known to have sent something else than this file. */
export function isExcluded({ state }: FilesTurn, id: Id, link: Link): boolean {
  return state.swarm.excluded.has(excludedKey(link, id));
}

/** Whether all who were asked sent something else. */
export function areAllWrong({ wrong, asked }: Get): boolean {
  return wrong.length > 0 && asked.every((id) => wrong.includes(id));
}
