/**
 * Private messages: sealed lines for one node alone. They wait in the memory of the node that sends
 * them, and are acknowledged when the recipient's output has taken them.
 */

import type { Id, Json } from "../../core/types.ts";
import { isCount } from "../../core/log/entry.ts";
import { bytesOf } from "../../core/unicast/packets.ts";
import { explainNobody, findNearest, findPeople } from "../../core/membership/people.ts";
import { type App, type AppEvent, type AppOut, type AppView, asApp } from "../../core/host/app.ts";
import { textFault } from "./builds_on.ts";

/** Longest word for somebody: more than any name or id has. */
const WORD_CHARS_MAX = 256;

/** What is printed of messages that came together. */
export interface PrivateRecord {
  readonly from: Id;
  /** What the sender calls itself, "" for nothing; others may call themselves so too. */
  readonly name: string;
  readonly time_ms: number;
  readonly items: readonly Json[];
}

/** Messages for one node, by its id, its name, or the beginning of its id. */
export interface PrivateRequest {
  readonly to: string;
  readonly items: readonly Json[];
  /** How long it may take until they are acknowledged, in whole milliseconds. */
  readonly within_ms: number;
}

/** Nothing is remembered: what is under way is the core's business. */
export const privateMessages: App = asApp<null>({
  name: "private",
  initial: () => null,
  requests: "own",
  reduce: (state, event, view) => [state, react(event, view)],
});

function react(event: AppEvent, view: AppView): readonly AppOut[] {
  if (event.kind === "request") return [send(event, view)];
  if (event.kind !== "message") return [];
  const { from, name, time_ms } = event;
  const items = event.items.filter((item) => textFault(item) === null);
  if (items.length === 0) return [];
  const record = { from, name, time_ms, items } satisfies PrivateRecord;
  return [{ kind: "print", record, bytes: bytesOf(items) }];
}

function send(
  { request, source }: Extract<AppEvent, { kind: "request" }>,
  { self, name, members }: AppView,
): AppOut {
  const refuse = (why: string): AppOut => ({ kind: "answer", source, why });
  const read = readRequest(request);
  if (typeof read === "string") return refuse(read);
  const { to, items, within_ms } = read;
  const found = findNearest(members.values(), to);
  const is_own = findPeople([{ id: self, name }], to).length > 0;
  // Nobody writes to himself, so that a name which this node has, too, means the other.
  if (found.length === 0 && is_own) return refuse("that is this node");
  if (found.length !== 1) return refuse(explainNobody(to, found));
  for (const item of items) {
    const why = textFault(item);
    if (why !== null) return refuse(why);
  }
  return { kind: "send", to: found[0].id, items, source, within_ms };
}

/** A request from the wire or from the prompt, or what is wrong with it. */
function readRequest(request: Json): PrivateRequest | string {
  const wrong = "a private message needs to, items and within_ms";
  if (typeof request !== "object" || request === null || Array.isArray(request)) return wrong;
  const { to, items, within_ms } = request as { readonly [key: string]: Json | undefined };
  // A word that is longer than every name and id would come back in a line that is too long.
  if (typeof to !== "string" || to.length > WORD_CHARS_MAX) return wrong;
  if (!Array.isArray(items) || !isCount(within_ms, 0)) return wrong;
  return items.length === 0 ? "nothing to send" : { to, items, within_ms };
}
