/** Users who write to each other in simulations: what they write is read once, and in order. */

import type { Json } from "../../core/types.ts";
import { type AppRules, asRules, type User, type Watch } from "../../sim/campaign/app_rules.ts";
import { raise } from "../../sim/campaign/machine.ts";
import type { Step } from "../../sim/campaign/step.ts";
import { must } from "../../sim/campaign/violation.ts";
import { privateMessages, type PrivateRecord, type PrivateRequest } from "./app.ts";

/** The number of the last message that was read of each run of a sender. */
type LettersView = Map<string, number>;

export const privateRules: AppRules = asRules<LettersView>({
  app: privateMessages,
  operations: [["private", 10]],
  act: write,
  effects: ["private_messages_read"],
  newView: () => new Map(),
  seeRecord: readOnce,
});

function write({ machine, machines, running, count }: User, step: Step): void {
  const { other, for_ms, choice } = step;
  // Mostly to the same one, so that several are under way at once.
  const to = running(choice < 0.7 ? (machine.index + 1) % machines : other);
  if (to === null || machine === to) return;
  const from = `${machine.name}/${machine.runs}`;
  const items = [`${from} ${to.name} ${count()}`];
  const request: PrivateRequest = { to: to.node.id, items, within_ms: for_ms + 1_000 };
  machine.node.request(privateMessages.name, { ...request });
}

/** A private message was sent by who it says, and is read once and in order. */
function readOnce({ machine, view, nameOf, count }: Watch<LettersView>, record: Json): void {
  const { from: sender, items } = record as unknown as PrivateRecord;
  count("private_messages_read", items.length);
  for (const item of items) {
    const [from, to, number] = String(item).split(" ");
    const last = view.get(from) ?? 0;
    must(
      from.split("/")[0] === nameOf(sender) && to === machine.name && Number(number) > last,
      "items_once",
      () => `${machine.name} read "${item}" of ${nameOf(sender)}, behind number ${last}`,
    );
    raise(view, from, Number(number));
  }
}
