/** The door of the guests: they publish in the node's name, ask, and want things of its apps. */

import type { LinkId } from "../types.ts";
import type { LineOf } from "../session/turn.ts";
import { type Reduced, RoomTurn } from "../wire/room.ts";
import { answerTo } from "./questions.ts";
import { allows, type Guest, type Guests } from "./slice.ts";
import type { GuestEvent, GuestOut, GuestTurn, GuestView } from "./turn.ts";
import { ANSWER_BYTES_TARGET, REQUESTS_PER_GUEST_MAX } from "../data/limits.ts";

/** What is done about a guest. */
export function reduceGuests(
  before: Guests,
  event: GuestEvent,
  view: GuestView,
): Reduced<Guests, GuestOut> {
  const turn: GuestTurn = new RoomTurn(before, { ...before }, view);
  const { slice } = turn, { link } = event;
  const guest = slice.guests.get(link);
  if (event.kind === "greeted") put(turn, link, { open_requests: 0, asked: null });
  else if (event.kind === "gone") leave(turn, link, guest);
  else if (guest !== undefined) handle(turn, guest, event);
  return turn.finish();
}

function leave(turn: GuestTurn, link: LinkId, guest: Guest | undefined): void {
  const { slice } = turn;
  slice.guests = slice.guests.delete(link);
  if (guest !== undefined && guest.open_requests > 0) turn.out({ kind: "guest_gone", link });
}

function handle(turn: GuestTurn, guest: Guest, event: GuestEvent): void {
  const { link } = event;
  switch (event.kind) {
    case "ask":
      return ask(turn, link, guest, event.line);
    case "publish": {
      const { line } = event;
      return turn.out({ kind: "guest_items", link, line, busy: busyWith(turn, guest) });
    }
    case "request":
      return request(turn, link, guest, event.line);
    case "published":
      return put(turn, link, { ...guest, open_requests: guest.open_requests + event.more });
    case "answered": {
      const { number: i, why, late } = event;
      put(turn, link, { ...guest, open_requests: guest.open_requests - 1 });
      if (why === null) return turn.send(link, { k: "delivered", i });
      return turn.send(link, late ? { k: "refused", i, why, late } : { k: "refused", i, why });
    }
  }
}

/** Why nothing of a guest is taken now, or null. */
function busyWith({ view }: GuestTurn, guest: Guest): string | null {
  const { membership: { life }, storage: { fault } } = view;
  if (life.phase !== "running") return "the node is not taking lines now";
  if (fault !== null) return `the node cannot store: ${fault}`;
  return guest.open_requests >= REQUESTS_PER_GUEST_MAX ? "too many requests at once" : null;
}

/** A guest wants something of an app. */
function request(
  turn: GuestTurn,
  link: LinkId,
  guest: Guest,
  { i, app, r }: LineOf<"request">,
): void {
  const refuse = (why: string) => turn.send(link, { k: "refused", i, why });
  const needed = turn.view.rightFor(app, r);
  if (needed === null) return refuse(`this node has no app ${app}`);
  if (!allows(turn.view.session.links.get(link)!.right, needed)) {
    return refuse("only the node's own user, on its machine, may do that");
  }
  if (guest.open_requests >= REQUESTS_PER_GUEST_MAX) return refuse("too many requests at once");
  put(turn, link, { ...guest, open_requests: guest.open_requests + 1 });
  const source = { kind: "guest", link, request: i } as const;
  turn.out({ kind: "guest_request", app, request: r, source });
}

/**
 * A guest asks a question. One line of the answer is sent at a time; asking again with the same number
 * gets the next, so that a guest that reads nothing is owed nothing.
 */
function ask(turn: GuestTurn, link: LinkId, guest: Guest, { i, q, a = [] }: LineOf<"ask">): void {
  const refuse = (why: string) => turn.send(link, { k: "refused", i, why });
  const answer = answerTo(turn.view, q);
  if (answer === null) return refuse(`this node has no answer to ${q}`);
  if (!allows(turn.view.session.links.get(link)!.right, answer.right)) {
    return refuse("only the node's own user, on its machine, may ask that");
  }
  // What one question is about means nothing to another.
  const goes_on = guest.asked?.number === i && guest.asked.question === q;
  const { names, answered } = goes_on ? guest.asked! : { names: answer.names(a), answered: 0 };
  const r: (readonly string[])[] = [];
  let bytes = 0, at = answered;
  for (; at < names.length && bytes < ANSWER_BYTES_TARGET; at++) {
    const row = answer.row(names[at]);
    r.push(row);
    // A character takes six bytes at worst.
    for (const text of row) bytes += text.length * 6 + 4;
  }
  const more = at < names.length;
  put(turn, link, {
    ...guest,
    asked: more ? { number: i, question: q, names, answered: at } : null,
  });
  turn.send(link, more ? { k: "answer", i, r, more } : { k: "answer", i, r });
}

function put({ slice }: GuestTurn, link: LinkId, guest: Guest): void {
  slice.guests = slice.guests.set(link, guest);
}
