import { assertEquals, assertStrictEquals } from "@std/assert";
import type { AppOut, AppView, DeliveredItem } from "../../../src/core/host/app.ts";
import { LEDGER, ledger, PAYMENTS } from "../../../src/apps/ledger/app.ts";
import type { Json } from "../../../src/core/types.ts";
import { heard as heardOf, run, say, withGuest } from "../../helpers/guest.ts";
import { ORIGINS } from "../../helpers/history.ts";
import { appViewOf } from "../../helpers/app_view.ts";
import { CONFIG, linkedNode } from "../../helpers/node_subject.ts";

const [ann] = ORIGINS;
const VIEW: AppView = appViewOf(linkedNode());

function pay(from: string, to: string, amount: number, id?: string): Json {
  return { from, to, amount, ...(id !== undefined && { id }) };
}

/** Items of one log, said one after the other. */
function delivered(...items: readonly Json[]): DeliveredItem[] {
  return items.map((item, at) => {
    const line = new Uint8Array();
    return {
      origin: ann,
      topic: LEDGER,
      entry: 1,
      number: at + 1,
      place: at,
      time_ms: 100 + at,
      item,
      line,
    };
  });
}

function take(state: unknown, ...items: readonly Json[]): readonly [unknown, readonly AppOut[]] {
  return ledger.reduce!(state, { kind: "delivered", items: delivered(...items) }, VIEW);
}

function rows(outs: readonly AppOut[]): Json[] {
  return outs.flatMap((out) => out.kind === "row" ? [[out.table, out.key, out.row as Json]] : []);
}

Deno.test("`ledger` shows SQL each payment that counts, in one row that a smaller one takes over", () => {
  const [first, outs] = take(ledger.initial(CONFIG, []), pay("a", "b", 5, "x"), pay("a", "c", 1));
  assertEquals(rows(outs), [
    [PAYMENTS, "x", [100, "a", "b", 5]],
    [PAYMENTS, `${ann.slice(0, 16)}:2`, [101, "a", "c", 1]],
  ]);
  // The same again, another that counts, one that does not, and what is no payment.
  const [, more] = take(
    first,
    pay("a", "b", 5, "x"),
    pay("b", "a", 4, "x"),
    pay("a", "b", 9, "x"),
    7,
  );
  assertEquals(rows(more), [[PAYMENTS, "x", [101, "b", "a", 4]]]);
  const ignored = more.flatMap((out) => out.kind === "ignored" ? [[out.what, out.why]] : []);
  assertEquals(ignored, [
    ["transaction", "id x was used twice at the same time; a b 5 does not count"],
    ["transaction", "id x was used twice at the same time; a b 9 does not count"],
    ["transaction", "a transaction must be an object with from, to and amount"],
  ]);
});

Deno.test("`ledger` is the same after what it has seen, or what is no delivery", () => {
  const [state] = take(ledger.initial(CONFIG, []), pay("a", "b", 5, "x"));
  assertStrictEquals(take(state, pay("a", "b", 5, "x"))[0], state);
  assertEquals(take(state, pay("a", "b", 5, "x"))[1], []);
  const [same, outs] = ledger.reduce!(state, { kind: "woken" }, VIEW);
  assertStrictEquals(same, state);
  assertEquals(outs, []);
});

Deno.test("`ledger` has a record of each payment that counts, with the one that it replaced", () => {
  const [state] = take(ledger.initial(CONFIG, []), pay("a", "b", 5, "x"), pay("a", "c", 4, "x"));
  const [smaller, larger] = [pay("a", "c", 4, "x"), pay("a", "b", 5, "x")];
  assertEquals([...ledger.records!(state).from()], [
    { transaction: larger, replaced: null },
    { transaction: smaller, replaced: larger },
  ]);
});

Deno.test("`ledger` answers for all accounts sorted, or for each named one once", () => {
  const [state] = take(ledger.initial(CONFIG, []), pay("b", "__proto__", 1), pay("B", "a", 2, "x"));
  const { right, names, row } = ledger.questions!.balances;
  const ask = (...args: string[]) =>
    names(state, args, VIEW).map((account) => row(state, account, VIEW));
  assertEquals(right, "read");
  assertEquals(ask(), [["B", "-2"], ["__proto__", "1"], ["a", "2"], ["b", "-1"]]);
  assertEquals(ask("z", "a", "z"), [["a", "2"], ["z", "0"]]);
  const most = 2 ** 53 - 1;
  const [large] = take(state, pay("m", "n", most, "1"), pay("m", "n", most, "2"));
  assertEquals(ledger.questions!.balances.row(large, "n", VIEW), ["n", "18014398509481982"]);
});

Deno.test("`ledger` refuses an id that was used otherwise, by what is drafted too", () => {
  const [state] = take(ledger.initial(CONFIG, []), pay("a", "b", 5, "x"));
  const refuse = ledger.refuse!(state, [pay("a", "b", 1, "y")]);
  assertEquals(refuse(pay("a", "b", 5, "x")), null);
  assertEquals(refuse(pay("a", "b", 4, "x")), "id x was already used for a b 5");
  assertEquals(refuse(pay("a", "b", 2, "y")), "id y was already used for a b 1");
  assertEquals(refuse(pay("a", "b", 3, "z")), null);
  assertEquals(refuse(pay("a", "b", 4, "z")), "id z was already used for a b 3");
});

Deno.test("`reduceNode()` has rows of payments stored before it answers with them", () => {
  const begun = withGuest({ config: { durable: true } }), { now_ms } = begun;
  const stored = { kind: "stored", now_ms, fault: null } as const;
  const [node] = run(begun, [stored]);
  const publish = { k: "publish", i: 1, t: LEDGER, b: [pay("a", "b", 3, "x")], ack: 1 };
  const { after, effects, heard } = say(node, publish);
  const batches = effects.flatMap((effect) => effect.kind === "persist" ? [effect.batch] : []);
  const row = { table: PAYMENTS, key: "x", row: [now_ms, "a", "b", 3] };
  assertEquals(batches.map(({ rows }) => rows), [[row]]);
  assertEquals(heard, []);
  const ask = { k: "ask", i: 2, q: "balances", a: ["b"] };
  assertEquals(say(after, ask).heard, [{ k: "answer", i: 2, r: [["b", "0"]] }]);
  const [shown, more] = run(after, [stored]);
  assertEquals(heardOf(more), [{ k: "published", i: 1, held: 1 }]);
  assertEquals(say(shown, ask).heard, [{ k: "answer", i: 2, r: [["b", "3"]] }]);
});
