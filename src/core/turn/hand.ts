/** The hand-offs between rooms: what one gives back, and who hears of it. */

import { listener } from "../host/slice.ts";
import { assert } from "@std/assert/assert";
import { PRESENCE } from "../log/slice.ts";
import { promised } from "../output/slice.ts";
import { answer, refuserOf } from "./asked.ts";
import { forgetLogs, load, restoreForks, takeDelivered, takeFork, takeOwn } from "./log_changes.ts";
import { ping, sayGoodbye, takeGreeted } from "./links.ts";
import type { Answer, AnyOut, NodeTurn } from "./turn.ts";

/** What goes to other rooms, or outside; answers go to whoever asked. */
type HandedOut = Exclude<AnyOut, Answer>;
type HandOff<K extends HandedOut["kind"]> = (
  turn: NodeTurn,
  out: Extract<AnyOut, { kind: K }>,
) => void;

/** Hands on what a room gave back. */
export function hand(turn: NodeTurn, out: AnyOut): void {
  assert(out.kind !== "settled" && out.kind !== "relay", "An answer to nobody's question");
  // The compiler cannot see that the kind picks the function that takes it.
  (HAND_OFFS[out.kind] as HandOff<typeof out.kind>)(turn, out);
}

const toOutside = (turn: NodeTurn, out: Parameters<NodeTurn["effect"]>[0]) => turn.effect(out);

const HAND_OFFS: { readonly [K in HandedOut["kind"]]: HandOff<K> } = {
  // To the outside.
  send: (turn, { link, lines }) => turn.send(link, lines),
  close: (turn, { link, code, why }) => turn.close(link, code, why),
  drop: (turn, { link }) => void turn.drop(link),
  count: (turn, { what, times }) => turn.count(what, times),
  wake: (turn, { at_ms }) => turn.wakeAt(at_ms),
  ended: (turn, { acknowledged }) => turn.end(acknowledged),
  notice: toOutside,
  print: toOutside,
  dial: toOutside,
  renew: toOutside,
  persist: toOutside,
  quarantine: toOutside,
  work: toOutside,
  cancel: toOutside,

  // The log changed.
  delivered: (turn, { delivered }) => takeDelivered(turn, delivered),
  entry: (turn, { entry }) => takeOwn(turn, entry),
  forked: takeFork,
  forgot: forgetLogs,
  gapped: (turn, { gap }) => {
    turn.count("gaps");
    turn.tell("storage", { kind: "news", news: { gaps: [gap] } });
    turn.tell("output", { kind: "gapped", gap });
  },

  // Links: their greeting, and what flows on them.
  greeted: (turn, { session }) => takeGreeted(turn, session),
  greet_again: (turn, { link }) => turn.tell("session", { kind: "greet_again", link }),
  ping: (turn, { link }) => ping(turn, link),
  first_clock: (turn, out) => turn.tell("repair", out),
  streamed: (turn, out) => {
    if (turn.state.repair.links.has(out.link)) turn.tell("repair", out);
  },
  sent: (turn, out) => turn.tell("flow", out),
  acked: (turn, out) => turn.tell("flow", out),
  reported: (turn, out) => turn.tell("flow", out),
  asked: (turn, out) => turn.tell("flow", out),
  handed_on: (turn, out) => turn.tell("flow", out),
  ack_due: (turn, { link, due_ms }) => turn.tell("flow", { kind: "due", link, due_ms }),
  told: (turn, out) => turn.tell("replication", out),
  offer_again: (turn, out) => turn.tell("replication", out),
  touch: (turn, out) => turn.tell("replication", out),

  // Members.
  announce: (turn, out) => turn.tell("membership", out),
  seek: (turn, out) => turn.tell("membership", out),
  stale: (turn, { stale }) => turn.tell("membership", { kind: "restored", stale }),
  speak: (turn, { items }) => turn.tell("publish", { kind: "draft", topic: PRESENCE, items }),
  settle_at: (turn, { host }) => turn.tell("session", { kind: "settled_at", host }),
  want_peers: (turn, { link, wants }) => {
    turn.say(link, { k: "want", peers: true });
    turn.tell("repair", { kind: "wants_peers", link, wants });
  },
  entered: (turn, { history_clock }) => turn.tell("output", { kind: "begun", history_clock }),
  departed: (turn, out) => {
    turn.tell("unicast", out);
    turn.tell("broadcast", out);
    turn.tell("log", { kind: "forget", indices: out.indices });
  },
  goodbye: (turn) => sayGoodbye(turn),

  // What does not come.
  skip: (turn, out) => turn.tell("log", out),
  waive: (turn, { log: index, gaps }) => {
    turn.tell("output", { kind: "missed", gaps });
    turn.tell("log", { kind: "waive", index });
  },
  expire: (turn, { log }) => turn.tell("broadcast", { kind: "expired", log }),

  // Messages to one node.
  hand_on: (turn, out) => turn.tell("unicast", out),
  send_message: (turn, { errand }) => turn.tell("unicast", { kind: "send", errand }),
  message: (turn, out) => {
    const { lane, number } = out, before = turn.state.output;
    turn.tell("host", { ...out, from: lane.peer });
    const { host, output } = turn.state;
    if (listener(host, out.app) === undefined) {
      return turn.tell("unicast", { kind: "refused", lane, number });
    }
    // Its sender hears that it was read when the output has taken what the app prints of it.
    if (output !== before) turn.tell("unicast", { kind: "shown", lane, print: promised(output) });
  },

  // Guests, and what they, the user and apps wanted.
  guest_items: (turn, { link, line, busy }) => {
    const refuse = refuserOf(turn, line.t);
    turn.tell("publish", { kind: "guest", link, line, busy, refuse });
  },
  guest_request: (turn, out) => turn.tell("host", { ...out, kind: "request" }),
  guest_gone: (turn, { link }) => turn.tell("host", { kind: "gone", link }),
  request: (turn, { link, more }) => turn.tell("guests", { kind: "published", link, more }),
  answered: answer,

  // Apps.
  publish: (turn, { topic, items }) => {
    // Everybody was told that it left: what it says now nobody would hold.
    if (turn.state.membership.life.phase === "goodbye") return;
    turn.tell("publish", { kind: "draft", topic, items });
  },
  record: (turn, out) => turn.tell("output", out),
  keep: (turn, out) => turn.tell("storage", { ...out, kind: "app_news" }),

  // The disk.
  remember: (turn, out) => turn.tell("log", out),
  kept: (turn, { kept }) => turn.tell("host", { kind: "restored", kept }),
  load,
  unfit: (turn, out) => turn.tell("storage", out),
  end_logs: (turn, { forks }) => restoreForks(turn, forks),
  resume: (turn, { taken }) => turn.tell("output", { kind: "resumed", taken }),
};
